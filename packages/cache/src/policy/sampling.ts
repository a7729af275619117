/**
 * A shadow cache simulates at least this many entries; the sampling rate follows from it. Small caches are sampled so
 * thickly already that a request would notice more: for them the caller says how many.
 */
const MIN_SHADOW_ENTRIES = 256;
const SMALL_ENTRIES = 2048;

/** Not sampled more thinly than 1/64 while the shadows are smaller than this: more entries are less a matter of luck. */
const MAX_SHADOW_ENTRIES = 1024;
const COMMON_SHIFT = 6;

/** How many times keys are halved into a sample, for a cache of this size. */
export const sampleShift = (maxSize: number, minShadowEntriesOfSmall: number): number => {
  const thickest = Math.max(0, Math.ceil(Math.log2(maxSize / MAX_SHADOW_ENTRIES)));
  const atLeast = maxSize < SMALL_ENTRIES ? minShadowEntriesOfSmall : MIN_SHADOW_ENTRIES;
  const thinnest = Math.max(0, Math.floor(Math.log2(maxSize / atLeast)));
  return Math.max(thickest, Math.min(COMMON_SHIFT, thinnest));
};
