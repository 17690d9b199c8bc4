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
  shell,
  uuid,
} from './make';
import { tokenLeaks } from './tokens';

const leaks: Leak[] = [];
function leak(
  group: string,
  title: string,
  make: (value: string) => Leak['manifest'],
  value: string = password(),
): void {
  leaks.push({ group, title, manifest: make(value), values: [value, base64(value)] });
}

// Secrets by kind: whatever is in them.
const secret = (fields: Leak['manifest']) => object('v1', 'Secret', fields);
leak('plain Secret', 'data', (v) => secret({ data: { password: base64(v) } }));
leak('plain Secret', 'stringData', (v) => secret({ type: 'Opaque', stringData: { 'db.url': v } }));
leak('plain Secret', 'an innocent name', (v) => secret({ data: { username: base64(v) } }));
leak('plain Secret', 'registry', (v) =>
  secret({
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': base64(JSON.stringify({ auths: { 'ghcr.io': { auth: base64(`bot:${v}`) } } })) },
  }),
);
leak(
  'plain Secret',
  'TLS',
  (v) => secret({ type: 'kubernetes.io/tls', data: { 'tls.crt': '', 'tls.key': base64(v) } }),
  pem(),
);
leak('plain Secret', 'in a List', (v) => ({
  apiVersion: 'v1',
  kind: 'List',
  items: [secret({ stringData: { a: v } })],
}));
leak('plain Secret', 'in a SecretList', (v) => ({
  apiVersion: 'v1',
  kind: 'SecretList',
  items: [{ metadata: { name: 'x' }, data: { a: base64(v) } }],
}));
leak('plain Secret', 'a misspelt field', (v) => secret({ stringdata: { a: v } }));
leak('plain Secret', 'one value forgotten by SOPS', (v) =>
  secret({
    stringData: { a: 'ENC[AES256_GCM,data:eA==,iv:eA==,tag:eA==,type:str]', b: v },
    sops: { mac: 'x', lastmodified: '2026-01-01T00:00:00Z' },
  }),
);
leak('plain Secret', 'last applied', (v) =>
  object('v1', 'ConfigMap', {
    metadata: {
      name: 'x',
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(secret({ data: { x: base64(v) } })),
      },
    },
  }),
);
leak('plain Secret', 'manifest in a ConfigMap', (v) =>
  configMap({ 'extra.yaml': `apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\nstringData:\n  login: ${v}\n` }),
);
leak('plain Secret', 'made by a policy', (v) =>
  object('kyverno.io/v1', 'ClusterPolicy', {
    spec: { rules: [{ generate: { kind: 'Secret', data: { kind: 'Secret', data: { x: base64(v) } } } }] },
  }),
);
leak('plain Secret', 'applied by another controller', (v) =>
  object('kubernetes.crossplane.io/v1alpha2', 'Object', {
    spec: { forProvider: { manifest: secret({ data: { x: base64(v) } }) } },
  }),
);
leak('plain Secret', 'basic-auth', (v) =>
  secret({ type: 'kubernetes.io/basic-auth', stringData: { username: 'a', password: v } }),
);
leak('plain Secret', 'bootstrap token', (v) =>
  secret({ type: 'bootstrap.kubernetes.io/token', stringData: { 'token-secret': v } }),
);
leak('plain Secret', 'service account token', (v) =>
  secret({ type: 'kubernetes.io/service-account-token', data: { token: base64(v) } }),
);

