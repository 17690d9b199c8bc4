// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what the programs of users have in their files
import {
  annotated,
  argoHelm,
  args,
  base64,
  configMap,
  container,
  env,
  helmValues,
  type Leak,
  object,
  password,
  pem,
  random,
  type Sample,
  shell,
  uuid,
} from './make';

/** Samples that were written after the rules, without looking at them. */

const leaks: Leak[] = [];
function leak(
  group: string,
  title: string,
  make: (value: string) => Leak['manifest'],
  value: string = password(),
): void {
  leaks.push({ group: `later, ${group}`, title, manifest: make(value), values: [value] });
}
const innocents: Sample[] = [];
function fine(group: string, title: string, manifest: Sample['manifest']): void {
  innocents.push({ group: `later, ${group}`, title, manifest });
}

leak('env', 'Vaultwarden', (v) => env('ADMIN_TOKEN', v), random('base64', 48));
leak('env', 'Gitea', (v) => env('GITEA__database__PASSWD', v));
leak('env', 'Nextcloud', (v) => env('NEXTCLOUD_ADMIN_PASSWORD', v));
leak('env', 'Temporal', (v) => env('SQL_PASSWORD', v));
leak('env', 'Kong', (v) => env('KONG_PG_PASSWORD', v));
leak('env', 'Ory Hydra', (v) => env('SECRETS_SYSTEM', v), random('word', 32));
leak('env', 'Cassandra', (v) => env('CASSANDRA_PASSWORD', v), 'cassandra');
leak('env', 'Neo4j', (v) => env('NEO4J_AUTH', `neo4j/${v}`));
leak('env', 'Graylog', (v) => env('GRAYLOG_PASSWORD_SECRET', v), random('word', 96));
leak('env', 'Solr', (v) => env('SOLR_AUTH_PASS', v));
leak('env', 'Zabbix', (v) => env('ZBX_SERVER_DB_PASSWD', v));
leak('env', 'Keycloak keystore', (v) => env('KC_HTTPS_KEY_STORE_PASSWORD', v));
leak('env', 'TOTP seed', (v) => env('MFA_TOTP_SECRET', v), random('base32', 32));
leak('env', 'Pusher', (v) => env('PUSHER_APP_SECRET', v), random('hex', 20));
leak('env', 'Java options', (v) =>
  env('JAVA_OPTS', `-Xmx1g -Djavax.net.ssl.trustStorePassword=${v} -Dfile.encoding=UTF-8`),
);
leak('env', 'JSON in a variable', (v) =>
  env('SPRING_APPLICATION_JSON', JSON.stringify({ spring: { mail: { password: v } } })),
);
leak(
  'args',
  'oauth2-proxy',
  (v) => args('--provider=oidc', `--client-secret=${v}`, '--email-domain=*'),
  random('hex', 40),
);
leak('args', 'etcdctl', (v) => shell(`etcdctl --endpoints=http://e:2379 --user root:${v} get /`));
leak('args', 'mosquitto', (v) => shell(`mosquitto_pub -h mq -u app -P ${v} -t x -m y`));
leak('args', 'pg_dump', (v) => shell(`pg_dump "postgresql://app:${v}@db/shop" > /backup/x`));
leak('args', 'restic', (v) => shell(`RESTIC_PASSWORD=${v} restic -r s3:s3.acme.io/b backup /data`));
leak('args', 'keytool', (v) => shell(`keytool -importcert -noprompt -storepass ${v} -keystore t.jks -file ca.crt`));
leak('args', 'wget', (v) => shell(`wget --user=app --password=${v} https://files.acme.io/x`));
leak('args', 'az login', (v) => shell(`az login --service-principal -u app -p ${v} --tenant acme`), random('url', 36));
leak('args', 'heredoc', (v) =>
  shell(`cat > ~/.my.cnf <<EOF\n[client]\nuser=root\npassword=${v}\nEOF\nmysql -e 'select 1'`),
);
leak(
  'file',
  'Loki S3',
  (v) => configMap({ 'loki.yaml': `storage_config:\n  aws:\n    s3: s3://AKX:${v}@eu-west-1/loki\n` }),
  random('word', 40),
);
leak(
  'file',
  'Traefik dynamic',
  (v) => configMap({ 'dyn.toml': `[http.middlewares.a.basicAuth]\n  users = ["admin:${v}"]\n` }),
  `$apr1$${random('word', 8)}$${random('word', 22)}`,
);
leak('file', 'HAProxy', (v) => configMap({ 'haproxy.cfg': `userlist people\n  user admin insecure-password ${v}\n` }));
leak('file', 'PHP ini', (v) => configMap({ 'php.ini': `mysqli.default_pw = "${v}"\n` }));
leak('file', 'Postfix', (v) => configMap({ sasl_passwd: `[smtp.acme.io]:587 app:${v}\n` }));
leak(
  'file',
  'Telegraf',
  (v) => configMap({ 'telegraf.conf': `[[outputs.influxdb_v2]]\n  urls = ["http://i:8086"]\n  token = "${v}"\n` }),
  random('base64', 86),
);
leak('file', 'Vector', (v) =>
  configMap({
    'vector.yaml': `sinks:\n  es:\n    auth:\n      strategy: basic\n      user: app\n      password: "${v}"\n`,
  }),
);
leak('file', 'maven', (v) =>
  configMap({
    'settings.xml': `<server>\n  <id>nexus</id>\n  <username>ci</username>\n  <password>${v}</password>\n</server>`,
  }),
);
leak('file', 'pip', (v) => configMap({ 'pip.conf': `[global]\nindex-url = https://ci:${v}@pypi.acme.io/simple\n` }));
leak('file', 'composer', (v) =>
  configMap({ 'auth.json': JSON.stringify({ 'http-basic': { 'repo.acme.io': { username: 'ci', password: v } } }) }),
);
leak('file', 'NuGet', (v) =>
  configMap({
    'nuget.config': `<packageSourceCredentials><acme><add key="ClearTextPassword" value="${v}" /></acme></packageSourceCredentials>`,
  }),
);
leak('file', 'wpa', (v) => configMap({ 'wpa.conf': `network={\n  ssid="acme"\n  psk="${v}"\n}\n` }));
leak(
  'file',
  'rclone',
  (v) => configMap({ 'rclone.conf': `[s3]\ntype = s3\naccess_key_id = x\nsecret_access_key = ${v}\n` }),
  random('base64', 40),
);
leak('file', 'Django settings', (v) =>
  configMap({ 'local.py': `DATABASES = {"default": {"USER": "app", "PASSWORD": "${v}"}}\n` }),
);
leak(
  'file',
  'Rails credentials',
  (v) => configMap({ 'secrets.yml': `production:\n  secret_key_base: ${v}\n` }),
  random('hex', 128),
);
leak('file', 'OpenVPN', (v) => configMap({ 'client.ovpn': `client\n<key>\n${v}</key>\n` }), pem());
leak('file', 'Elixir', (v) =>
  configMap({ 'runtime.exs': `config :shop, Shop.Repo, username: "app", password: "${v}", pool_size: 10\n` }),
);
leak('file', 'Jenkins CasC', (v) =>
  configMap({
    'jenkins.yaml': `credentials:\n  system:\n    domainCredentials:\n      - credentials:\n          - usernamePassword:\n              id: git\n              username: ci\n              password: ${v}\n`,
  }),
);
leak('url', 'Celery', (v) => env('CELERY_BROKER_URL', `redis://default:${v}@redis:6379/0`));
leak('url', 'SQLAlchemy', (v) =>
  configMap({ 'airflow.cfg': `sql_alchemy_conn = postgresql+psycopg2://airflow:${v}@pg/airflow\n` }),
);
leak('url', 'Elasticsearch hosts', (v) => helmValues({ hosts: [`https://elastic:${v}@es:9200`] }));
leak('url', 'SMTP', (v) => env('MAILER_DSN', `smtp://user:${v}@smtp.acme.io:587`));
leak(
  'values',
  'Argo CD key',
  (v) => argoHelm({ parameters: [{ name: 'secrets.jwtSecret', value: v }] }),
  random('word', 30),
);
leak('values', 'keycloak', (v) => helmValues({ keycloak: { adminUser: 'admin', adminPassword: v } }));
leak(
  'values',
  'extraEnvVars',
  (v) => helmValues({ extraEnvVars: [{ name: 'BUGSNAG_API_KEY', value: v }] }),
  random('hex', 32),
);
leak('values', 'license', (v) => helmValues({ enterprise: { licenseKey: v } }), random('upper', 40));
leak('resource', 'Strimzi', (v) =>
  object('kafka.strimzi.io/v1', 'KafkaConnector', {
    spec: { config: { 'connection.password': v, 'connection.user': 'x' } },
  }),
);
leak('resource', 'Grafana datasource', (v) =>
  object('grafana.integreatly.org/v1beta1', 'GrafanaDatasource', {
    spec: { datasource: { secureJsonData: { basicAuthPassword: v } } },
  }),
);
leak('resource', 'MetalLB', (v) => object('metallb.io/v1beta2', 'BGPPeer', { spec: { password: v } }));
leak(
  'resource',
  'workflow',
  (v) =>
    object('argoproj.io/v1alpha1', 'Workflow', {
      spec: { arguments: { parameters: [{ name: 'github-token', value: v }] } },
    }),
  random('word', 40),
);
leak('encoded', 'env in base64', (v) => env('CONFIG_B64', base64(`{"db":{"password":"${v}"}}`)));
leak('encoded', 'values in an annotation', (v) => annotated({ 'meta.acme.io/values': `auth:\n  password: ${v}\n` }));

