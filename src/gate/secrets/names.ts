/**
 * How much a name says that its value is secret:
 * - 0: nothing;
 * - 1: it may be the value, or the name of an object that holds it (`secret`, `token`, `credentials`);
 * - 2: it is the value, unless that reads like a name (`apiKey`, `clientSecret`);
 * - 3: it is the value (`password`).
 */
export type Strength = 0 | 1 | 2 | 3;

const set = (words: string): ReadonlySet<string> => new Set(words.split(/\s+/));

/** Words that a name may end in without being something else for it. */
const TRAILING = set(
  `value val plain plaintext cleartext text base64 b64 raw literal inline current old new prev previous next prod
   production dev development stage staging test qa uat live primary secondary default data content contents string str
   encoded unencrypted decrypted hex txt bytes`,
);
const PASSWORDS = set(
  `password passwords passwd passwds passphrase passphrases passwort kennwort senha contrasena motdepasse mdp pwd pwds
   psw pswd passwrd pword passcode pass pw userpw secretpassword`,
);
/** Words that hold one of the above at their end and are something else. */
const NOT_PASSWORDS = set(
  'bypass compass trespass surpass overpass underpass multipass encompass onepass passthrough oldpwd cwd',
);
const PASSWORD_ENDINGS =
  /(?:password|passwd|passphrase|passwort|kennwort|passcode|pass|(?:bind|root|user|admin|db|ldap)pw|pwd)\d{0,2}$/;
/** `proxy_pass` and its like say where nginx sends requests. */
const PASS_ON = set(
  'proxy fastcgi uwsgi scgi grpc memcached by first single multi one two per all tests low high band',
);

/** What makes a secret of `secret` for certain: it is not the name of a Kubernetes Secret. */
const OF_SECRETS = set(
  `client app application consumer shared jwt session sessions cookie cookies webhook signing hmac oauth oauth2 oidc
   master api access auth bot csrf encryption totp mfa otp hash token refresh saml sso admin user root db database aws
   azure gcp github gitlab google slack stripe twilio okta auth0 keycloak facebook twitter s3 minio rpc erlang internal
   core jobservice registry xsrf csrftoken key recaptcha captcha hook turn static nextauth state superset airflow app
   flask django rails turnstile hcaptcha login ldap radius preshared pusher mqtt kafka redis signature verification
   worker server cluster cron sender push fcm apns crypto cipher agent service webserver http bearer gossip account
   storage application deploy runner ci integration secret`,
);
const OF_TOKENS = set(
  `access auth authentication api bearer refresh bot personal deploy github gh gitlab gl slack registration runner admin
   vault root npm pypi service app user telegram discord sonar sentry consul nomad influx influxdb grafana hcloud cloudflare
   digitalocean do cf hf huggingface openai id session security join cluster node agent license push private secret
   management worker webhook hook verification datadog dd newrelic cli ci pat oauth azure aws acl master initial init
   bootstrap client server telegraf codecov snyk circle circleci jenkins travis argocd argo pulumi tf terraform heroku fly
   vercel netlify linear notion jira bitbucket confluence atlassian twilio mapbox ngrok tailscale tunnel cloudflared nats
   mqtt k8s kube kubernetes sa serviceaccount dashboard rancher rabbitmq redis plex pushover gotify hass homeassistant
   matrix zulip shopify square stripe signing edge collector ingest write read instrumentation sync upload download bearer
   static my dev prod full`,
);
const OF_KEYS = set(
  `api access secret private priv encryption encrypt crypt crypto signing sign master account storage shared license
   auth hmac aes aes256 des rsa session service subscription function app application admin deploy ingestion ingest
   integration write server consumer rpc registration unseal recovery root seal cookie jwt fernet django rails flask
   wireguard preshared psk age vault stripe sendgrid mailgun openai anthropic datadog dd newrelic pagerduty opsgenie algolia
   auth0 jwt webhook hook token credential client cipher kek dek datakey gpg pgp ssh webserver base salt security sas
   instrumentation functions host cloudflare digitalocean cohere mistral groq gemini google maps firebase twilio azure
   cognitive search cosmos eventhub servicebus redis rapidapi x project bot minio s3 b2 wasabi spaces nextauth auth airflow
   superset n8n gitea secrets laravel symfony`,
);
/** Names that say where, what kind, or a digest of it. */
const DIGESTS = set('checksum checksums digest sha256 sha1 sha512 md5 fingerprint thumbprint hash public pub');