// Variables.
for (const name of [
  'DB_PASSWORD',
  'POSTGRES_PASSWORD',
  'MYSQL_ROOT_PASSWORD',
  'MARIADB_PASSWORD',
  'MONGO_INITDB_ROOT_PASSWORD',
  'REDIS_PASSWORD',
  'RABBITMQ_DEFAULT_PASS',
  'RABBITMQ_ERLANG_COOKIE',
  'PGPASSWORD',
  'GF_SECURITY_ADMIN_PASSWORD',
  'KEYCLOAK_ADMIN_PASSWORD',
  'MINIO_ROOT_PASSWORD',
  'ELASTIC_PASSWORD',
  'SMTP_PASS',
  'MAIL_PWD',
  'spring.datasource.password',
  'SPRING_RABBITMQ_PASSWORD',
  'KeyStorePassphrase',
  'LDAP_BIND_PASSWORD',
  'LDAP_BINDPW',
  'NEO4J_AUTH_PASSWORD',
  'CLICKHOUSE_PASSWORD',
  'SA_PASSWORD',
  'DJANGO_SUPERUSER_PASSWORD',
  'BASIC_AUTH_PASSWORD',
  'PROXY_PASSWORD',
  'VNC_PW',
  'dbPassword',
  'ConnectionStrings__Password',
  'WORDPRESS_DB_PASSWORD',
  'REQUIREPASS',
  'SSL_KEY_PASSPHRASE',
  'Smtp:Password',
  'ADMIN_PASSWORD_2',
])
  leak('env: password', name, (v) => env(name, v));
for (const name of [
  'SECRET_KEY',
  'SECRET_KEY_BASE',
  'JWT_SECRET',
  'SESSION_SECRET',
  'OAUTH2_PROXY_COOKIE_SECRET',
  'CLIENT_SECRET',
  'GITHUB_CLIENT_SECRET',
  'AWS_SECRET_ACCESS_KEY',
  'API_KEY',
  'APP_KEY',
  'STRIPE_API_KEY',
  'ENCRYPTION_KEY',
  'AIRFLOW__CORE__FERNET_KEY',
  'NEXTAUTH_SECRET',
  'GITHUB_TOKEN',
  'VAULT_TOKEN',
  'SLACK_BOT_TOKEN',
  'NPM_TOKEN',
  'INFLUXDB_ADMIN_TOKEN',
  'AUTH_TOKEN',
  'DD_API_KEY',
  'NEW_RELIC_LICENSE_KEY',
  'AZURE_CLIENT_SECRET',
  'AZURE_STORAGE_KEY',
  'WEBHOOK_SECRET',
  'SUPERSET_SECRET_KEY',
  'ACCESS_TOKEN',
  'apiToken',
  'N8N_ENCRYPTION_KEY',
  'MEILI_MASTER_KEY',
  'TYPESENSE_API_KEY',
  'WG_PRIVATE_KEY',
  'RAILS_MASTER_KEY',
  'CONSUMER_SECRET',
])
  leak('env: key or token', name, (v) => env(name, v), random('word', 40));
leak('env: key or token', 'words', (v) => env('JWT_SECRET', v), 'super-secret-signing-phrase');
leak('env: key or token', 'a UUID', (v) => env('HEROKU_API_KEY', v), uuid());
leak('env: key or token', 'hex', (v) => env('SECRET_KEY_BASE', v), random('hex', 128));
leak('env: password', 'short and simple', (v) => env('DB_PASSWORD', v), `hunter${random('digits', 1)}x`);
leak('env: password', 'digits', (v) => env('REDIS_PASSWORD', v), random('digits', 8));
leak('env: password', 'several words', (v) => env('LUKS_PASSPHRASE', v), 'quartz ribbon tundra velvet');
leak('env: password', 'fallback of a variable', (v) => env('DB_PASSWORD', `\${DB_PASS:-${v}}`));
leak('env: init container', 'password', (v) =>
  object('batch/v1', 'Job', {
    spec: { template: { spec: { initContainers: [{ name: 'a', env: [{ name: 'MYSQL_PASSWORD', value: v }] }] } } },
  }),
);

