// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what the programs of users have in their files
import {
  annotated,
  argoHelm,
  args,
  base64,
  configMap,
  container,
  env,
  type Leak,
  object,
  password,
  pem,
  random,
  type Sample,
  shell,
  uuid,
} from './make';

/** A third lot, written from what files and services look like, without a look at the rules. */

const leaks: Leak[] = [];
function leak(title: string, make: (value: string) => Leak['manifest'], value: string = password()): void {
  leaks.push({ group: 'third', title, manifest: make(value), values: [value] });
}
const innocents: Sample[] = [];
function fine(title: string, manifest: Sample['manifest']): void {
  innocents.push({ group: 'third', title, manifest });
}

leak('pgpass', (v) => configMap({ '.pgpass': `db.internal:5432:shop:shop:${v}\n` }));
leak(
  'Slack webhook',
  (v) =>
    configMap({
      'alertmanager.yml': `receivers:\n- name: ops\n  slack_configs:\n  - api_url: https://hooks.slack.com/services/${v}\n`,
    }),
  `T${random('upper', 8)}/B${random('upper', 10)}/${random('word', 24)}`,
);
leak(
  'Discord webhook',
  (v) => env('ALERT_URL', `https://discord.com/api/webhooks/${random('digits', 18)}/${v}`),
  random('url', 68),
);
leak(
  'Teams webhook',
  (v) =>
    configMap({
      'app.yaml': `notify: https://acme.webhook.office.com/webhookb2/${uuid()}@${uuid()}/IncomingWebhook/${v}/${uuid()}\n`,
    }),
  random('hex', 32),
);
leak(
  'Telegram bot',
  (v) => env('NOTIFY', `https://api.telegram.org/bot${random('digits', 10)}:${v}/sendMessage`),
  `AA${random('url', 33)}`,
);
leak('terraform variables', (v) => configMap({ 'prod.tfvars': `region = "eu-west-1"\ndb_master_password = "${v}"\n` }));
leak(
  'terraform provider',
  (v) => configMap({ 'main.tf': `provider "cloudflare" {\n  api_token = "${v}"\n}\n` }),
  random('url', 40),
);
leak(
  'kubeconfig token',
  (v) => configMap({ kubeconfig: `apiVersion: v1\nkind: Config\nusers:\n- name: ci\n  user:\n    token: ${v}\n` }),
  random('word', 40),
);
leak(
  'kubeconfig client key',
  (v) => configMap({ config: `users:\n- name: a\n  user:\n    client-key-data: ${v}\n` }),
  base64(pem('RSA PRIVATE KEY')),
);
leak(
  'docker config',
  (v) => configMap({ 'config.json': `{"auths":{"ghcr.io":{"auth":"${v}"}}}` }),
  base64(`bot:${password()}`),
);
leak('docker config, base64 twice', (v) =>
  configMap({ dockercfg: base64(base64(`{"auths":{"ghcr.io":{"username":"bot","password":"${v}"}}}`)) }),
);
leak('htpasswd, apr1', (v) => configMap({ auth: `admin:$apr1$${v}\n` }), `${random('word', 8)}$${random('word', 22)}`);
leak('basic auth annotation', (v) => annotated({ 'haproxy.org/auth': `Basic ${v}` }), base64(`admin:${password()}`));
leak('Spring properties', (v) =>
  configMap({
    'application-prod.properties': `spring.datasource.url=jdbc:postgresql://db/shop\nspring.datasource.password=${v}\n`,
  }),
);
leak('JDBC in the query', (v) => env('JDBC_URL', `jdbc:mysql://db:3306/shop?user=shop&password=${v}&useSSL=true`));
leak('SQL Server connection string', (v) =>
  env('ConnectionStrings__Default', `Server=tcp:db,1433;Initial Catalog=shop;User ID=sa;Password=${v};Encrypt=True;`),
);
leak(
  'Azure storage',
  (v) =>
    env('STORAGE', `DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=${v};EndpointSuffix=core.windows.net`),
  `${random('base64', 86)}==`,
);
leak(
  'Azure SAS',
  (v) =>
    env(
      'BLOB_URL',
      `https://shop.blob.core.windows.net/c?sv=2022-11-02&ss=b&srt=sco&sp=rl&se=2027-01-01T00:00:00Z&sig=${v}`,
    ),
  `${random('word', 43)}%3D`,
);
leak(
  'Service Bus',
  (v) => env('BUS', `Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=${v}`),
  `${random('base64', 43)}=`,
);
leak(
  'AWS credentials file',
  (v) =>
    configMap({
      credentials: `[default]\naws_access_key_id = AKIA${random('base32', 16)}\naws_secret_access_key = ${v}\n`,
    }),
  random('base64', 40),
);
leak(
  'GCP service account',
  (v) =>
    configMap({
      'key.json': JSON.stringify({ type: 'service_account', private_key_id: random('hex', 40), private_key: v }),
    }),
  pem(),
);
leak('Jenkins casc', (v) =>
  configMap({
    'jenkins.yaml': `jenkins:\n  securityRealm:\n    local:\n      users:\n      - id: admin\n        password: ${v}\n`,
  }),
);
leak(
  'GitLab CI',
  (v) => configMap({ '.gitlab-ci.yml': `variables:\n  DEPLOY_TOKEN: "${v}"\n` }),
  `glpat-${random('url', 20)}`,
);
leak(
  'GitHub Actions step',
  (v) => configMap({ 'deploy.yml': `- run: curl -H "Authorization: token ${v}" https://api.github.com\n` }),
  `ghp_${random('word', 36)}`,
);
leak('npmrc', (v) => configMap({ '.npmrc': `//npm.example.com/:_authToken=${v}\n` }), `npm_${random('word', 36)}`);
leak('pip configuration', (v) =>
  configMap({ 'pip.conf': `[global]\nindex-url = https://ci:${v}@pypi.example.com/simple\n` }),
);
leak('Maven settings', (v) =>
  configMap({
    'settings.xml': `<settings><servers><server><id>nexus</id><username>ci</username><password>${v}</password></server></servers></settings>`,
  }),
);
leak(
  'Django settings',
  (v) => configMap({ 'settings.py': `DEBUG = False\nSECRET_KEY = '${v}'\n` }),
  `django-insecure-${random('word', 50)}`,
);
leak('Rails master key', (v) => env('RAILS_MASTER_KEY', v), random('hex', 32));
leak('Laravel app key', (v) => env('APP_KEY', `base64:${v}`), `${random('base64', 43)}=`);
leak(
  'WordPress salts',
  (v) => configMap({ 'wp-config.php': `define('DB_NAME', 'wp');\ndefine('AUTH_KEY', '${v}');\n` }),
  random('word', 64),
);
leak('Grafana helm value', (v) => argoHelm({ values: `grafana:\n  adminUser: admin\n  adminPassword: ${v}\n` }));
leak('redis-cli', (v) => shell(`redis-cli -h cache -a ${v} ping`));
leak('ldapsearch', (v) => shell(`ldapsearch -x -D cn=admin,dc=acme -w ${v} -b dc=acme`));
leak('Java option', (v) => args('java', `-Djavax.net.ssl.keyStorePassword=${v}`, '-jar', 'app.jar'));
leak('mongosh', (v) => shell(`mongosh "mongodb+srv://shop:${v}@cluster0.abcde.mongodb.net/shop"`));
leak('OTLP headers', (v) => env('OTEL_EXPORTER_OTLP_HEADERS', `api-key=${v}`), random('hex', 40));
leak('Sentry token', (v) => env('SENTRY_AUTH_TOKEN', v), `sntrys_${random('word', 80)}`);
leak(
  'WireGuard',
  (v) => configMap({ 'wg0.conf': `[Interface]\nAddress = 10.0.0.1/24\nPrivateKey = ${v}\n` }),
  `${random('base64', 43)}=`,
);
leak(
  'JWT in a ConfigMap',
  (v) => configMap({ 'session.txt': v }),
  `eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ${random('url', 60)}.${random('url', 43)}`,
);
leak('wallet seed', (v) => env('WALLET_PRIVATE_KEY', `0x${v}`), random('hex', 64));
leak('Elasticsearch hook', (v) => shell(`curl -s -u elastic:${v} https://es:9200/_cluster/health`));

