import { distinctCharacters, looksRandom, readsAsWords } from './entropy';
import type { Strength } from './names';

/** What a value is, as far as its form tells. */
export type ValueKind =
  /** No secret in any place: empty, a boolean, a duration, a path, a certificate, a text. */
  | 'harmless'
  /** Says where the secret is: a variable, a template, a path in a vault. */
  | 'reference'
  /** Stands where a value should be put. */
  | 'placeholder'
  /** Words, as names of objects are made. */
  | 'words'
  | 'literal'
  /** Made by a machine. */
  | 'random';

const NO_VALUE =
  /^(?:true|false|yes|no|on|off|enabled?|disabled?|null|nil|none|undefined|~|auto|automatic|default|required|optional|always|never|strict|string|str|text|integer|int|number|bool|boolean|object|array|map|bytes|any|sensitive|unset|empty|external|internal|inherit(?:ed)?|manual|basic|digest|bearer|scram(?:-sha-\d+)?|plain|file|env|prompt|stdin|ifnotpresent|(?:string|id|int|boolean)[!?]{1,2}|rotate|deny|allow|read|write|ignore|warn|skip|import|export|high|medium|low|self|!|\||>|[|>][+-]|-|\{\}|\[\])$/i;
const MEASURE = /^[-+]?\d+(?:[.,]\d+)*(?:ns|us|ms|s|m|h|d|w|y|[kmgt]i?b?|%)?$/i;
const DURATION = /^(?:\d+[hms])+$/;
const WHERE =
  /^(?:(?:vault|ref\+\w+|secretsmanager|awssm|aws-?sm|aws-?ssm|ssm|gcp-?sm|gcpsecretmanager|azurekeyvault|akvs?|keyvault|op|bao|keyring|env|file|files|k8s|kubernetes|arn|bws|doppler|infisical|secretref|secret|valueFrom|conjur|sops|aws_secretsmanager|from_env|passwordfile|classpath|credstash|ejson|chamber|cmd|exec|command)(?::|\+\w+:|\()|ENC\[|ENC\(|\{cipher\}|\{aes\}|@Microsoft\.KeyVault|!(?:vault|ref|env|env_var|sub|getatt|secret|include|file)\b|projects\/[^/\s]+\/secrets\/|secrets?\/|kv\/|os\.(?:environ|getenv)|process\.env|system\.getenv|getenv|env\[|lookup\(|secrets\.|vars?\.|local\.|module\.|data\.|\.values\.|\.env\.|azure-?keyvault|file=|@file|@\/|sha256:|sha512-|sha384-|sha1:|md5:)/i;
const VARIABLE =
  /^(?:\$[A-Za-z_][\w.:-]*|\$__\w+\{[^}]*\}|%[A-Za-z_]\w*%|%\([A-Za-z_.]\w*\)s?|\$\d|\$[@*#?]|@[A-Z_]{3,}@|:[a-z_]+|__[A-Z0-9_]+__|<<[\w.]+>>|\$\$[A-Za-z_]\w*)$/;
const PLACEHOLDER =
  /^(?:change[-_ ]?(?:me|it|this|now)\w*!*|please[-_ ]?change.*|to[-_ ]?be[-_ ]?(?:changed|replaced|set|filled).*|replace[-_ ]?(?:me|this|with|by)?\b.*|replaceme|set[-_ ]?me|fill[-_ ]?me.*|(?:enter|insert|put|add|use)[-_ ](?:your|the|a|my)?.*here|(?:enter|insert|put|add)[-_ ]your.*|<[^<>]*>|\[[^[\]]*\]|[x*.•#_?-]{3,}|x{3,}[\w-]*|your[-_ ]?\w.*|my[-_ ]your.*|to-?do|fix-?me|tbd|n\/?a|example|redacted|hidden|masked|omitted|placeholder|dummy|fake|not[-_ ]?(?:set|used|a[-_ ]?real.*|needed|applicable|required)|unused|ignored?|foobared|(?:.*[-_ ])?(?:placeholder|example|redacted|changeme|replace[-_]?me|dummy)(?:[-_ ].*)?|0{6,}|12345678-1234-.*|deadbeef.*)$/i;
const FILE =
  /\.(?:txt|ya?ml|json|pem|key|crt|cer|cert|conf|cfg|ini|properties|env|jks|p12|pfx|pub|toml|xml|sh|py|js|so|sock|kubeconfig|secret|token|password|html?|md|tpl|tmpl|asc|gpg)$/i;
const PATH = /^(?:\.{0,2}|~|file:\/\/.*|[A-Za-z]:)[/\\][\w.@%+{}$ -]*(?:[/\\][\w.@%+{}$ =-]*)*$/;
const PUBLIC =
  /^(?:-----BEGIN (?:CERTIFICATE|PUBLIC|RSA PUBLIC|EC PUBLIC|PGP PUBLIC|TRUSTED|X509|SSH2 PUBLIC|DH PARAM)|ssh-(?:rsa|ed25519|dss) |ecdsa-sha2-|sk-(?:ssh|ecdsa)|age1[a-z0-9]{20})/;

/** Pairs of marks between which a template puts a value. */
const MARKS = [
  ['${', '}'],
  ['$(', ')'],
  ['{{', '}}'],
  ['<%', '%>'],
  ['#{', '}'],
  ['[[', ']]'],
  ['@{', '}'],
] as const;
/** Longer values are judged by what they start with. */
const WINDOW = 4096;

/** What a value is. Takes time linear in its length. */
export function kindOf(full: string): ValueKind {
  const value = (full.length > WINDOW ? full.slice(0, WINDOW) : full).trim();
  if (value.length === 0 || NO_VALUE.test(value) || PUBLIC.test(value)) return 'harmless';
  if (value.length < 40 && (MEASURE.test(value) || DURATION.test(value))) return 'harmless';
  const rest = withoutTemplates(value);
  if (rest !== undefined) return rest;
  if (WHERE.test(value) || VARIABLE.test(value)) return 'reference';
  if ((value.length < 128 && PLACEHOLDER.test(value)) || isExample(value)) return 'placeholder';
  if (value.includes('\n') || isStructure(value)) return 'harmless';
  if (value.includes('://') || value.includes('@sha256:')) return 'harmless';
  if (value.length < 512 && isPath(value)) return 'harmless';
  if (isSentence(value) || isLabel(value)) return 'harmless';
  if (readsAsWords(value)) return 'words';
  return looksRandom(value) ? 'random' : 'literal';
}

/** What a value with templates in it is; undefined when it has none. A default that a template falls back on counts. */
function withoutTemplates(value: string): ValueKind | undefined {
  let found = false;
  for (const [open, close] of MARKS) {
    let at = value.indexOf(open);
    for (; at >= 0; at = value.indexOf(open, at)) {
      const end = value.indexOf(close, at + open.length);
      if (end < 0) {
        // A mark that is never closed belongs to a longer text, or to code; `$(` starts a command then.
        if (open === '$(' || open === '${' || open === '{{') found = true;
        break;
      }
      found = true;
      const fallback = fallbackOf(value.slice(at + open.length, Math.min(end, at + 512)));
      if (fallback !== undefined) {
        const kind = kindOf(fallback);
        if (kind !== 'harmless' && kind !== 'reference') return kind;
      }
      at = end + close.length;
    }
  }
  return found ? 'reference' : undefined;
}

/** `X:-default`, `X:default`, `.Values.x | default "y"`. */
function fallbackOf(expression: string): string | undefined {
  if (WHERE.test(expression)) return undefined;
  const shell = /^[A-Za-z_][\w.]*:?[-=:]([^|]*)$/.exec(expression);
  if (shell) return shell[1]?.replace(/^-/, '').trim();
  return /\b(?:default|or)\s+(?:\(?[\w.]+\s+)?["']([^"']{1,200})["']/.exec(expression)?.[1];
}

function isExample(value: string): boolean {
  if (value.length >= 6 && distinctCharacters(value) <= 2) return true;
  return (
    /EXAMPLE(?:KEY)?$/.test(value) || (/^(?:1234567890|0123456789|abcdef|abc123xyz)/.test(value) && value.length > 12)
  );
}

function isStructure(value: string): boolean {
  const [first, last] = [value[0], value.at(-1)];
  return (first === '{' && last === '}') || (first === '[' && last === ']') || (first === '<' && last === '>');
}

function isPath(value: string): boolean {
  if (value.startsWith('/') ? PATH.test(value) : /^[.~A-Za-z]/.test(value) && PATH.test(value)) {
    return !value.split(/[/\\]/).some((part) => part.length >= 20 && looksRandom(part));
  }
  return FILE.test(value) && /^[\w./@{}$-]+$/.test(value);
}

function isSentence(value: string): boolean {
  const words = value.split(' ');
  return (
    words.length >= 5 || (words.length >= 3 && /^[A-Z(]|[.:,]$|[.,] /.test(value) && /^[\w\s.,:;()'"/-]+$/.test(value))
  );
}

/** What a form says beside its field: `New password`. */
function isLabel(value: string): boolean {
  return /^[A-Z][a-z]+(?: [A-Za-z]+){0,4}[?.!:…]?$/.test(value) && /passw|token|secret|key|phrase/i.test(value);
}

/** What it means to have a value under a name: no leak, one that is only a stand-in, or one. */
export type Verdict = 'none' | 'placeholder' | 'leak';

/** Last words of names that people give to Secrets. */
const NAMES_A_SECRET =
  /(?:^|[-_./])(?:secrets?|credentials?|creds|tls|cert|certs|certificate|tokens?|auth|keys?|config|passwords?|passwd|pass|oauth2?|oidc|account|ca|webhook|client|admin|user|env|data|root|db|ssh|login|pull|registry|apikey)\d?$/i;

/**
 * Judges a value by its name and form.
 * @param isField whether the value is a field of an object, where a name often is that of a Secret
 */
export function judge(strength: Strength, value: string, isField: boolean): Verdict {
  if (strength === 0) return 'none';
  const kind = kindOf(value);
  if (kind === 'harmless') return strength === 3 && /^\d{4,}$/.test(value.trim()) ? 'leak' : 'none';
  if (kind === 'reference') return 'none';
  if (kind === 'placeholder') return strength === 1 ? 'none' : 'placeholder';
  if (kind === 'random') return 'leak';
  const text = value.trim();
  if (text.length < 2 || (strength < 3 && text.length < 4)) return 'none';
  if (strength === 3) return 'leak';
  // Settings that go with a token: `jwt,sign-method=RS256`.
  if (/^\w+(?:,[\w-]+=[^,]*)+$/.test(text)) return 'none';
  if (kind === 'words') {
    if (strength === 1) return 'none';
    const isName = NAMES_A_SECRET.test(text) && /[-_./]/.test(text);
    return isField && (isName || !/[-_./\d]/.test(text))
      ? 'none'
      : isName && /^[a-z0-9.-]+$/.test(text) && text.split(/[-.]/).length < 3
        ? 'none'
        : 'leak';
  }
  if (/\s/.test(text)) return 'none';
  if (strength === 2) return 'leak';
  // A user and a password, under `auth` or `credentials`.
  const password = /^[\w.@-]{2,64}:([^\s:/]{6,128})$/.exec(text)?.[1];
  if (password !== undefined && /\d/.test(password) && !/^v?\d/.test(password)) {
    return /^(?:literal|random)$/.test(kindOf(password)) ? 'leak' : 'none';
  }
  return text.length >= 8 &&
    /\d/.test(text) &&
    /[A-Za-z]/.test(text) &&
    !/[/:,*]/.test(text) &&
    !/^v?\d+(\.\d+)+/.test(text)
    ? 'leak'
    : 'none';
}
