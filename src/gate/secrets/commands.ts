import { strengthOf } from './names';
import { judge, kindOf } from './values';

/** How a program takes a password: options whose argument follows or is joined to them. */
interface Tool {
  /** The argument is a secret. */
  readonly secret?: readonly string[];
  /** The argument is a user and a secret. */
  readonly user?: readonly string[];
  /** Words one of which has to be there for it to be so. */
  readonly verbs?: readonly string[];
  /** The option and its argument are one word. @default both ways */
  readonly joinedOnly?: boolean;
}

const LOGIN: Tool = { secret: ['-p'], verbs: ['login'] };
const MYSQL: Tool = { secret: ['-p'], joinedOnly: true };
const MONGO: Tool = { secret: ['-p'] };
const LDAP: Tool = { secret: ['-w', '-s'] };
const MQTT: Tool = { secret: ['-P'] };
const SNMP: Tool = { secret: ['-A', '-X'] };

const TOOLS: Readonly<Record<string, Tool>> = {
  curl: { user: ['-u', '--user', '-U', '--proxy-user'] },
  http: { user: ['-a', '--auth'] },
  https: { user: ['-a', '--auth'] },
  wget: {},
  sshpass: { secret: ['-p'] },
  'redis-cli': { secret: ['-a', '--pass'] },
  'valkey-cli': { secret: ['-a', '--pass'] },
  'redis-benchmark': { secret: ['-a'] },
  etcdctl: { user: ['--user'] },
  smbclient: { user: ['-U'] },
  lftp: { user: ['-u'] },
  openssl: { secret: ['-passin', '-passout', '-pass', '-k'] },
  sqlcmd: { secret: ['-P'] },
  bcp: { secret: ['-P'] },
  isql: { secret: ['-P'] },
  cqlsh: MONGO,
  influx: { secret: ['-p', '-t', '-password', '--token'] },
  rabbitmqadmin: { secret: ['-p'] },
  ipmitool: { secret: ['-P'] },
  zip: { secret: ['-P'] },
  unzip: { secret: ['-P'] },
  '7z': MYSQL,
  useradd: { secret: ['-p'] },
  usermod: { secret: ['-p'] },
  clickhouse: {},
  'clickhouse-client': {},
  keytool: {},
  htpasswd: {},
  vault: {},
  rabbitmqctl: {},
  mc: {},
  kubectl: {},
  chpasswd: {},
  ...each('mysql mysqldump mysqladmin mysqlimport mysqlcheck mysqlshow mariadb mariadb-dump mariadb-admin', MYSQL),
  ...each('mongo mongosh mongodump mongorestore mongoexport mongoimport mongostat', MONGO),
  ...each('ldapsearch ldapadd ldapmodify ldapdelete ldapwhoami ldappasswd ldapmodrdn ldapcompare', LDAP),
  ...each('docker podman nerdctl helm skopeo oras crane buildah az oc cf argocd ibmcloud flux regctl', LOGIN),
  ...each('mosquitto_pub mosquitto_sub mqttx', MQTT),
  ...each('snmpget snmpwalk snmpset snmptrap', SNMP),
};

function each(names: string, tool: Tool): Record<string, Tool> {
  return Object.fromEntries(names.split(' ').map((name) => [name, tool]));
}

/** Words that make a line of text worth reading as a command. */
export const TOOL_WORDS: readonly string[] = Object.keys(TOOLS).map((name) =>
  // It reads from its input, and needs no arguments.
  name === 'chpasswd' ? name : `${name} `,
);

/** Longest line that is read as a command, and how far back from a program's name it begins. */
const LONGEST_COMMAND = 4096;
const LONGEST_LEAD = 512;

/**
 * The command that a program's name at an index is part of: its line, with those that a backslash joins to it.
 * @param earliest index before which the text was read already
 */
export function commandAt(
  text: string,
  start: number,
  earliest: number,
): { readonly from: number; readonly to: number } {
  const lead = text.slice(Math.max(earliest, start - LONGEST_LEAD), start);
  const rest = text.slice(start, start + LONGEST_COMMAND);
  let end = rest.indexOf('\n');
  while (end > 0 && rest[end - 1] === '\\') end = rest.indexOf('\n', end + 1);
  return {
    from: start - lead.length + lead.lastIndexOf('\n') + 1,
    to: start + (end < 0 ? rest.length : end),
  };
}