// Command lines.
leak('argument', 'flag with =', (v) => args('--port=80', `--admin-password=${v}`));
leak('argument', 'flag and next', (v) => args('--password', v, '--user', 'app'));
leak('argument', 'requirepass', (v) => args('--requirepass', v));
leak('argument', 'token', (v) => args(`--token=${v}`), random('lower', 32));
leak('argument', 'client secret', (v) => args('--client-id=web', `--client-secret=${v}`), random('word', 32));
leak('argument', 'cookie secret', (v) => args('--cookie-secret', v), random('base64', 32));
leak('argument', 'Java property', (v) => args(`-Djavax.net.ssl.keyStorePassword=${v}`, '-jar', 'app.jar'));
leak('argument', 'mysql -p', (v) => shell(`mysql -h db -uroot -p${v} -e 'select 1'`));
leak('argument', 'mysqladmin list', (v) =>
  container({ livenessProbe: { exec: { command: ['mysqladmin', 'ping', '-uroot', `-p${v}`] } } }),
);
leak('argument', 'redis-cli -a', (v) =>
  container({ readinessProbe: { exec: { command: ['redis-cli', '-a', v, 'ping'] } } }),
);
leak('argument', 'curl -u', (v) => shell(`curl -fsS -u admin:${v} https://es:9200/_cluster/health`));
leak('argument', 'curl -uuser:pass', (v) => shell(`until curl -uelastic:${v} http://es:9200; do sleep 1; done`));
leak('argument', 'export', (v) => shell(`export APP_TOKEN=${v} && exec ./run`), random('word', 24));
leak('argument', 'PGPASSWORD=', (v) => shell(`PGPASSWORD='${v}' psql -h db -U app -c 'select 1'`));
leak('argument', 'sshpass', (v) => shell(`sshpass -p '${v}' ssh deploy@host uptime`));
leak('argument', 'docker login', (v) => shell(`docker login -u bot -p ${v} registry.acme.io`));
leak('argument', 'docker login from stdin', (v) =>
  shell(`echo ${v} | docker login -u bot --password-stdin registry.acme.io`),
);
leak('argument', 'mongosh', (v) => shell(`mongosh -u root -p ${v} --eval 'db.stats()'`));
leak('argument', 'ldapsearch', (v) => shell(`ldapsearch -x -D cn=admin,dc=acme -w ${v} -b dc=acme`));
leak('argument', 'openssl', (v) => shell(`openssl enc -d -aes-256-cbc -pass pass:${v} -in a -out b`));
leak('argument', 'chpasswd', (v) => shell(`echo "root:${v}" | chpasswd`));
leak('argument', 'rabbitmqctl', (v) => shell(`rabbitmqctl add_user app ${v} && rabbitmqctl set_permissions app`));
leak('argument', 'SQL in a script', (v) => shell(`psql -c "CREATE ROLE app WITH LOGIN PASSWORD '${v}'"`));
leak('argument', 'SQL, identified by', (v) =>
  configMap({ 'init.sql': `CREATE USER 'app'@'%' IDENTIFIED BY '${v}';\nGRANT ALL ON shop.* TO 'app'@'%';\n` }),
);
leak('argument', 'kubectl create secret', (v) => shell(`kubectl create secret generic x --from-literal=password=${v}`));
leak('argument', 'mc alias', (v) => shell(`mc alias set store http://minio:9000 admin ${v}`));
leak(
  'argument',
  'lifecycle hook',
  (v) => container({ lifecycle: { postStart: { exec: { command: ['sh', '-c', `vault login ${v}`] } } } }),
  random('word', 26),
);
leak('argument', 'htpasswd', (v) => shell(`htpasswd -bc /etc/nginx/users admin ${v}`));
leak('argument', 'clickhouse', (v) => shell(`clickhouse-client --user app --password ${v} -q 'select 1'`));