fine('password file', env('DB_PASSWORD_FILE', '/run/secrets/db/password'));
fine(
  'kubeconfig with exec',
  configMap({
    kubeconfig:
      'users:\n- name: ci\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1\n      command: aws\n      args: [eks, get-token, --cluster-name, shop]\n',
  }),
);
fine(
  'alertmanager file',
  configMap({
    'alertmanager.yml':
      'receivers:\n- name: ops\n  slack_configs:\n  - api_url_file: /etc/alertmanager/secrets/slack\n',
  }),
);
fine('pgpass of variables', configMap({ '.pgpass': 'db:5432:shop:shop:${PGPASSWORD}\n' }));
fine(
  'terraform variable',
  configMap({ 'main.tf': 'provider "cloudflare" {\n  api_token = var.cloudflare_token\n}\n' }),
);
fine('Actions secret', configMap({ 'deploy.yml': 'env:\n  TOKEN: ${{ secrets.DEPLOY_TOKEN }}\n' }));
fine('Spring placeholder', configMap({ 'application.properties': 'spring.datasource.password=${DB_PASSWORD}\n' }));
fine(
  'existing Secret in helm',
  argoHelm({ values: 'auth:\n  existingSecret: shop-redis\n  existingSecretPasswordKey: redis-password\n' }),
);
fine(
  'password policy',
  configMap({ 'realm.json': '{"passwordPolicy":"length(12) and digits(1)","resetPasswordAllowed":true}' }),
);
fine(
  'token lifetimes',
  configMap({ 'app.yaml': 'accessTokenLifespan: 300\nrefreshTokenTTL: 24h\ntokenAudience: shop\n' }),
);
fine('digest', container({ image: `ghcr.io/acme/shop@sha256:${random('hex', 64)}` }));
fine('checksum annotation', annotated({ 'checksum/secret': random('hex', 64) }));
fine('certificate', configMap({ 'ca.crt': pem('CERTIFICATE') }));
fine('public key', configMap({ 'jwt.pub': pem('PUBLIC KEY') }));
fine('ssh known hosts', configMap({ known_hosts: `github.com ssh-ed25519 ${random('base64', 68)}\n` }));
fine('authorized keys', configMap({ authorized_keys: `ssh-rsa ${random('base64', 372)} ops@acme\n` }));
fine(
  'Vault agent template',
  configMap({ 'db.ctmpl': '{{ with secret "database/creds/app" }}password={{ .Data.password }}{{ end }}\n' }),
);
fine(
  'Vault annotations',
  annotated({
    'vault.hashicorp.com/agent-inject-secret-db': 'secret/data/shop/db',
    'vault.hashicorp.com/role': 'shop',
  }),
);
fine(
  'fluent-bit',
  configMap({ 'fluent-bit.conf': '[OUTPUT]\n    Name es\n    HTTP_User ${ES_USER}\n    HTTP_Passwd ${ES_PASSWORD}\n' }),
);
fine(
  'nginx proxy_pass',
  configMap({
    'nginx.conf': 'location / { proxy_pass http://api:8080; proxy_set_header Authorization $http_authorization; }\n',
  }),
);
fine('git commit', annotated({ 'app.acme.io/commit': random('hex', 40) }));
fine('trace id header', configMap({ 'envoy.yaml': 'headers:\n- key: x-request-id\n  value: "%REQ(X-REQUEST-ID)%"\n' }));
fine('uuid', env('TENANT_ID', uuid()));
fine('OIDC client', env('OIDC_CLIENT_ID', `${random('digits', 12)}-${random('lower', 32)}.apps.googleusercontent.com`));
fine('role arn', annotated({ 'eks.amazonaws.com/role-arn': 'arn:aws:iam::123456789012:role/shop-secrets-reader' }));
fine(
  'Secrets Manager arn',
  env('DB_SECRET_ARN', 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db-AbCdEf'),
);
fine('key of a Secret', env('SECRET_KEY_NAME', 'redis-password'));
fine(
  'tls secret',
  object('networking.k8s.io/v1', 'Ingress', {
    spec: { tls: [{ hosts: ['shop.example.com'], secretName: 'shop-tls' }] },
  }),
);
fine(
  'cert-manager issuer',
  object('cert-manager.io/v1', 'ClusterIssuer', {
    spec: {
      acme: {
        server: 'https://acme-v02.api.letsencrypt.org/directory',
        privateKeySecretRef: { name: 'letsencrypt-account-key' },
      },
    },
  }),
);
fine(
  'ExternalSecret',
  object('external-secrets.io/v1', 'ExternalSecret', {
    spec: {
      secretStoreRef: { name: 'vault', kind: 'ClusterSecretStore' },
      data: [{ secretKey: 'password', remoteRef: { key: 'apps/shop/db', property: 'password' } }],
    },
  }),
);
fine(
  'role that reads Secrets',
  object('rbac.authorization.k8s.io/v1', 'Role', {
    rules: [{ apiGroups: [''], resources: ['secrets'], resourceNames: ['shop-db-password'], verbs: ['get'] }],
  }),
);
fine('mysql from a variable', shell('mysql -u root -p"$MYSQL_ROOT_PASSWORD" -e "select 1"'));
fine(
  'curl with a token from a file',
  shell(
    'curl -H "Authorization: Bearer $(cat /var/run/secrets/kubernetes.io/serviceaccount/token)" https://kubernetes.default',
  ),
);
fine(
  'JWKS',
  configMap({
    'jwks.json': JSON.stringify({
      keys: [{ kty: 'RSA', use: 'sig', kid: random('url', 27), n: random('url', 342), e: 'AQAB' }],
    }),
  }),
);
fine(
  'Grafana dashboard',
  configMap({
    'dash.json': JSON.stringify({
      title: 'Tokens',
      uid: random('lower', 14),
      panels: [{ targets: [{ expr: 'sum(rate(auth_tokens_issued_total{job="api"}[5m]))' }] }],
    }),
  }),
);
fine(
  'Prometheus rule',
  object('monitoring.coreos.com/v1', 'PrometheusRule', {
    spec: {
      groups: [
        {
          name: 'a',
          rules: [
            {
              alert: 'CertificateExpiry',
              expr: 'probe_ssl_earliest_cert_expiry - time() < 86400',
              annotations: { summary: 'Password reset e-mails fail' },
            },
          ],
        },
      ],
    },
  }),
);
fine(
  'feature flags',
  configMap({ 'flags.json': '{"enablePasswordless":true,"secretSanta":"enabled","tokenizer":"bpe"}' }),
);
fine('base64 logo', configMap({ logo: `iVBORw0KGgoAAAANSUhEUgAA${random('base64', 400)}` }));
fine(
  'sealed',
  object('bitnami.com/v1alpha1', 'SealedSecret', {
    spec: { encryptedData: { password: `AgB${random('base64', 600)}` }, template: { metadata: { name: 'db' } } },
  }),
);
fine(
  'keyboard',
  configMap({ 'app.ini': 'keyboard = de\nsort_key = created_at\npartition_key = tenant_id\nprimary_key = id\n' }),
);
fine('cache keys', env('CACHE_KEY_PREFIX', 'shop:v2:'));

export const THIRD_LEAKS: readonly Leak[] = leaks;
export const THIRD_INNOCENTS: readonly Sample[] = innocents;
