/** Whether `text` matches a pattern in which `*` stands for any characters. Greedy search without backtracking: linear in practice, never exponential. */
export const wildcard = (pattern: string): ((text: string) => boolean) => {
  const parts = pattern.toLowerCase().split("*");
  const first = parts.shift()!;
  const last = parts.pop();
  if (last === undefined) return (text) => text.toLowerCase() === first;
  return (given) => {
    const text = given.toLowerCase();
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    const end = text.length - last.length;
    for (const part of parts) {
      const found = text.indexOf(part, at);
      if (found < 0 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
};
