import { judge } from './values';

/** Files whose lines are users with their passwords, in forms of their own; known by their names. */
const FORMATS: readonly { readonly name: RegExp; readonly line: RegExp }[] = [
  // PgBouncer: "user" "password"
  { name: /userlist/i, line: /^"[^"\n]{1,128}"[ \t]+"([^"\n]{1,256})"/ },
  // PostgreSQL: host:port:database:user:password
  { name: /pgpass/i, line: /^[^:#\n]{1,128}:[^:\n]{1,64}:[^:\n]{1,128}:[^:\n]{1,128}:(.{1,256})$/ },
  // PPP: client server secret addresses
  { name: /(?:chap|pap)-secrets/i, line: /^[^\s#]{1,128}[ \t]+\S{1,128}[ \t]+"?([^\s"]{1,256})/ },
  // OpenVPN: the user in the first line, the password in the second
  { name: /^(?:auth-user-pass|userpass|user-pass)/i, line: /^([^\s:#]{6,256})$/ },
  // user:password
  {
    name: /(?:^|[._-])(?:htpasswd|passwd|users|basic-?auth|password_?file|credentials)(?:\.txt)?$/i,
    line: /^[\w.@-]{1,64}:([^\s:/{$][^\s:]{0,255})$/,
  },
];
/** Lines that are looked at. */
const MOST_LINES = 2000;

/** True when a text is such a file, and a line of it has a password. */
export function holdsPasswords(name: string, text: string): boolean {
  const format = FORMATS.find((candidate) => candidate.name.test(name));
  if (format === undefined) return false;
  return text
    .slice(0, 256 * 1024)
    .split(/\r?\n/, MOST_LINES)
    .some((line) => {
      const value = line.length > 1024 ? undefined : format.line.exec(line)?.[1];
      return value !== undefined && judge(3, value, false) === 'leak';
    });
}
