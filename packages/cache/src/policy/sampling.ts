/** A cache below this is shown to its shadows in full: half of the keys would be too few for luck to even out. */
const UNSAMPLED_ENTRIES = 256;

/**
 * A shadow cache simulates at least this many entries; the sampling rate follows from it. Small caches are sampled so
 * thickly already that a request would notice more.
 */
const MIN_SHADOW_ENTRIES = 256;
const MIN_SHADOW_ENTRIES_OF_SMALL = 64;
const SMALL_ENTRIES = 2048;

/** Not sampled more thinly than 1/64 while the shadows are smaller than this: more entries are less a matter of luck. */
const MAX_SHADOW_ENTRIES = 1024;
const COMMON_SHIFT = 6;

/** How many times keys are halved into the sample by which a cache of this size chooses its window. */
export const sampleShift = (maxSize: number): number => {
  if (maxSize < UNSAMPLED_ENTRIES) return 0;
  const thickest = Math.max(0, Math.ceil(Math.log2(maxSize / MAX_SHADOW_ENTRIES)));
  const atLeast = maxSize < SMALL_ENTRIES ? MIN_SHADOW_ENTRIES_OF_SMALL : MIN_SHADOW_ENTRIES;
  const thinnest = Math.max(0, Math.floor(Math.log2(maxSize / atLeast)));
  return Math.max(thickest, Math.min(COMMON_SHIFT, thinnest));
};
