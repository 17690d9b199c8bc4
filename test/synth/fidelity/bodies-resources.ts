import { Duration, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import type { Body } from './harness';

/** What cdk8s-plus-27 knows beside workloads. Paths of files are those of `test/synth/fidelity/files`. */

const container: kplus.ContainerProps = { image: 'ghcr.io/acme/web:1', portNumber: 8080 };
const FILES = `${__dirname}/files`;

export const resources: Readonly<Record<string, Body>> = {
  ConfigMap(chart) {
    const map = new kplus.ConfigMap(chart, 'config', {
      data: { 'app.properties': 'a=1\nb=2\n', on: 'off', number: '010' },
      binaryData: { blob: 'AAEC' },
      immutable: true,
    });
    map.addData('later', 'line\n  indented\ttab\n\n');
  },

  'ConfigMap of files and folders'(chart) {
    const map = new kplus.ConfigMap(chart, 'config');
    map.addDirectory(FILES, { keyPrefix: 'files.', exclude: ['*.yaml'] });
    map.addFile(`${FILES}/settings.txt`, 'again');
  },

  'every kind of Secret'(chart) {
    new kplus.Secret(chart, 'plain', { stringData: { a: 'b' }, immutable: false, type: 'Opaque' });
    new kplus.BasicAuthSecret(chart, 'basic', { username: 'user', password: 'placeholder' });
    new kplus.SshAuthSecret(chart, 'ssh', { sshPrivateKey: 'placeholder' });
    new kplus.TlsSecret(chart, 'tls', { tlsCert: 'certificate', tlsKey: 'placeholder' });
    new kplus.DockerConfigSecret(chart, 'docker', { data: { auths: {} } });
    new kplus.ServiceAccountTokenSecret(chart, 'token', {
      serviceAccount: kplus.ServiceAccount.fromServiceAccountName(chart, 'robot', 'robot'),
    });
  },

  'every kind of Volume'(chart) {
    const config = new kplus.ConfigMap(chart, 'config', { data: { a: 'b' } });
    const secret = kplus.Secret.fromSecretName(chart, 'secret', 'certificates');
    const pod = new kplus.Pod(chart, 'pod', {
      containers: [{ ...container, securityContext: { ensureNonRoot: false } }],
    });
    const volumes = [
      kplus.Volume.fromConfigMap(chart, 'v1', config, { items: { a: { path: 'b', mode: 0o440 } }, defaultMode: 0o400 }),
      kplus.Volume.fromSecret(chart, 'v2', secret, { optional: true, name: 'certs' }),
      kplus.Volume.fromEmptyDir(chart, 'v3', 'scratch'),
      kplus.Volume.fromHostPath(chart, 'v4', 'host', { path: '/var/log', type: kplus.HostPathVolumeType.DIRECTORY }),
      kplus.Volume.fromNfs(chart, 'v5', 'nfs', { server: 'nfs.internal', path: '/exports', readOnly: true }),
      kplus.Volume.fromCsi(chart, 'v6', 'csi.example.com', { attributes: { pool: 'a' } }),
      kplus.Volume.fromAwsElasticBlockStore(chart, 'v7', 'vol-1', { partition: 1 }),
      kplus.Volume.fromAzureDisk(chart, 'v8', 'disk', 'https://disk.example.com'),
      kplus.Volume.fromGcePersistentDisk(chart, 'v9', 'pd-1'),
    ];
    for (const [index, volume] of volumes.entries()) pod.containers[0]?.mount(`/mnt/${index}`, volume);
  },

  'PersistentVolume and claims'(chart) {
    const volume = new kplus.AwsElasticBlockStorePersistentVolume(chart, 'disk', {
      volumeId: 'vol-2',
      storage: Size.gibibytes(50),
      storageClassName: 'gp3',
      reclaimPolicy: kplus.PersistentVolumeReclaimPolicy.RETAIN,
      accessModes: [kplus.PersistentVolumeAccessMode.READ_WRITE_ONCE],
    });
    const claim = volume.reserve();
    const free = new kplus.PersistentVolumeClaim(chart, 'free', {
      storage: Size.gibibytes(5),
      volumeMode: kplus.PersistentVolumeMode.FILE_SYSTEM,
    });
    const deployment = new kplus.Deployment(chart, 'api', { containers: [container] });
    deployment.containers[0]?.mount('/claimed', kplus.Volume.fromPersistentVolumeClaim(chart, 'claimed', claim));
    deployment.containers[0]?.mount('/free', kplus.Volume.fromPersistentVolumeClaim(chart, 'free-volume', free));
  },

  Service(chart) {
    const deployment = new kplus.Deployment(chart, 'api', { containers: [container] });
    const service = new kplus.Service(chart, 'lb', {
      type: kplus.ServiceType.LOAD_BALANCER,
      externalIPs: ['192.0.2.1'],
      loadBalancerSourceRanges: ['10.0.0.0/8', '192.168.0.0/16'],
      ports: [
        { port: 443, targetPort: 8080, name: 'https', protocol: kplus.Protocol.TCP },
        { port: 80, targetPort: 8080, name: 'http' },
      ],
    });
    service.bind(9090, { name: 'metrics', nodePort: 30090 });
    service.select(deployment);
    new kplus.Service(chart, 'outside', { externalName: 'db.example.com', type: kplus.ServiceType.EXTERNAL_NAME });
  },

  Ingress(chart) {
    const deployment = new kplus.Deployment(chart, 'api', { containers: [container] });
    const backend = kplus.IngressBackend.fromService(deployment.exposeViaService({ ports: [{ port: 8080 }] }));
    const ingress = new kplus.Ingress(chart, 'ingress', { className: 'nginx', defaultBackend: backend });
    ingress.addRule('/z', backend, kplus.HttpIngressPathType.PREFIX);
    ingress.addRule('/a', backend);
    ingress.addHostRule('shop.example.com', '/', backend);
    ingress.addHostDefaultBackend('www.example.com', backend);
    ingress.addTls([{ hosts: ['shop.example.com'], secret: kplus.Secret.fromSecretName(chart, 'cert', 'shop-cert') }]);
  },

  'ServiceAccount, roles and their bindings'(chart) {
    const account = new kplus.ServiceAccount(chart, 'robot', {
      secrets: [kplus.Secret.fromSecretName(chart, 'pull', 'pull-secret')],
      automountToken: true,
    });
    const role = new kplus.Role(chart, 'reader');
    role.allowRead(kplus.ApiResource.PODS, kplus.ApiResource.custom({ apiGroup: 'acme.io', resourceType: 'carts' }));
    role.allow(['deletecollection', 'watch'], kplus.ApiResource.SECRETS);
    role.bind(account, kplus.User.fromName(chart, 'jane', 'jane@example.com'));
    const clusterRole = new kplus.ClusterRole(chart, 'admin', { aggregationLabels: { role: 'admin' } });
    clusterRole.allowReadWrite(kplus.ApiResource.NODES);
    clusterRole.allowGet(kplus.NonApiResource.of('/healthz'));
    clusterRole.bind(kplus.Group.fromName(chart, 'ops', 'system:ops'), account);
    const combined = new kplus.ClusterRole(chart, 'combined');
    combined.combine(clusterRole);
    combined.aggregate('also', 'true');
    new kplus.ConfigMap(chart, 'subject', { data: { a: 'b' } });
    const deployment = new kplus.Deployment(chart, 'api', { serviceAccount: account, containers: [container] });
    deployment.exposeViaService();
  },

  'permissions granted on objects'(chart) {
    const account = new kplus.ServiceAccount(chart, 'robot');
    const config = new kplus.ConfigMap(chart, 'config', { data: { a: 'b' } });
    const secret = new kplus.Secret(chart, 'secret', { stringData: { a: 'b' } });
    config.permissions.grantRead(account);
    secret.permissions.grantReadWrite(account);
  },

  'NetworkPolicy and connections'(chart) {
    const web = new kplus.Deployment(chart, 'web', { containers: [container] });
    const db = new kplus.Deployment(chart, 'db', { containers: [{ ...container, portNumber: 5432 }] });
    web.connections.allowTo(db);
    db.connections.allowFrom(kplus.Namespaces.select(chart, 'monitoring', { names: ['monitoring'] }));
    web.connections.allowTo(kplus.NetworkPolicyIpBlock.ipv4(chart, 'office', '203.0.113.0/24', ['203.0.113.7/32']));
    web.connections.isolate();
    const policy = new kplus.NetworkPolicy(chart, 'policy', {
      selector: db,
      egress: { default: kplus.NetworkPolicyTrafficDefault.DENY },
      ingress: { default: kplus.NetworkPolicyTrafficDefault.ALLOW },
    });
    policy.addEgressRule(kplus.NetworkPolicyIpBlock.anyIpv4(chart, 'any'), [
      kplus.NetworkPolicyPort.tcp(443),
      kplus.NetworkPolicyPort.udpRange(5000, 5100),
    ]);
    policy.addIngressRule(kplus.Pods.all(chart, 'all'));
  },

  HorizontalPodAutoscaler(chart) {
    const target = new kplus.Deployment(chart, 'api', {
      containers: [{ ...container, resources: { cpu: { request: kplus.Cpu.millis(100) }, memory: {} } }],
    });
    new kplus.HorizontalPodAutoscaler(chart, 'scaler', {
      target,
      minReplicas: 2,
      maxReplicas: 20,
      metrics: [
        kplus.Metric.resourceCpu(kplus.MetricTarget.averageUtilization(70)),
        kplus.Metric.pods({ name: 'requests', target: kplus.MetricTarget.averageValue(100) }),
      ],
      scaleUp: { policies: [{ replicas: kplus.Replicas.percent(50), duration: Duration.minutes(1) }] },
      scaleDown: { strategy: kplus.ScalingStrategy.MIN_CHANGE, stabilizationWindow: Duration.minutes(5) },
    });
  },

  'metadata of every sort'(chart) {
    const map = new kplus.ConfigMap(chart, 'config', {
      metadata: { labels: { own: 'label' }, annotations: { a: '1' }, finalizers: ['acme.io/guard'] },
      data: { a: 'b' },
    });
    map.metadata.addLabel('later', 'on');
    map.metadata.addAnnotation('z', 'last');
    map.metadata.addAnnotation('b', 'multi\nline');
    map.metadata.addFinalizers('acme.io/second');
    map.metadata.addOwnerReference({ apiVersion: 'v1', kind: 'Pod', name: 'owner', uid: '1234' });
    map.metadata.add('custom', { deep: ['x', 'a'] });
  },
};
