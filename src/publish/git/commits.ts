/** A commit that was read. Everything in it was written by somebody else. */
export interface Commit {
  readonly id: string;
  readonly tree: string;
  readonly parents: readonly string[];
  /** `Name <mail> seconds zone`, as it stands there. */
  readonly author: string;
  readonly message: string;
}

/** @returns undefined when it is not readable as a commit */
export function parseCommit(id: string, body: Buffer): Commit | undefined {
  const text = body.toString('utf8');
  const end = text.indexOf('\n\n');
  const lines = (end < 0 ? text : text.slice(0, end)).split('\n');
  const tree = /^tree ([0-9a-f]{40})$/.exec(lines[0] ?? '')?.[1];
  if (tree === undefined) return undefined;
  const parents: string[] = [];
  let author = '';
  for (const line of lines) {
    const parent = /^parent ([0-9a-f]{40})$/.exec(line)?.[1];
    if (parent !== undefined) parents.push(parent);
    else if (author === '' && line.startsWith('author ')) author = line.slice('author '.length);
  }
  return { id, tree, parents, author, message: end < 0 ? '' : text.slice(end + 2) };
}

/** Values of the trailers in a message's last paragraph, by their names. */
export function trailersOf(message: string): ReadonlyMap<string, readonly string[]> {
  const trailers = new Map<string, string[]>();
  const last =
    message
      .trimEnd()
      .split(/\n[ \t]*\n/)
      .at(-1) ?? '';
  for (const line of last.split('\n')) {
    const [, name, value] = /^([A-Za-z][A-Za-z-]*): (.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    const values = trailers.get(name);
    if (values) values.push(value.trim());
    else trailers.set(name, [value.trim()]);
  }
  return trailers;
}
