import { sanitize } from '../git/text';

/** A commit as history needs it. Texts are made safe, ids are ids. */
export interface LoggedCommit {
  readonly id: string;
  readonly parents: readonly string[];
  readonly author: { readonly name: string; readonly email: string };
  /** When it came to the branch: the committer's time, in milliseconds. */
  readonly time: number;
  readonly message: string;
  /** The whole object, for its signature. */
  readonly body: Buffer;
}

/** Longest text that is shown of anything in a commit, in characters. */
const LONGEST = 300;
/** Nobody writes longer ones; and whoever does shall not keep others busy. */
const LONGEST_LINE = 1_000;
const LONGEST_MESSAGE = 200_000;

/** One line that is safe to show, and not too long. */
export function shown(text: string): string {
  const line = sanitize(text.slice(0, LONGEST_LINE)).replace(/\s+/g, ' ');
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

/** Reads a commit object, whoever wrote it: what is not readable is empty. */
export function readLogged(id: string, body: Buffer): LoggedCommit {
  const end = body.indexOf('\n\n');
  const header = body.toString('utf8', 0, end < 0 ? body.length : end);
  const lines = header.split('\n');
  const person = (role: string) => {
    const line = lines.find((each) => each.startsWith(`${role} `))?.slice(role.length + 1, LONGEST_LINE) ?? '';
    const [, name = '', email = '', seconds = '0'] = /^(.*?) ?<([^>]*)> (\d{1,12}) [+-]\d+$/.exec(line) ?? [];
    return { name: shown(name), email: shown(email), time: Number(seconds) * 1000 };
  };
  const author = person('author');
  return {
    id,
    parents: [...header.matchAll(/^parent ([0-9a-f]{40})$/gm)].map(([, parent]) => parent as string),
    author: { name: author.name, email: author.email },
    time: Math.min(person('committer').time, 8.64e15),
    message: end < 0 ? '' : body.toString('utf8', end + 2, end + 2 + LONGEST_MESSAGE),
    body,
  };
}
