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
  object,
  random,
  type Sample,
  shell,
  uuid,
} from './make';

const innocents: Sample[] = [];
function fine(group: string, title: string, manifest: Sample['manifest']): void {
  innocents.push({ group, title, manifest });
}

const secret = (fields: Sample['manifest']) => object('v1', 'Secret', fields);
const certificate = `-----BEGIN CERTIFICATE-----\n${random('base64', 64)}\n${random('base64', 64)}\n-----END CERTIFICATE-----\n`;
const publicKey = `-----BEGIN PUBLIC KEY-----\n${random('base64', 64)}\n-----END PUBLIC KEY-----\n`;
const digest = `sha256:${random('hex', 64)}`;

// Secrets that hold nothing.
fine('Secret', 'without data', secret({ type: 'Opaque' }));
fine('Secret', 'for a service account', secret({ type: 'kubernetes.io/service-account-token' }));
fine('Secret', 'empty values', secret({ data: { a: '', b: null } }));
fine(
  'Secret',
  'encrypted by SOPS',
  secret({
    data: { a: 'ENC[AES256_GCM,data:eA==,iv:eA==,tag:eA==,type:str]' },
    sops: {
      mac: 'ENC[AES256_GCM,data:eA==,iv:eA==,tag:eA==,type:str]',
      lastmodified: '2026-01-01T00:00:00Z',
      age: [
        {
          recipient: 'age1x',
          enc: `-----BEGIN AGE ENCRYPTED FILE-----\n${random('base64', 64)}\n-----END AGE ENCRYPTED FILE-----`,
        },
      ],
    },
  }),
);
fine('Secret', 'filled in by Flux', secret({ stringData: { password: '${DB_PASSWORD}' } }));
fine(
  'Secret',
  'sealed',
  object('bitnami.com/v1alpha1', 'SealedSecret', {
    spec: {
      encryptedData: { password: `AgB${random('base64', 500)}` },
      template: { type: 'Opaque', metadata: { name: 'x' } },
    },
  }),
);
fine(
  'Secret',
  'external',
  object('external-secrets.io/v1', 'ExternalSecret', {
    spec: {
      secretStoreRef: { name: 'vault', kind: 'ClusterSecretStore' },
      target: { name: 'db' },
      data: [
        { secretKey: 'password', remoteRef: { key: 'apps/shop/db', property: 'password' } },
        { secretKey: 'api-token', remoteRef: { key: 'prod/token', property: 'api_token' } },
      ],
    },
  }),
);
fine(
  'Secret',
  'template of an external one',
  object('external-secrets.io/v1', 'ExternalSecret', {
    spec: {
      target: {
        template: {
          data: { 'config.yaml': 'password: {{ .password }}\nurl: postgres://app:{{ .password | urlquery }}@db/x\n' },
        },
      },
    },
  }),
);
fine(
  'Secret',
  'provider class',
  object('secrets-store.csi.x-k8s.io/v1', 'SecretProviderClass', {
    spec: {
      provider: 'vault',
      parameters: { objects: '- objectName: "db-password"\n  secretPath: "secret/data/db"\n  secretKey: "password"\n' },
      secretObjects: [{ secretName: 'db', type: 'Opaque', data: [{ objectName: 'db-password', key: 'password' }] }],
    },
  }),
);
fine(
  'Secret',
  'from Vault',
  object('secrets.hashicorp.com/v1beta1', 'VaultStaticSecret', {
    spec: { mount: 'kv', type: 'kv-v2', path: 'shop/db', destination: { name: 'db', create: true } },
  }),
);
fine(
  'Secret',
  'generated',
  object('generators.external-secrets.io/v1alpha1', 'Password', {
    spec: { length: 42, digits: 5, symbols: 5, symbolCharacters: '-_$@', noUpper: false, allowRepeat: true },
  }),
);
fine('Secret', 'argo Vault plugin', secret({ stringData: { password: '<path:secret/data/db#password>' } }));

