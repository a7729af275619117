/** Divides `total` among `demands` by max-min fairness: small demands are met, the rest is shared equally by the large ones. */
export const fairShares = (demands: readonly number[], total: number): number[] => {
  const shares = new Array<number>(demands.length).fill(0);
  const ascending = [...demands.keys()].sort((a, b) => demands[a]! - demands[b]!);
  let left = total;
  for (const [position, index] of ascending.entries()) {
    const share = Math.min(demands[index]!, left / (ascending.length - position));
    shares[index] = share;
    left -= share;
  }
  return shares;
};