// Headers.
leak(
  'header',
  'bearer in a script',
  (v) => shell(`curl -H "Authorization: Bearer ${v}" https://api.acme.io`),
  random('word', 36),
);
leak('header', 'probe', (v) =>
  container({
    livenessProbe: {
      httpGet: { port: 80, httpHeaders: [{ name: 'Authorization', value: `Basic ${base64(`probe:${v}`)}` }] },
    },
  }),
);
leak(
  'header',
  'X-Api-Key',
  (v) => container({ livenessProbe: { httpGet: { port: 80, httpHeaders: [{ name: 'X-Api-Key', value: v }] } } }),
  random('hex', 32),
);
leak('header', 'annotation', (v) =>
  annotated({
    'nginx.ingress.kubernetes.io/configuration-snippet': `proxy_set_header Authorization "Basic ${base64(`a:${v}`)}";`,
  }),
);
leak(
  'header',
  'private token',
  (v) => configMap({ 'fetch.sh': `curl --header "PRIVATE-TOKEN: ${v}" https://gitlab.acme.io\n` }),
  random('word', 20),
);
leak(
  'header',
  'prometheus',
  (v) =>
    configMap({
      'prometheus.yml': `remote_write:\n  - url: https://prom.acme.io\n    authorization:\n      type: Bearer\n      credentials: ${v}\n`,
    }),
  random('word', 40),
);

// URLs.
for (const scheme of [
  'postgres',
  'postgresql',
  'mysql',
  'mongodb+srv',
  'redis',
  'rediss',
  'amqp',
  'amqps',
  'https',
  'http',
  'nats',
  'ftp',
  'sftp',
  'ldap',
  'smtp',
  'clickhouse',
  'mssql',
  'kafka',
  'couchdb+https',
  'cloudinary',
]) {
  leak('URL', scheme, (v) => env('SERVICE_URL', `${scheme}://app:${v.replace('!', '')}@host.acme.io:1234/x?ssl=true`));
}
leak('URL', 'no user', (v) => env('CACHE', `redis://:${v}@cache:6379/0`));
leak('URL', 'percent encoded', (v) => env('BROKER', `amqp://app:${encodeURIComponent(v)}%40x@mq:5672/%2F`));
leak('URL', 'with an at sign', (v) => env('DSN', `postgres://app:${v}@x@db:5432/app`));
leak('URL', 'git', (v) =>
  object('argoproj.io/v1alpha1', 'Application', {
    spec: { source: { repoURL: `https://bot:${v}@git.acme.io/x.git` } },
  }),
);
leak('URL', 'token as the user', (v) => shell(`git clone https://${v}@git.acme.io/acme/app.git`), random('word', 40));
leak('URL', 'proxy', (v) => env('HTTPS_PROXY', `http://proxy:${v}@10.0.0.1:3128`));
leak('URL', 'JDBC', (v) => env('JDBC_URL', `jdbc:mysql://db:3306/shop?user=app&password=${v}&useSSL=true`));
leak('URL', 'JDBC of Oracle', (v) => env('JDBC_URL', `jdbc:oracle:thin:scott/${v}@db:1521:orcl`));
leak('URL', 'Go driver', (v) => env('MYSQL_DSN', `app:${v}@tcp(db:3306)/shop?parseTime=true`));
leak(
  'URL',
  'token in the query',
  (v) => env('FEED', `https://api.acme.io/v1/feed?format=json&api_key=${v}`),
  random('hex', 32),
);
leak('URL', 'replicas', (v) => env('MONGO', `mongodb://app:${v}@a:27017,b:27017/shop?replicaSet=rs0`));
leak('connection string', 'ADO.NET', (v) =>
  env('ConnectionStrings__Default', `Server=db;Database=shop;User Id=app;Password=${v};Encrypt=true`),
);
leak('connection string', 'libpq', (v) =>
  env('DATA_SOURCE_NAME', `host=db user=app password=${v} dbname=shop sslmode=disable`),
);
leak('connection string', 'StackExchange.Redis', (v) =>
  env('Redis', `cache:6380,password=${v},ssl=True,abortConnect=False`),
);
leak(
  'connection string',
  'Azure Storage',
  (v) =>
    env('STORAGE', `DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=${v};EndpointSuffix=core.windows.net`),
  `${random('base64', 86)}==`,
);
leak(
  'connection string',
  'Service Bus',
  (v) => env('BUS', `Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=${v}`),
  `${random('base64', 43)}=`,
);
leak('connection string', 'JAAS', (v) =>
  configMap({
    'client.properties': `security.protocol=SASL_SSL\nsasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="app" password="${v}";\n`,
  }),
);

