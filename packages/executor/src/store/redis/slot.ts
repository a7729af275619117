/** The number of hash slots of a cluster. */
export const slotCount = 16_384;

// CRC-16/XMODEM by the byte, as in the Redis Cluster specification.
const table: Uint16Array = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc;
});

const encoder = new TextEncoder();

/** The slot of a key of ours: that of what stands between its first braces. */
export const slotOf = (key: string): number => {
  const open = key.indexOf("{");
  const tag = encoder.encode(key.slice(open + 1, key.indexOf("}", open)));
  let crc = 0;
  for (const byte of tag) crc = ((crc << 8) & 0xffff) ^ table[(crc >> 8) ^ byte]!;
  return crc % slotCount;
};

/** The positions of `keys`, slot by slot. */
export const groupBySlot = (keys: readonly string[]): number[][] => {
  const groups = new Map<number, number[]>();
  for (const [position, key] of keys.entries()) {
    const slot = slotOf(key);
    const group = groups.get(slot);
    if (group) group.push(position);
    else groups.set(slot, [position]);
  }
  return [...groups.values()];
};
