import { sanitize } from '../git/text';

/** How names from a repository are shown, and how they are written into a command line. */

/** Nobody reads a longer list. */
export const LISTED = 50;

/** A name on one line, without anything that a terminal would act on. */
export function shown(name: string): string {
  return sanitize(name).replaceAll('\n', ' ').slice(0, 300);
}

/** A word as a POSIX shell takes it, quoted only where it has to be. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9@%+=:,./_-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The flag that acknowledges names, ready to be pasted behind the command. */
export function flag(name: 'take-over' | 'overwrite' | 'delete', names: Iterable<string>): string {
  return `--${name} ${[...new Set(names)].map(shellWord).join(' ')}`;
}

/** A list that is cut, with what was left out counted. */
export function capped<T>(items: readonly T[], rest: (count: number) => T, limit: number = LISTED): T[] {
  return items.length <= limit ? [...items] : [...items.slice(0, limit), rest(items.length - limit)];
}