// References.
fine(
  'reference',
  'secretKeyRef',
  container({ env: [{ name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: 'db-password', key: 'password' } } }] }),
);
fine('reference', 'envFrom', container({ envFrom: [{ secretRef: { name: 'app-secret-token' } }] }));
fine(
  'reference',
  'volume',
  object('v1', 'Pod', {
    spec: {
      volumes: [
        { name: 'token', secret: { secretName: 'api-token', items: [{ key: 'token', path: 'token' }] } },
        {
          name: 'p',
          projected: {
            sources: [{ serviceAccountToken: { path: 'token', audience: 'vault', expirationSeconds: 3600 } }],
          },
        },
      ],
    },
  }),
);
for (const [name, value] of [
  ['DB_PASSWORD_FILE', '/run/secrets/db-password'],
  ['POSTGRES_PASSWORD_FILE', '/etc/pg/password'],
  ['PASSWORD_PATH', '/secrets/pw'],
  ['GF_SECURITY_ADMIN_PASSWORD__FILE', '/etc/secrets/admin'],
  ['AWS_WEB_IDENTITY_TOKEN_FILE', '/var/run/secrets/eks.amazonaws.com/serviceaccount/token'],
  ['VAULT_TOKEN_PATH', '/home/vault/.vault-token'],
  ['TLS_PRIVATE_KEY_FILE', '/certs/tls.key'],
  ['SSH_KEY', '/home/app/.ssh/id_ed25519'],
  ['KUBERNETES_TOKEN', '/var/run/secrets/kubernetes.io/serviceaccount/token'],
  ['PRIVATE_KEY', 'certs/tls.key'],
  ['DB_PASSWORD', '$(SHARED_PASSWORD)'],
  ['DB_PASSWORD', '${SHARED_PASSWORD}'],
  ['DB_PASSWORD', '{{ .Values.password }}'],
  ['API_TOKEN', '$API_TOKEN'],
  ['DB_PASSWORD', ''],
  ['DB_PASSWORD', '${DB_PASSWORD:-}'],
  ['CLIENT_SECRET', '$oidc.auth0.clientSecret'],
  ['DB_PASSWORD', 'vault:secret/data/db#password'],
  ['DB_PASSWORD', 'ref+vault://secret/db#/password'],
  ['API_KEY', 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:api-key-AbCdEf'],
  ['DB_PASSWORD', 'projects/acme/secrets/db/versions/latest'],
  ['API_KEY', 'op://vault/item/field'],
  ['DB_PASSWORD', '<set-by-ci>'],
  ['API_KEY', '@Microsoft.KeyVault(SecretUri=https://x.vault.azure.net/secrets/y)'],
  ['DATABASE_URL', 'postgres://$(USER):$(PASSWORD)@db:5432/app'],
  ['DATABASE_URL', 'postgres://app:${DB_PASSWORD}@db:5432/app'],
  ['DATABASE_URL', 'postgres://db:5432/app?sslmode=require'],
  ['AMQP_URL', 'amqp://{{ .Values.user }}:{{ .Values.password }}@mq'],
  ['DATABASE_URL', 'postgres://app@db:5432/app'],
  ['JDBC_URL', 'jdbc:postgresql://db:5432/app?user=app&password=${PASSWORD}'],
] as const)
  fine('reference', `${name}=${value}`, env(name, value));

// Names that speak of secrets and values that are none.
for (const [name, value] of [
  ['TOKEN_TTL', '3600'],
  ['ACCESS_TOKEN_EXPIRY', '15m'],
  ['PASSWORD_POLICY', 'strict'],
  ['MIN_PASSWORD_LENGTH', '8'],
  ['SECRET_ROTATION', 'enabled'],
  ['DISABLE_PASSWORD', 'true'],
  ['ALLOW_EMPTY_PASSWORD', 'yes'],
  ['ENABLE_TOKEN_AUTH', 'false'],
  ['MYSQL_RANDOM_ROOT_PASSWORD', 'yes'],
  ['SECRET_NAME', 'app-credentials'],
  ['TOKEN_URL', 'https://auth.acme.io/oauth/token'],
  ['OIDC_TOKEN_ENDPOINT', 'https://sso.acme.io/token'],
  ['API_KEY_HEADER', 'X-API-Key'],
  ['JWT_ALGORITHM', 'RS256'],
  ['TOKEN_ISSUER', 'acme'],
  ['SECRET_NAMESPACE', 'vault'],
  ['AUTH_METHOD', 'scram-sha-256'],
  ['PASSWORD_HASHER', 'argon2id'],
  ['PASSWORD_ENCRYPTION', 'scram-sha-256'],
  ['SECRET_BACKEND', 'vault'],
  ['KEY_ID', 'alias-prod'],
  ['ENCRYPTION_KEY_ID', uuid()],
  ['AZURE_CLIENT_ID', uuid()],
  ['REQUEST_ID', uuid()],
  ['IMAGE_DIGEST', digest],
  ['CONFIG_HASH', random('hex', 64)],
  ['GIT_COMMIT', random('hex', 40)],
  ['PUBLIC_KEY', publicKey],
  ['SSH_AUTHORIZED_KEY', `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA${random('base64', 44)} a@b`],
  ['MAX_TOKENS', '4096'],
  ['TOKENIZER', 'bert-base-uncased'],
  ['PARTITION_KEY', 'customer-id'],
  ['CACHE_KEY_PREFIX', 'shop:v2'],
  ['ROUTING_KEY', 'orders.created'],
  ['PASSWORDLESS', 'true'],
  ['RESET_PASSWORD_URL', 'https://acme.io/reset-password'],
  ['SORT_KEY', 'created_at'],
  ['TOPOLOGY_KEY', 'kubernetes.io/hostname'],
  ['PWD', '/app'],
  ['OLDPWD', '/'],
  ['PASSTHROUGH', 'on'],
  ['BYPASS_HOSTS', 'localhost'],
  ['COMPASS', 'north'],
  ['AUTHOR', 'Jo'],
  ['AUTH_TYPE', 'basic'],
  ['KEYCLOAK_REALM', 'shop'],
  ['SECRETS_PROVIDER', 'aws'],
  ['CREDENTIALS_FILE', '/x.json'],
  ['GOOGLE_APPLICATION_CREDENTIALS', '/var/secrets/google/key.json'],
  ['MONKEY', 'banana'],
  ['HOTKEY', 'ctrl-k'],
  ['TURKEY', 'TR'],
  ['COOKIE_NAME', 'session'],
  ['COOKIE_SECURE', 'true'],
  ['CSRF_COOKIE_NAME', 'csrftoken'],
  ['SESSION_COOKIE_DOMAIN', '.acme.io'],
  ['ETCD_INITIAL_CLUSTER_TOKEN', 'etcd-shop'],
] as const)
  fine('name', `${name}=${value}`, env(name, value));

// Command lines.
fine('argument', 'file', args('--password-file=/etc/secret/password', '--tls-private-key-file=/certs/tls.key'));
fine('argument', 'variable', args('--password=$(DB_PASSWORD)', '--token', '$(TOKEN)'));
fine('argument', 'secret name', args('--webhook-secret-name=webhook-tls', '--secret-namespace=default'));
fine(
  'argument',
  'booleans',
  args('--enable-bootstrap-token-auth=true', '--token-ttl=24h', '--feature-gates=ServiceAccountToken=true'),
);
fine('argument', 'mysql with variable', shell('mysql -uroot -p"${MYSQL_ROOT_PASSWORD}" -e "select 1"'));
fine('argument', 'mysql asks', shell('mysqladmin ping -uroot -p$MYSQL_ROOT_PASSWORD'));
fine('argument', 'redis-cli', shell('redis-cli -a "$REDIS_PASSWORD" ping'));
fine(
  'argument',
  'curl',
  shell(
    'curl -fsS -u "$ES_USER:$ES_PASSWORD" -H "Authorization: Bearer $(cat /var/run/secrets/token)" https://es:9200',
  ),
);
fine('argument', 'mkdir -p', shell('mkdir -p /var/lib/app && cp -p a b && docker run -p 80:80 x'));
fine('argument', 'test', shell('if [ -z "$PASSWORD" ]; then echo "PASSWORD is not set"; exit 1; fi'));
fine('argument', 'cat', shell('export PASSWORD=$(cat /run/secrets/password); export TOKEN=`cat /token`'));
fine('argument', 'openssl', shell('export SECRET=$(openssl rand -hex 32)'));
fine('argument', 'stdin', shell('echo "$PASSWORD" | docker login -u bot --password-stdin registry'));
fine('argument', 'ssh', shell('ssh -p 2222 deploy@host; scp -P 22 a b:'));
fine('argument', 'positional', shell('TOKEN=$1; PASSWORD="${2}"; run --token "$TOKEN"'));
fine('argument', 'kubectl', shell('kubectl get secret db-password -o jsonpath="{.data.password}" | base64 -d'));
fine('argument', 'vault', shell('vault kv get -field=password secret/db'));

// Annotations, labels, fields.
fine(
  'annotation',
  'checksums',
  container({
    metadata: { annotations: { 'checksum/secret': random('hex', 64), 'checksum/config': random('hex', 64) } },
  }),
);
fine(
  'annotation',
  'auth secret',
  annotated({
    'nginx.ingress.kubernetes.io/auth-secret': 'basic-auth',
    'nginx.ingress.kubernetes.io/auth-type': 'basic',
    'nginx.ingress.kubernetes.io/auth-tls-secret': 'shop/ca-secret',
  }),
);
fine(
  'annotation',
  'issuer',
  annotated({
    'cert-manager.io/private-key-rotation-policy': 'Always',
    'cert-manager.io/private-key-algorithm': 'ECDSA',
  }),
);
fine(
  'annotation',
  'bearer in prose',
  annotated({
    'acme.io/description': 'Requests need a bearer token; the password is kept in Vault, the token: see the guide.',
  }),
);
fine('annotation', 'reloader', annotated({ 'secret.reloader.stakater.com/reload': 'db-password,api-token' }));
fine(
  'annotation',
  'last applied',
  annotated({ 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(env('DB_PASSWORD_FILE', '/run/x')) }),
);
fine(
  'field',
  'automount',
  object('v1', 'ServiceAccount', {
    automountServiceAccountToken: false,
    secrets: [{ name: 'token-abcde' }],
    imagePullSecrets: [{ name: 'registry-credentials' }],
  }),
);
fine(
  'field',
  'RBAC',
  object('rbac.authorization.k8s.io/v1', 'ClusterRole', {
    rules: [
      {
        apiGroups: [''],
        resources: ['secrets', 'serviceaccounts/token'],
        verbs: ['get'],
        resourceNames: ['db-password'],
      },
    ],
  }),
);
fine(
  'field',
  'ingress',
  object('networking.k8s.io/v1', 'Ingress', { spec: { tls: [{ hosts: ['a.io'], secretName: 'a-tls-secret' }] } }),
);
fine(
  'field',
  'certificate',
  object('cert-manager.io/v1', 'Certificate', {
    spec: {
      secretName: 'api-tls',
      privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
      keystores: { jks: { create: true, passwordSecretRef: { name: 'jks-password', key: 'password' } } },
    },
  }),
);
fine(
  'field',
  'webhook',
  object('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', {
    webhooks: [{ clientConfig: { caBundle: base64(certificate) } }],
  }),
);
fine(
  'field',
  'issuer',
  object('cert-manager.io/v1', 'ClusterIssuer', {
    spec: {
      acme: {
        privateKeySecretRef: { name: 'acme-account-key' },
        solvers: [{ dns01: { cloudflare: { apiTokenSecretRef: { name: 'cloudflare-api-token', key: 'api-token' } } } }],
      },
    },
  }),
);
fine(
  'field',
  'Postgres cluster',
  object('postgresql.cnpg.io/v1', 'Cluster', {
    spec: {
      superuserSecret: { name: 'pg-superuser' },
      bootstrap: { initdb: { database: 'shop', secret: { name: 'pg-app' } } },
    },
  }),
);
fine(
  'field',
  'service monitor',
  object('monitoring.coreos.com/v1', 'ServiceMonitor', {
    spec: {
      endpoints: [
        {
          bearerTokenFile: '/var/run/secrets/kubernetes.io/serviceaccount/token',
          bearerTokenSecret: { name: 'x', key: 'token' },
          basicAuth: { password: { name: 'm', key: 'password' }, username: { name: 'm', key: 'user' } },
        },
      ],
    },
  }),
);
fine(
  'field',
  'middleware',
  object('traefik.io/v1alpha1', 'Middleware', { spec: { basicAuth: { secret: 'dashboard-users' } } }),
);
fine(
  'field',
  'gateway',
  object('gateway.networking.k8s.io/v1', 'Gateway', {
    spec: { listeners: [{ tls: { certificateRefs: [{ kind: 'Secret', name: 'wildcard-tls' }] } }] },
  }),
);
fine(
  'field',
  'Flux',
  object('source.toolkit.fluxcd.io/v1', 'GitRepository', {
    spec: {
      url: 'ssh://git@github.com/acme/x.git',
      secretRef: { name: 'deploy-key' },
      verify: { secretRef: { name: 'pgp-public-keys' } },
    },
  }),
);
fine(
  'field',
  'Argo CD',
  object('argoproj.io/v1alpha1', 'Application', {
    spec: { source: { repoURL: 'git@github.com:acme/x.git', targetRevision: random('hex', 40) } },
  }),
);
fine(
  'field',
  'network policy',
  object('networking.k8s.io/v1', 'NetworkPolicy', {
    spec: { podSelector: { matchLabels: { app: 'password-manager', token: 'none' } } },
  }),
);
fine(
  'field',
  'topology',
  object('v1', 'Pod', {
    spec: {
      topologySpreadConstraints: [{ topologyKey: 'kubernetes.io/hostname' }],
      tolerations: [{ key: 'node-role.kubernetes.io/control-plane' }],
    },
  }),
);
fine(
  'field',
  'token review',
  object('authentication.k8s.io/v1', 'TokenReview', { spec: { audiences: ['https://kubernetes.default.svc'] } }),
);
fine('field', 'image', container({}, `registry.acme.io/password-service:1.2@${digest}`));
fine(
  'CRD',
  'schema',
  object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', {
    spec: {
      versions: [
        {
          name: 'v1',
          schema: {
            openAPIV3Schema: {
              properties: {
                password: {
                  type: 'string',
                  description: 'password: hunter7trombone, or postgres://user:pass@host/db',
                  default: 'swordfish99',
                },
                token: { enum: ['abc123def456ghi'] },
              },
            },
          },
        },
      ],
    },
  }),
);
fine(
  'CRD',
  'schema of tokens',
  object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', {
    spec: {
      versions: [
        {
          schema: {
            openAPIV3Schema: { properties: { clientSecret: { type: 'string', example: 'a1b2c3d4e5f6a7b8' } } },
          },
        },
      ],
    },
  }),
);

