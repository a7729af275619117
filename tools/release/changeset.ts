const levels = ["patch", "minor", "major"];

/** What changesets would refuse, or pass over, in the file of a changeset; `undefined` where it is sound. */
export const changesetFault = (text: string, packages: readonly string[]): string | undefined => {
  const [, head, body] = /^---\n([\s\S]*?)---\n([\s\S]*)$/.exec(text) ?? [];
  if (head === undefined || body === undefined) return 'must begin with lines `"@route/name": minor` between two `---`';
  if (body.trim() === "") return "says nothing to the user";
  for (const line of head.split("\n").filter((each) => each !== "")) {
    const [, name, level] = /^["']@route\/([a-z]+)["']: (\w+)$/.exec(line) ?? [];
    if (name === undefined || !packages.includes(name)) return `${line}: no such package`;
    if (level === undefined || !levels.includes(level)) return `${line}: not one of ${levels.join(", ")}`;
  }
  return undefined;
};
