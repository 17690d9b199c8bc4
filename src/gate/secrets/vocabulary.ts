import { Automaton } from './automaton';
import { TOOL_WORDS } from './commands';
import type { Pattern } from './pattern';
import { PATTERNS } from './patterns';

/** What a word leads to: a pattern, or one of the scan's own readers. */
export type Word = 'name' | 'url' | 'driver' | 'pem' | 'hash' | 'bearer' | 'basic' | 'tool' | 'sql' | 'acl' | Pattern;

/** What names of secrets have in them. */
const NAME_WORDS =
  'pass pwd psw secret token key cred auth salt cookie bindpw rootpw adminpw dbpw userpw kennwort senha contrasena motdepasse psk community hash _pw -pw .pw'.split(
    ' ',
  );
const HASHES = [
  '$apr1$',
  '$2a$',
  '$2b$',
  '$2y$',
  '$6$',
  '$5$',
  '$1$',
  '$y$',
  '{sha}',
  '{ssha',
  '$argon2',
  'pbkdf2_sha',
  'pbkdf2-sha',
  'scram-sha-256$',
] as const;
/** Hashes of passwords, as crypt, htpasswd, LDAP, Django and PostgreSQL write them. */
export const HASH =
  /(?:\$apr1\$[./\w]{1,8}\$[./\w]{22}|\$2[aby]\$\d\d\$[./\w]{50,53}|\$[156]\$(?:rounds=\d{1,9}\$)?[./\w]{1,16}\$[./\w]{22,86}|\$y\$[./\w]{2,8}\$[./\w]{10,30}\$[./\w]{40,45}|\{S?SHA(?:256|512)?\}[\w+/]{24,}|\$argon2(?:id?|d)\$v=\d+\$m=\d+,t=\d+,p=\d+\$[\w+/]{8,}|pbkdf2[-_:]sha(?:1|256|512)[$:]\d+[$:][\w+/=]{4,}[$:][\w+/=]{16,}|SCRAM-SHA-256\$\d+:[\w+/=]{8,})/iy;
/** The token of a bearer. */
export const BEARER = /bearer\s{1,3}([\w.~+/=-]{8,4000})/iy;
/** User and password of an HTTP request. */
export const BASIC = /basic\s{1,3}([A-Za-z0-9+/=_-]{6,1000})(?![\w:])/iy;
/** The password of a user that SQL makes. */
export const SQL =
  /identified\s{1,4}(?:with\s{1,4}\w+\s{1,4})?(?:by|as)\s{1,4}(?:password\s{1,4})?["']([^"'\n]{1,200})["']/iy;
/** The password of a user in an ACL file of Redis. */
export const ACL = /\bon\s{1,4}>(\S{2,200})/iy;

/** Finds every word that may lead to a secret. */
export const AUTOMATON = new Automaton<Word>([
  ...NAME_WORDS.map((word) => [word, 'name'] as const),
  ...HASHES.map((word) => [word, 'hash'] as const),
  ...TOOL_WORDS.map((word) => [word, 'tool'] as const),
  ['://', 'url'],
  ['@tcp(', 'driver'],
  ['@unix(', 'driver'],
  ['jdbc:oracle:thin:', 'driver'],
  ['---begin ', 'pem'],
  ['bearer ', 'bearer'],
  ['basic ', 'basic'],
  ['identified ', 'sql'],
  ['on >', 'acl'],
  ...PATTERNS.flatMap((pattern) => pattern.literals.map((literal) => [literal, pattern] as const)),
]);