// Files in ConfigMaps.
leak(
  'file',
  '.env',
  (v) => configMap({ '.env': `APP_ENV=prod\nAPP_KEY=base64:${v}\nLOG=info\n` }),
  `${random('base64', 43)}=`,
);
leak('file', '.env with quotes', (v) => configMap({ 'app.env': `MAIL_HOST="smtp"\nMAIL_PASSWORD="${v}"\n` }));
leak('file', 'properties', (v) =>
  configMap({
    'application.properties': `server.port=8080\nspring.datasource.username=app\nspring.datasource.password=${v}\n`,
  }),
);
leak('file', 'Spring YAML', (v) =>
  configMap({
    'application.yaml': `spring:\n  datasource:\n    url: jdbc:postgresql://db/x\n    username: app\n    password: ${v}\n`,
  }),
);
leak('file', 'Spring fallback', (v) => configMap({ 'application.yml': `db:\n  password: \${DB_PASSWORD:${v}}\n` }));
leak('file', 'JSON', (v) =>
  configMap({ 'appsettings.json': JSON.stringify({ Smtp: { Host: 'x', Password: v } }, null, 2) }),
);
leak(
  'file',
  'JSON within JSON',
  (v) => configMap({ 'a.json': JSON.stringify({ raw: JSON.stringify({ apiKey: v }) }) }),
  random('word', 32),
);
leak('file', 'TOML', (v) => configMap({ 'config.toml': `[database]\nhost = "db"\npassword = "${v}"\n` }));
leak('file', 'INI', (v) => configMap({ 'grafana.ini': `[security]\nadmin_user = admin\nadmin_password = ${v}\n` }));
leak('file', 'my.cnf', (v) => configMap({ 'my.cnf': `[client]\nuser=root\npassword=${v}\n` }));
leak('file', 'redis.conf', (v) => configMap({ 'redis.conf': `maxmemory 1gb\nrequirepass ${v}\nappendonly yes\n` }));
leak('file', 'redis ACL', (v) => configMap({ 'users.acl': `user app on >${v} ~* +@all\n` }));
leak(
  'file',
  'npmrc',
  (v) => configMap({ '.npmrc': `registry=https://npm.acme.io/\n//npm.acme.io/:_authToken=${v}\n` }),
  uuid(),
);
leak('file', 'npmrc, basic', (v) => configMap({ '.npmrc': `//npm.acme.io/:_auth=${base64(`bot:${v}`)}\n` }));
leak('file', 'netrc', (v) => configMap({ '.netrc': `machine git.acme.io login bot password ${v}\n` }));
leak('file', 'netrc in lines', (v) => configMap({ netrc: `machine git.acme.io\n  login bot\n  password ${v}\n` }));
leak('file', 'pgpass', (v) => configMap({ '.pgpass': `db:5432:shop:app:${v}\n` }));
leak('file', 'git-credentials', (v) => configMap({ '.git-credentials': `https://bot:${v}@git.acme.io\n` }));
leak('file', 'docker config', (v) =>
  configMap({ 'config.json': JSON.stringify({ auths: { 'r.acme.io': { auth: base64(`bot:${v}`) } } }) }),
);
leak(
  'file',
  'kubeconfig token',
  (v) => configMap({ kubeconfig: `apiVersion: v1\nkind: Config\nusers:\n- name: bot\n  user:\n    token: ${v}\n` }),
  random('word', 48),
);
leak(
  'file',
  'kubeconfig key',
  (v) => configMap({ kubeconfig: `kind: Config\nusers:\n- name: bot\n  user:\n    client-key-data: ${base64(v)}\n` }),
  pem('RSA PRIVATE KEY'),
);
leak('file', 'htpasswd, bcrypt', (v) => configMap({ auth: `admin:${v}\n` }), `$2y$05$${random('word', 53)}`);
leak(
  'file',
  'htpasswd, MD5',
  (v) => configMap({ users: `admin:${v}\n` }),
  `$apr1$${random('word', 8)}$${random('word', 22)}`,
);
leak('file', 'htpasswd, SHA', (v) => configMap({ htpasswd: `admin:${v}\n` }), `{SHA}${random('base64', 27)}=`);
leak('file', 'web.xml', (v) =>
  configMap({ 'context.xml': `<Context><Resource name="jdbc/db" username="app" password="${v}" /></Context>` }),
);
leak('file', 'XML element', (v) =>
  configMap({
    'settings.xml': `<settings><servers><server><id>x</id><password>${v}</password></server></servers></settings>`,
  }),
);
leak(
  'file',
  'Hadoop XML',
  (v) =>
    configMap({
      'core-site.xml': `<property>\n  <name>fs.s3a.secret.key</name>\n  <value>${v}</value>\n</property>\n`,
    }),
  random('base64', 40),
);
leak('file', 'Python', (v) => configMap({ 'settings.py': `DEBUG = False\nSECRET_KEY = '${v}'\n` }), random('word', 50));
leak('file', 'PHP', (v) =>
  configMap({ 'config.php': `<?php return ['db' => ['user' => 'app', 'password' => '${v}']];` }),
);
leak('file', 'wp-config', (v) => configMap({ 'wp-config.php': `<?php\ndefine('DB_PASSWORD', '${v}');\n` }));
leak('file', 'Ruby', (v) => configMap({ 'database.yml': `production:\n  adapter: postgresql\n  password: "${v}"\n` }));
leak(
  'file',
  'JavaScript',
  (v) => configMap({ 'config.js': `module.exports = { apiKey: '${v}', port: 80 };` }),
  random('word', 32),
);
leak('file', 'erlang', (v) =>
  configMap({ 'advanced.config': `[{rabbit, [{default_user, <<"app">>}, {default_pass, <<"${v}">>}]}].` }),
);
leak('file', 'rabbitmq.conf', (v) => configMap({ 'rabbitmq.conf': `default_user = app\ndefault_pass = ${v}\n` }));
leak('file', 'HCL', (v) =>
  configMap({ 'vault.hcl': `storage "postgresql" {\n  connection_url = "postgres://vault:${v}@db/vault"\n}\n` }),
);
leak('file', 'alertmanager', (v) =>
  configMap({ 'alertmanager.yml': `global:\n  smtp_auth_username: a\n  smtp_auth_password: '${v}'\n` }),
);
leak('file', 'pgbouncer', (v) => configMap({ 'userlist.txt': `"app" "${v}"\n` }));
leak(
  'file',
  'nginx',
  (v) => configMap({ 'nginx.conf': `location / { proxy_set_header X-Auth-Token "${v}"; proxy_pass http://app; }` }),
  random('word', 32),
);
leak('file', 'keepalived', (v) =>
  configMap({ 'keepalived.conf': `authentication {\n  auth_type PASS\n  auth_pass ${v}\n}\n` }),
);
leak(
  'file',
  'WireGuard',
  (v) => configMap({ 'wg0.conf': `[Interface]\nPrivateKey = ${v}\nListenPort = 51820\n` }),
  `${random('base64', 43)}=`,
);
leak(
  'file',
  'AWS credentials',
  (v) => configMap({ credentials: `[default]\naws_access_key_id = x\naws_secret_access_key = ${v}\n` }),
  random('base64', 40),
);
leak('file', 'env list', (v) => configMap({ 'pod.yaml': `env:\n  - name: DB_PASSWORD\n    value: "${v}"\n` }));
leak('file', 'YAML in one line', (v) => configMap({ 'x.yaml': `db: { user: app, password: ${v}, host: db }\n` }));
leak('file', 'block scalar', (v) => configMap({ 'x.yaml': `db:\n  password: |-\n    ${v}\n` }));
leak('file', 'LDAP', (v) => configMap({ 'slapd.conf': `rootdn "cn=admin"\nrootpw ${v}\n` }));
leak(
  'file',
  'argocd-cm dex',
  (v) =>
    object('v1', 'ConfigMap', {
      data: { 'dex.config': `connectors:\n- type: github\n  config:\n    clientID: a\n    clientSecret: ${v}\n` },
    }),
  random('hex', 40),
);
leak('file', 'password file', (v) => configMap({ 'admin-password': v }));
leak('file', 'password.txt', (v) => configMap({ 'password.txt': `${v}\n` }));
leak('file', 'Go template default', (v) =>
  configMap({ 'a.tpl': `password: {{ .Values.password | default "${v}" }}\n` }),
);
leak('file', 'fluent-bit', (v) =>
  configMap({ 'output.conf': `[OUTPUT]\n    Name es\n    HTTP_User app\n    HTTP_Passwd ${v}\n` }),
);
leak('file', 'logstash', (v) =>
  configMap({ 'pipeline.conf': `output { elasticsearch { user => "app" password => "${v}" } }` }),
);