// Helm values.
fine(
  'Helm values',
  'existing secret',
  helmValues({
    auth: {
      existingSecret: 'postgres-credentials',
      secretKeys: { adminPasswordKey: 'postgres-password', userPasswordKey: 'password' },
    },
  }),
);
fine(
  'Helm values',
  'userPasswordKey',
  helmValues({ existingSecretPasswordKey: 'redis-password', existingSecret: 'redis' }),
);
fine(
  'Helm values',
  'empty',
  helmValues({ password: '', token: null, secretKey: '', auth: { enabled: true, password: '' } }),
);
fine(
  'Helm values',
  'names',
  helmValues({
    tlsSecret: 'shop-tls',
    imagePullSecret: 'registry-pull-secret',
    secret: 'my-app',
    credentialsSecret: 'aws-creds',
  }),
);
fine(
  'Helm values',
  'Argo CD',
  argoHelm({
    parameters: [
      { name: 'auth.existingSecret', value: 'db' },
      { name: 'image.tag', value: 'v1.2.3' },
    ],
    values: 'auth:\n  existingSecret: db\n  secretKeys:\n    userPasswordKey: password\n',
  }),
);
fine(
  'Helm values',
  'toggles',
  helmValues({
    rotateSecrets: true,
    secrets: { create: false },
    token: { enabled: false },
    passwordPolicy: { minLength: 12, strict: true },
  }),
);
fine(
  'Helm values',
  'extra env',
  helmValues({ extraEnv: [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'x', key: 'y' } } }] }),
);