for (const [name, value] of [
  ['PASSWORD_RESET_TIMEOUT', '3600'],
  ['LOGIN_WITH_PASSWORD', 'false'],
  ['TOKEN_AUDIENCE', 'api.acme.io'],
  ['KEY_VAULT_NAME', 'acme-prod-kv'],
  ['SECRET_STORE', 'vault-backend'],
  ['SSH_KEY_TYPE', 'ed25519'],
  ['SESSION_COOKIE_AGE', '1209600'],
  ['JWT_EXPIRATION_IN_MS', '86400000'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'x-team=shop'],
  ['AWS_ROLE_ARN', 'arn:aws:iam::123456789012:role/shop'],
  ['KAFKA_SSL_KEYSTORE_LOCATION', '/certs/k.p12'],
  ['TOKEN_REFRESH_INTERVAL', '5m'],
  ['PASSWORD_COMPLEXITY', 'high'],
  ['DB_SECRET_ARN', 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-a1B2c3'],
  ['SECRET_PROVIDER_CLASS', 'aws-secrets'],
  ['STRIPE_PUBLISHABLE_KEY_NAME', 'stripe-pub'],
  ['ENCRYPTION_ALGORITHM', 'AES-256-GCM'],
  ['BUILD_ID', uuid()],
] as const)
  fine('env', name, env(name, value));
fine(
  'args',
  'controller',
  args(
    '--leader-elect',
    '--metrics-secure',
    '--cert-secret-name=webhook-cert',
    '--secret-sync-interval=5m',
    '--token-review=true',
  ),
);
fine(
  'args',
  'kube-apiserver',
  args(
    '--service-account-key-file=/etc/kubernetes/pki/sa.pub',
    '--service-account-signing-key-file=/etc/kubernetes/pki/sa.key',
    '--enable-bootstrap-token-auth=true',
    '--tls-private-key-file=/x',
  ),
);
fine('args', 'wait', shell('until pg_isready -h db -p 5432 -U app; do sleep 1; done; tar -czpf /x.tgz /data'));
fine(
  'args',
  'read',
  shell(
    'read -s PASSWORD; export PASSWORD; aws secretsmanager get-secret-value --secret-id prod/db --query SecretString',
  ),
);
fine(
  'file',
  'Loki',
  configMap({
    'loki.yaml':
      'auth_enabled: false\nstorage_config:\n  aws:\n    s3: s3://eu-west-1/loki\n    access_key_id: ${AWS_ACCESS_KEY_ID}\n    secret_access_key: ${AWS_SECRET_ACCESS_KEY}\n',
  }),
);
fine(
  'file',
  'translations',
  configMap({
    'en.json': JSON.stringify({
      login: {
        password: 'Password',
        forgotPassword: 'Forgot your password?',
        token: 'Access token',
        newPassword: 'New password',
      },
    }),
  }),
);
fine(
  'file',
  'Dex',
  configMap({
    'config.yaml':
      'issuer: https://dex.acme.io\nconnectors:\n- type: ldap\n  config:\n    bindPW: $LDAP_BIND_PW\nstaticClients:\n- id: argo-cd\n  secretEnv: ARGO_SECRET\n',
  }),
);
fine(
  'file',
  'OPA',
  configMap({ 'a.rego': 'deny { input.request.object.data.password }\ntoken := io.jwt.decode(input.token)\n' }),
);
fine(
  'file',
  'SSSD',
  configMap({
    'sssd.conf':
      '[domain/acme]\nldap_default_authtok_type = obfuscated_password\npassword_hash = sha512\nkrb5_keytab = /etc/krb5.keytab\n',
  }),
);
fine(
  'file',
  'Lua',
  configMap({
    'a.lua':
      'local token = ngx.var.http_x_token\nif token == nil then ngx.exit(401) end\nlocal secret = os.getenv("SECRET")\n',
  }),
);
fine(
  'file',
  'GraphQL',
  configMap({ 'schema.graphql': 'input Login { user: String!, password: String! }\ntype Session { token: ID! }\n' }),
);
fine(
  'file',
  'proto',
  configMap({ 'a.proto': 'message Login {\n  string user = 1;\n  string password = 2;\n  string token = 3;\n}\n' }),
);
fine(
  'file',
  'TypeScript',
  configMap({
    'a.ts':
      'interface Login { password: string; token?: string }\nconst login = ({ password, token }: Login) => api.post({ password, token });\n',
  }),
);
fine(
  'file',
  'SQL',
  configMap({
    'a.sql':
      'CREATE TABLE users (id INT, password TEXT NOT NULL, token UUID);\nUPDATE users SET password = $2 WHERE id = $1;\n',
  }),
);
fine(
  'file',
  'Kafka',
  configMap({
    'server.properties':
      'ssl.keystore.location=/certs/k.p12\nssl.keystore.password=${file:/certs/pw:password}\nsasl.enabled.mechanisms=SCRAM-SHA-512\npassword.encoder.iterations=4096\n',
  }),
);
fine(
  'file',
  'help text',
  configMap({
    'help.txt':
      'Usage: tool [options]\n  --password <value>   password of the user\n  --token TOKEN        token to send\n  -p, --pass           ask for the password\n',
  }),
);
fine(
  'resource',
  'Vault auth',
  object('secrets.hashicorp.com/v1beta1', 'VaultAuth', {
    spec: {
      method: 'kubernetes',
      mount: 'kubernetes',
      kubernetes: { role: 'shop', serviceAccount: 'shop', audiences: ['vault'], tokenExpirationSeconds: 600 },
    },
  }),
);
fine(
  'resource',
  'Crossplane',
  object('rds.aws.upbound.io/v1beta1', 'Instance', {
    spec: {
      forProvider: { passwordSecretRef: { name: 'db', namespace: 'x', key: 'password' }, autoGeneratePassword: true },
      writeConnectionSecretToRef: { name: 'db-conn', namespace: 'x' },
    },
  }),
);
fine(
  'resource',
  'Keycloak',
  object('k8s.keycloak.org/v2alpha1', 'Keycloak', {
    spec: {
      db: { usernameSecret: { name: 'db', key: 'user' }, passwordSecret: { name: 'db', key: 'password' } },
      http: { tlsSecret: 'kc-tls' },
    },
  }),
);
fine(
  'resource',
  'Istio',
  object('security.istio.io/v1', 'RequestAuthentication', {
    spec: {
      jwtRules: [
        {
          issuer: 'https://sso.acme.io',
          jwksUri: 'https://sso.acme.io/jwks',
          fromHeaders: [{ name: 'x-jwt', prefix: 'Bearer ' }],
        },
      ],
    },
  }),
);
fine(
  'resource',
  'Prometheus',
  object('monitoring.coreos.com/v1', 'PrometheusRule', {
    spec: {
      groups: [
        {
          name: 'x',
          rules: [
            {
              alert: 'VaultTokenExpiring',
              expr: 'vault_token_count_by_ttl{creation_ttl="30m"} > 10',
              annotations: { summary: 'Tokens: {{ $value }} expire', runbook_url: 'https://runbooks.acme.io/token' },
            },
          ],
        },
      ],
    },
  }),
);
fine(
  'values',
  'chart',
  helmValues({
    rbac: { create: true },
    externalSecrets: { enabled: true, refreshInterval: '1h' },
    auth: { type: 'oidc', clientId: 'shop', clientSecretRef: { name: 'oidc', key: 'client-secret' } },
    persistence: { existingClaim: 'data' },
  }),
);
fine(
  'values',
  'keys of a map',
  helmValues({
    envFromSecrets: { DB_PASSWORD: { name: 'db', key: 'password' } },
    secretMounts: [{ name: 'certs', secretName: 'certs', path: '/certs' }],
  }),
);
fine(
  'container',
  'env names',
  container({ env: [{ name: 'CONFIG', value: 'password_env=DB_PASSWORD,token_env=TOKEN' }] }),
);
fine(
  'annotation',
  'Vault agent',
  annotated({
    'vault.hashicorp.com/agent-inject-secret-db': 'secret/data/db',
    'vault.hashicorp.com/agent-inject-template-db':
      '{{ with secret "secret/data/db" }}export DB_PASSWORD="{{ .Data.data.password }}"{{ end }}',
    'vault.hashicorp.com/agent-inject-token': 'true',
  }),
);

export const LATER_LEAKS: readonly Leak[] = leaks;
export const LATER_INNOCENTS: readonly Sample[] = innocents;