// Keys.
for (const kind of [
  'PRIVATE KEY',
  'RSA PRIVATE KEY',
  'EC PRIVATE KEY',
  'OPENSSH PRIVATE KEY',
  'ENCRYPTED PRIVATE KEY',
  'PGP PRIVATE KEY BLOCK',
]) {
  leak('private key', kind, (v) => configMap({ 'file.pem': v }), pem(kind));
}
leak('private key', 'in base64', (v) => configMap({ 'a.yaml': `key: ${base64(v)}\n` }), pem());
leak('private key', 'in base64 in lines', (v) => configMap({ key: base64(v).replace(/.{76}/g, '$&\n') }), pem());
leak(
  'private key',
  'with escaped line ends',
  (v) => configMap({ 'sa.json': JSON.stringify({ type: 'service_account', private_key: v }) }),
  pem(),
);
leak(
  'private key',
  'binaryData',
  (v) => object('v1', 'ConfigMap', { binaryData: { id: base64(v) } }),
  pem('OPENSSH PRIVATE KEY'),
);
leak(
  'private key',
  'JWK',
  (v) =>
    configMap({ 'jwks.json': JSON.stringify({ keys: [{ kty: 'EC', crv: 'P-256', x: random('url', 43), d: v }] }) }),
  random('url', 43),
);
leak(
  'private key',
  'DER',
  (v) => configMap({ 'key.b64': v }),
  Buffer.concat([
    Buffer.from('3041020100301306072a8648ce3d020106082a8648ce3d030107', 'hex'),
    Buffer.from(random('word', 42)),
  ]).toString('base64'),
);
leak(
  'private key',
  'Java keystore',
  (v) => object('v1', 'ConfigMap', { binaryData: { 'a.bin': v } }),
  Buffer.concat([Buffer.from('feedfeed00000002', 'hex'), Buffer.from(random('word', 60))]).toString('base64'),
);