// Files.
const file = (name: string, text: string) => fine('file', name, configMap({ [name]: text }));
file(
  'application.yaml',
  'spring:\n  datasource:\n    username: app\n    password: ${DB_PASSWORD}\n    hikari:\n      maximum-pool-size: 10\n',
);
file(
  'application.properties',
  'spring.datasource.password=${DB_PASSWORD}\nserver.ssl.key-store-password=${KEYSTORE_PASSWORD:}\nsecurity.token.validity=3600\n',
);
file(
  'appsettings.json',
  JSON.stringify({
    Jwt: { Key: '', Issuer: 'acme', Audience: 'web' },
    TokenLifetime: '00:15:00',
    Password: { RequiredLength: 8, RequireDigit: true },
  }),
);
file(
  'grafana.ini',
  '[security]\nadmin_password = $__file{/etc/secrets/admin}\n;secret_key = \n[auth]\ndisable_login_form = false\n[auth.basic]\nenabled = true\n',
);
file(
  'nginx.conf',
  'server {\n  listen 443 ssl;\n  ssl_certificate /certs/tls.crt;\n  ssl_certificate_key /certs/tls.key;\n  location / {\n    proxy_pass http://app:8080;\n    proxy_set_header Authorization $http_authorization;\n    auth_basic "Restricted";\n    auth_basic_user_file /etc/nginx/.htpasswd;\n  }\n}\n',
);
file(
  'prometheus.yml',
  'scrape_configs:\n  - job_name: x\n    bearer_token_file: /var/run/secrets/kubernetes.io/serviceaccount/token\n    basic_auth:\n      username: prom\n      password_file: /etc/prom/password\n    relabel_configs:\n      - source_labels: [__meta_kubernetes_pod_label_token]\n        regex: (.+)\n',
);
file(
  'alertmanager.yml',
  'global:\n  slack_api_url_file: /etc/slack/url\nreceivers:\n  - name: pagerduty\n    pagerduty_configs:\n      - routing_key_file: /etc/pd/key\n',
);
file(
  'rules.yml',
  'groups:\n- name: tokens\n  rules:\n  - alert: TokenExpiring\n    expr: vault_token_ttl{token="root"} < 3600 and kube_secret_info{secret=~"db-.*"} > 0\n    annotations:\n      summary: The token of {{ $labels.secret }} expires\n',
);
file(
  'redis.conf',
  'bind 0.0.0.0\n# requirepass foobared\n# masterauth <master-password>\nprotected-mode yes\nsave ""\n',
);
file('pg_hba.conf', 'local all all trust\nhost all all 0.0.0.0/0 scram-sha-256\nhostssl replication all all md5\n');
file(
  'postgresql.conf',
  "password_encryption = scram-sha-256\nssl_key_file = 'server.key'\n#krb_server_keyfile = 'FILE:/x'\n",
);
file('config.toml', '[auth]\ntoken_expiry = "24h"\npassword_min_length = 12\npassword_env = "DB_PASSWORD"\n');
file(
  'vault.hcl',
  'listener "tcp" {\n  tls_key_file = "/certs/tls.key"\n}\nseal "awskms" {\n  kms_key_id = "alias/vault"\n}\ndefault_lease_ttl = "768h"\n',
);
file(
  'main.py',
  'import os\npassword = os.environ["DB_PASSWORD"]\ntoken = get_token()\nsecret = config.secret\napi_key = args.api_key\ndef login(user, password):\n    return client.auth(password=password, token=token)\n',
);
file(
  'app.js',
  'const token = process.env.TOKEN;\nconst password = req.body.password;\nif (password === undefined) throw new Error("password: required");\nmodule.exports = { token, password };\n',
);
file(
  'run.sh',
  '#!/bin/sh\nset -e\nPASSWORD="$(cat /run/secrets/password)"\nTOKEN=${TOKEN:-$(vault print token)}\nif [ "$PASSWORD" = "" ]; then echo "no password: exiting"; fi\npsql "host=db user=app password=$PASSWORD"\n',
);
file(
  'main.go.tpl',
  'password: {{ required "a password is required" .Values.password }}\ntoken: {{ .Values.token | quote }}\nsecret: {{ include "app.secret" . }}\n',
);
file(
  'openapi.json',
  JSON.stringify({
    components: {
      schemas: {
        Login: {
          properties: {
            password: { type: 'string', format: 'password' },
            token: { type: 'string', description: 'Bearer token' },
          },
        },
      },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      },
    },
  }),
);
file(
  'README.md',
  '# Setup\n\nSet the password: it has to be at least 12 characters. The token: ask the platform team.\nUse `--password` or the variable PASSWORD. Send `Authorization: Bearer <token>`.\nhttps://user:password@example.com is refused.\n',
);
file(
  'dashboard.json',
  JSON.stringify({
    title: 'Tokens',
    panels: [{ title: 'Password resets', targets: [{ expr: 'sum(rate(password_reset_total{token="x"}[5m]))' }] }],
    uid: random('word', 9),
    templating: { list: [{ name: 'secret', query: 'label_values(kube_secret_info, secret)' }] },
  }),
);
file(
  'fluent-bit.conf',
  '[OUTPUT]\n    Name es\n    HTTP_User ${ES_USER}\n    HTTP_Passwd ${ES_PASSWORD}\n    Kube_Token_File /var/run/secrets/kubernetes.io/serviceaccount/token\n',
);
file(
  'kubeconfig',
  `apiVersion: v1\nkind: Config\nclusters:\n- name: x\n  cluster:\n    server: https://k:6443\n    certificate-authority-data: ${base64(certificate)}\nusers:\n- name: x\n  user:\n    tokenFile: /var/run/secrets/token\n    exec:\n      command: aws\n      args: [eks, get-token, --cluster-name, x]\n`,
);
file('.npmrc', '//npm.acme.io/:_authToken=${NPM_TOKEN}\nalways-auth=true\n');
file('ca.crt', certificate);
file(
  'jwks.json',
  JSON.stringify({ keys: [{ kty: 'RSA', use: 'sig', kid: uuid(), n: random('url', 342), e: 'AQAB' }] }),
);
file('known_hosts', `github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${random('base64', 43)}\n`);
file(
  'package-lock.json',
  JSON.stringify({
    packages: { 'node_modules/js-tokens': { version: '4.0.0', integrity: `sha512-${random('base64', 86)}==` } },
  }),
);
file('go.sum', `github.com/golang-jwt/jwt/v5 v5.2.1 h1:${random('base64', 43)}=\n`);
file(
  'log4j2.xml',
  '<Configuration><Appenders><Console name="token"><PatternLayout pattern="%d %m%n"/></Console></Appenders></Configuration>',
);
file(
  'web.xml',
  '<web-app><context-param><param-name>tokenTimeout</param-name><param-value>30</param-value></context-param></web-app>',
);
file('logback.xml', '<property name="password" value="${DB_PASSWORD}"/>');
file('image.b64', `iVBORw0KGgo${random('base64', 200)}`);
file(
  'envoy.yaml',
  'tls_certificate_sds_secret_configs:\n  - name: default\n    sds_config:\n      path: /etc/envoy/sds.yaml\ntoken_bucket:\n  max_tokens: 100\n  tokens_per_fill: 100\n  fill_interval: 1s\n',
);
file('coredns', '.:53 {\n    errors\n    health\n    kubernetes cluster.local\n    forward . /etc/resolv.conf\n}\n');
file('passwords.txt', '# one password per line, filled in at start\n');
file('sonar.properties', 'sonar.login=${env.SONAR_TOKEN}\nsonar.forceAuthentication=true\n');
file(
  'init.sql',
  "CREATE USER app IDENTIFIED BY '${APP_PASSWORD}';\nALTER TABLE users ADD COLUMN password VARCHAR(255) NOT NULL;\nSELECT token, secret FROM sessions WHERE token = $1;\n",
);
file('policy.rego', 'package k8s\ndeny[msg] { input.kind == "Secret"; msg := "secret: use an external one" }\n');
file(
  'Jenkinsfile',
  "withCredentials([string(credentialsId: 'npm-token', variable: 'NPM_TOKEN')]) { sh 'npm publish' }\n",
);
file(
  '.gitlab-ci.yml',
  'deploy:\n  secrets:\n    DATABASE_PASSWORD:\n      vault: production/db/password@ops\n      token: $VAULT_ID_TOKEN\n  id_tokens:\n    VAULT_ID_TOKEN:\n      aud: https://vault.acme.io\n',
);
file(
  'workflow.yml',
  'env:\n  TOKEN: ${{ secrets.GITHUB_TOKEN }}\npermissions:\n  id-token: write\nsteps:\n  - uses: docker/login-action@v3\n    with:\n      password: ${{ secrets.REGISTRY_PASSWORD }}\n',
);
file(
  'values.yaml',
  'auth:\n  existingSecret: ""\n  password: ""\n  ## @param auth.password Password of the user\n  secretName: app\ntoken:\n  ttl: 1h\n',
);

export const INNOCENTS: readonly Sample[] = innocents;
