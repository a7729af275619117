/** A shadow cache simulates at least this many entries; the sampling rate follows from it. */
const MIN_SHADOW_ENTRIES = 128;

/** Never sampled more thinly than this: it costs little, and larger shadows are less a matter of luck. */
const MAX_SAMPLE_SHIFT = 6;

/** How many times keys are halved into a sample, for a cache of this size. */
export const sampleShift = (maxSize: number): number =>
  Math.min(MAX_SAMPLE_SHIFT, Math.max(0, Math.floor(Math.log2(maxSize / MIN_SHADOW_ENTRIES))));