// Encodings.
leak('encoded', 'base64 of properties', (v) =>
  object('v1', 'ConfigMap', { binaryData: { x: base64(`db.user=app\ndb.password=${v}\n`) } }),
);
leak('encoded', 'base64 twice', (v) => configMap({ x: base64(base64(`DB_PASSWORD=${v}\nX=1\n`)) }));
leak('encoded', 'base64 in JSON', (v) =>
  configMap({ 'x.json': JSON.stringify({ config: base64(JSON.stringify({ password: v })) }) }),
);
leak('encoded', 'cloud-init', (v) =>
  object('cluster.x-k8s.io/v1beta1', 'MachineConfig', {
    spec: { userData: base64(`#cloud-config\nchpasswd:\n  list: |\n    root:${v}\npassword: ${v}\n`) },
  }),
);
leak(
  'encoded',
  'in an annotation',
  (v) => annotated({ 'acme.io/config': base64(`{"token":"${v}"}`) }),
  random('word', 32),
);

// Annotations, Helm values, custom resources.
leak('annotation', 'password', (v) => annotated({ 'acme.io/basic-auth-password': v }));
leak('annotation', 'token', (v) => annotated({ 'acme.io/api-token': v }), random('word', 32));
leak('annotation', 'last applied', (v) =>
  annotated({ 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(env('DB_PASSWORD', v)) }),
);
leak('Helm values', 'Flux', (v) => helmValues({ auth: { username: 'app', password: v } }));
leak('Helm values', 'root password', (v) => helmValues({ mysql: { auth: { rootPassword: v } } }));
leak('Helm values', 'secrets map', (v) => helmValues({ secrets: { database: v } }), random('word', 24));
leak('Helm values', 'env map', (v) => helmValues({ env: { MAIL_PASSWORD: v } }));
leak('Helm values', 'Argo CD values', (v) => argoHelm({ values: `grafana:\n  adminPassword: ${v}\n` }));
leak('Helm values', 'Argo CD valuesObject', (v) => argoHelm({ valuesObject: { adminPassword: v } }));
leak('Helm values', 'Argo CD parameters', (v) =>
  argoHelm({ parameters: [{ name: 'postgresql.auth.password', value: v }] }),
);
leak(
  'Helm values',
  'secretKey',
  (v) => helmValues({ storage: { s3: { accessKey: 'x', secretKey: v } } }),
  random('base64', 40),
);
leak('Helm values', 'number', (v) => helmValues({ redis: { password: Number(v) } }), '48151623');
leak('custom resource', 'Grafana', (v) =>
  object('grafana.integreatly.org/v1beta1', 'Grafana', { spec: { config: { security: { admin_password: v } } } }),
);
leak('custom resource', 'Kafka user', (v) => object('acme.io/v1', 'User', { spec: { password: { value: v } } }));
leak(
  'custom resource',
  'store with a token',
  (v) =>
    object('external-secrets.io/v1', 'SecretStore', {
      spec: { provider: { webhook: { headers: { 'X-Vault-Token': v } } } },
    }),
  random('word', 28),
);
leak('custom resource', 'template of an ExternalSecret', (v) =>
  object('external-secrets.io/v1', 'ExternalSecret', { spec: { target: { template: { data: { password: v } } } } }),
);
leak('custom resource', 'Tekton parameter', (v) =>
  object('tekton.dev/v1', 'PipelineRun', { spec: { params: [{ name: 'registry-password', value: v }] } }),
);
leak(
  'custom resource',
  'Traefik users',
  (v) => object('traefik.io/v1alpha1', 'Middleware', { spec: { basicAuth: { users: [`admin:${v}`] } } }),
  `$2a$10$${random('word', 53)}`,
);
leak(
  'custom resource',
  'webhook receiver',
  (v) =>
    object('monitoring.coreos.com/v1alpha1', 'AlertmanagerConfig', {
      spec: { receivers: [{ slackConfigs: [{ apiURL: v }] }] },
    }),
  `https://hooks.slack.com/services/T${random('upper', 9)}/B${random('upper', 9)}/${random('word', 24)}`,
);
leak('custom resource', 'list of tokens', (v) => helmValues({ tokens: [v] }), random('word', 32));
leak('custom resource', 'JSON patch', (v) =>
  object('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', {
    spec: { patches: [{ patch: `- op: replace\n  path: /spec/auth/password\n  value: ${v}\n` }] },
  }),
);

export const LEAKS: readonly Leak[] = [...leaks, ...tokenLeaks()];
