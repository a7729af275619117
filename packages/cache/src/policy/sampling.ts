/** A shadow cache simulates at least this many entries; the sampling rate follows from it. */
const MIN_SHADOW_ENTRIES = 128;

/** Not sampled more thinly than 1/64 while the shadows are smaller than this: more entries are less a matter of luck. */
const MAX_SHADOW_ENTRIES = 1024;
const COMMON_SHIFT = 6;

/** How many times keys are halved into a sample, for a cache of this size. */
export const sampleShift = (maxSize: number): number => {
  const thickest = Math.max(0, Math.ceil(Math.log2(maxSize / MAX_SHADOW_ENTRIES)));
  const thinnest = Math.max(0, Math.floor(Math.log2(maxSize / MIN_SHADOW_ENTRIES)));
  return Math.max(thickest, Math.min(COMMON_SHIFT, thinnest));
};