const JOINED_SECRET = /(?:client|app|jwt|session|cookie|webhook|shared|consumer|api|auth|oauth|hmac|user|turn)secret$/;
const JOINED_TOKEN =
  /(?:auth|access|api|refresh|bearer|bot|private|deploy|runner|registration|vault|github|gitlab|slack|id)token$/;
const JOINED_KEY =
  /(?:api|access|secret|private|auth|account|encryption|encrypt|signing|master|shared|license|session|storage|service|hmac|app|subscription|instrumentation|preshared|fernet)key$/;
const WHOLE: Readonly<Record<string, Strength>> = {
  requirepass: 3,
  masterauth: 3,
  pgpassword: 3,
  erlangcookie: 3,
  secretkeybase: 3,
  authkey: 2,
  psk: 2,
  presharedkey: 2,
  pat: 2,
  apikeys: 2,
  keydata: 2,
};

const known = new Map<string, Strength>();

/** What a name says of its value. Names come from files: they are remembered up to a bound. */
export function strengthOf(name: string): Strength {
  let strength = known.get(name);
  if (strength === undefined) {
    strength = name.length > 120 ? classify(name.slice(-120)) : classify(name);
    if (known.size >= 50_000) known.clear();
    known.set(name, strength);
  }
  return strength;
}

/** `camelCase`, `snake_case`, `kebab-case`, `dotted.names` and `paths/to` as words in lower case. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

function classify(name: string): Strength {
  if (name === 'PWD' || name === 'OLDPWD' || name === 'pass') return name === 'pass' ? 3 : 0;
  const words = wordsOf(name);
  while (words.length > 1 && isTrailing(words)) words.pop();
  const last = words.at(-1)?.replace(/\d{1,2}$/, '') ?? '';
  const before = words.at(-2) ?? '';
  if (words.slice(0, -1).some((word) => DIGESTS.has(word)) && !PASSWORDS.has(last)) return 0;
  const whole = WHOLE[words.join('')] ?? WHOLE[last] ?? WHOLE[before + last];
  if (whole !== undefined) return whole;
  if (words[0] === 'secrets' && words.length === 2) return 1;
  // What etcd calls so tells clusters apart.
  if (last === 'token' && before === 'cluster' && words.at(-3) === 'initial') return 0;
  if (isPassword(last)) return PASS_ON.has(before) && last === 'pass' ? 0 : 3;
  if (last === 'hash' && isPassword(before)) return 1;
  if (last === 'key' && before === 'routing') return 1;
  switch (last) {
    case 'secret':
      return words.length > 1 && OF_SECRETS.has(before) ? 2 : 1;
    case 'token':
      return words.length > 1 && (OF_TOKENS.has(before) || /^[A-Z0-9_]+$/.test(name)) ? 2 : 1;
    case 'key':
    case 'keys':
      return OF_KEYS.has(before) || JOINED_KEY.test(before) ? (last === 'key' ? 2 : 1) : 0;
    case 'cookie':
      return before === 'erlang' || before === 'rabbitmq' ? 3 : 0;
    case 'secrets':
    case 'tokens':
    case 'credential':
    case 'credentials':
    case 'creds':
    case 'cred':
    case 'auth':
    case 'salt':
    case 'pepper':
    case 'authorization':
    case 'seed':
    case 'mnemonic':
    case 'jwt':
    case 'pin':
    case 'community':
      return 1;
  }
  if (JOINED_SECRET.test(last) || JOINED_TOKEN.test(last) || JOINED_KEY.test(last)) return 2;
  return /(?:secret|token)$/.test(last) ? 1 : 0;
}

function isTrailing(words: readonly string[]): boolean {
  const last = words.at(-1) ?? '';
  return TRAILING.has(last) || /^\d{1,3}$/.test(last) || /^v\d$/.test(last);
}

function isPassword(word: string): boolean {
  if (PASSWORDS.has(word)) return true;
  return PASSWORD_ENDINGS.test(word) && !NOT_PASSWORDS.has(word);
}

/** True of a name whose members are secrets, each under a name of its own: `secrets`, `passwords`, `credentials`. */
export function isPlural(name: string): boolean {
  return PLURAL.test(name);
}
const PLURAL = /(?:^|[a-z_.-])(?:secrets|passwords|tokens|credentials|creds|api_?keys|passwds|passphrases)$/i;