/** What is between quotes, and between spaces elsewhere; takes time linear in the text. */
export function shellWords(text: string): string[] {
  const words: string[] = [];
  let word = '';
  let isOpen = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (char === '"' || char === "'") {
      let end = i + 1;
      while (end < text.length && text[end] !== char) end += text[end] === '\\' ? 2 : 1;
      word += text.slice(i + 1, end);
      isOpen = true;
      i = end;
    } else if (char === '\\' && /\s/.test(text[i + 1] ?? '')) i++;
    else if (/\s/.test(char) || char === ';' || char === '|' || (char === '(' && text[i - 1] !== '$') || char === '`') {
      if (isOpen || word !== '') words.push(word);
      word = '';
      isOpen = false;
      if (char === ';' || char === '|') words.push(char);
    } else word += char;
  }
  if (isOpen || word !== '') words.push(word);
  return words;
}

/** Index of each word that is a secret, or holds one. */
export function secretsInWords(words: readonly string[]): number[] {
  const found: number[] = [];
  let tool: Tool | undefined;
  let name = '';
  let hasVerb = true;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    const following = words[i + 1];
    if (word === ';' || word === '|' || word === '&&' || word === '||') {
      tool = undefined;
      continue;
    }
    const called = word.includes('/') ? word.slice(word.lastIndexOf('/') + 1) : word;
    if (Object.hasOwn(TOOLS, called)) {
      tool = TOOLS[called];
      name = called;
      hasVerb = tool?.verbs === undefined || tool.verbs.some((verb) => words.slice(i + 1, i + 6).includes(verb));
      continue;
    }
    if (isNamedOption(word) && isSecretArgument(strengthOf(word.replace(/^-+/, '')), following)) found.push(i + 1);
    if (tool === undefined || !hasVerb) continue;
    if (usesOption(tool.secret, word, following, tool.joinedOnly === true)) found.push(i);
    else if (usesUser(tool.user, word, following)) found.push(i);
    else if (isByPosition(name, words, i)) found.push(i);
  }
  if (
    words.some((word) => word === 'chpasswd') &&
    words.some((word) => /^[\w.-]+:\S/.test(word) && isSecret(word.slice(word.indexOf(':') + 1)))
  ) {
    found.push(words.length - 1);
  }
  const stdin = words.indexOf('--password-stdin');
  if (
    stdin > 0 &&
    words[0] === 'echo' &&
    words.slice(1, Math.min(4, words.indexOf('|'))).some((word) => !word.startsWith('-') && isSecret(word))
  )
    found.push(1);
  return found;
}

const isNamedOption = (word: string): boolean => word.length > 2 && /^--?[A-Za-z][\w.-]*$/.test(word);

function isSecretArgument(strength: ReturnType<typeof strengthOf>, value: string | undefined): boolean {
  return strength > 0 && value !== undefined && !value.startsWith('-') && judge(strength, value, false) === 'leak';
}

function usesOption(
  options: readonly string[] | undefined,
  word: string,
  following: string | undefined,
  joinedOnly: boolean,
) {
  return (options ?? []).some((option) => {
    if (word === option)
      return !joinedOnly && following !== undefined && !following.startsWith('-') && isSecret(following);
    return option.length === 2 && word.startsWith(option) && isSecret(word.slice(2).replace(/^=/, ''));
  });
}

function usesUser(options: readonly string[] | undefined, word: string, following: string | undefined): boolean {
  return (options ?? []).some((option) => {
    const value =
      word === option ? following : word.startsWith(option) ? word.slice(option.length).replace(/^=/, '') : undefined;
    const separator = value?.search(/[:%,]/) ?? -1;
    return value !== undefined && separator >= 0 && isSecret(value.slice(separator + 1));
  });
}

/** Programs that take a secret by its position. */
function isByPosition(name: string, words: readonly string[], i: number): boolean {
  const word = words[i] as string;
  const at = (offset: number) => words[i - offset] ?? '';
  switch (name) {
    case 'rabbitmqctl':
      return /^(?:add_user|change_password|authenticate_user)$/.test(at(2)) && isSecret(word);
    case 'vault':
      return at(1) === 'login' && !word.startsWith('-') && !word.includes('=') && isSecret(word);
    case 'mc':
      return /^(?:set|add)$/.test(at(4)) && at(2).includes('://') && isSecret(word);
    case 'htpasswd':
      return (
        (/^-[a-zA-Z]*b[a-zA-Z]*$/.test(at(3)) && isSecret(word)) ||
        (/^-[a-zA-Z]*n[a-zA-Z]*b[a-zA-Z]*$|^-[a-zA-Z]*b[a-zA-Z]*n[a-zA-Z]*$/.test(at(2)) && isSecret(word))
      );
    default:
      return false;
  }
}

/** True of an argument that is a secret, for it stands where one has to be. */
function isSecret(value: string): boolean {
  const plain = value.replace(/^pass:/, '');
  if (plain.length < 3 || /^[<>&|]/.test(plain)) return false;
  const kind = kindOf(plain);
  return kind === 'words' || kind === 'literal' || kind === 'random';
}
