import { Cron, Duration, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import type { Body } from './harness';

/** Every workload of cdk8s-plus-27, and what pods are made of. */

const web: kplus.ContainerProps = {
  image: 'ghcr.io/acme/web:1.4.2',
  portNumber: 8080,
  securityContext: { readOnlyRootFilesystem: true, ensureNonRoot: true, user: 1000, group: 1000 },
};

export const workloads: Readonly<Record<string, Body>> = {
  Deployment(chart) {
    const deployment = new kplus.Deployment(chart, 'api', {
      replicas: 3,
      minReady: Duration.seconds(5),
      progressDeadline: Duration.minutes(10),
      strategy: kplus.DeploymentStrategy.rollingUpdate({
        maxSurge: kplus.PercentOrAbsolute.percent(50),
        maxUnavailable: kplus.PercentOrAbsolute.absolute(1),
      }),
      podMetadata: { labels: { tier: 'web' }, annotations: { 'prometheus.io/scrape': 'true' } },
      metadata: { annotations: { note: 'yes' } },
      terminationGracePeriod: Duration.seconds(45),
      hostAliases: [{ ip: '10.0.0.1', hostnames: ['a.internal', 'b.internal'] }],
      automountServiceAccountToken: true,
    });
    deployment.addContainer({
      ...web,
      command: ['/bin/api'],
      args: ['--port', '8080', '--verbose=no'],
      workingDir: '/srv',
      imagePullPolicy: kplus.ImagePullPolicy.ALWAYS,
      resources: {
        cpu: { request: kplus.Cpu.millis(250), limit: kplus.Cpu.units(2) },
        memory: { request: Size.mebibytes(256), limit: Size.gibibytes(1) },
        ephemeralStorage: { request: Size.gibibytes(1), limit: Size.gibibytes(2) },
      },
      liveness: kplus.Probe.fromHttpGet('/live', { initialDelaySeconds: Duration.seconds(9), failureThreshold: 4 }),
      readiness: kplus.Probe.fromCommand(['cat', '/ready'], { periodSeconds: Duration.seconds(3) }),
      startup: kplus.Probe.fromTcpSocket({ port: 8080, timeoutSeconds: Duration.seconds(2) }),
      lifecycle: {
        postStart: kplus.Handler.fromCommand(['touch', '/started']),
        preStop: kplus.Handler.fromHttpGet('/drain', { port: 8080 }),
      },
    });
    deployment.addInitContainer({ image: 'ghcr.io/acme/migrate:1', name: 'migrate' });
    deployment.exposeViaService({ serviceType: kplus.ServiceType.CLUSTER_IP, ports: [{ port: 80, targetPort: 8080 }] });
  },

  'Deployment exposed via Ingress'(chart) {
    new kplus.Deployment(chart, 'api', { containers: [web] }).exposeViaIngress('/api', {
      pathType: kplus.HttpIngressPathType.EXACT,
    });
  },

  StatefulSet(chart) {
    const service = new kplus.Service(chart, 'db-headless', { clusterIP: 'None', ports: [{ port: 5432 }] });
    const set = new kplus.StatefulSet(chart, 'db', {
      service,
      replicas: 3,
      podManagementPolicy: kplus.PodManagementPolicy.PARALLEL,
      strategy: kplus.StatefulSetUpdateStrategy.rollingUpdate({ partition: 1 }),
      containers: [{ image: 'postgres:16', portNumber: 5432, securityContext: { readOnlyRootFilesystem: false } }],
    });
    const claim = new kplus.PersistentVolumeClaim(chart, 'data', { storage: Size.gibibytes(10) });
    set.containers[0]?.mount('/data', kplus.Volume.fromPersistentVolumeClaim(chart, 'data-volume', claim));
  },

  'StatefulSet with a service of its own'(chart) {
    new kplus.StatefulSet(chart, 'db', { containers: [{ image: 'postgres:16', portNumber: 5432 }] });
  },

  DaemonSet(chart) {
    new kplus.DaemonSet(chart, 'agent', {
      minReadySeconds: 10,
      hostNetwork: true,
      containers: [{ ...web, portNumber: 9100 }],
      dns: { policy: kplus.DnsPolicy.CLUSTER_FIRST_WITH_HOST_NET, nameservers: ['10.0.0.53'], searches: ['internal'] },
    });
  },

  Job(chart) {
    new kplus.Job(chart, 'migrate', {
      backoffLimit: 2,
      activeDeadline: Duration.minutes(5),
      ttlAfterFinished: Duration.hours(1),
      restartPolicy: kplus.RestartPolicy.NEVER,
      containers: [{ image: 'ghcr.io/acme/migrate:1' }],
    });
  },

  CronJob(chart) {
    new kplus.CronJob(chart, 'nightly-settlement-of-all-open-invoices-of-every-tenant', {
      schedule: Cron.schedule({ minute: '15', hour: '3' }),
      timeZone: 'Europe/Berlin',
      concurrencyPolicy: kplus.ConcurrencyPolicy.FORBID,
      startingDeadline: Duration.minutes(1),
      successfulJobsRetained: 1,
      failedJobsRetained: 2,
      containers: [{ image: 'ghcr.io/acme/settle:1' }],
    });
  },

  'Pod with security and users'(chart) {
    new kplus.Pod(chart, 'once', {
      restartPolicy: kplus.RestartPolicy.ON_FAILURE,
      securityContext: {
        fsGroup: 2000,
        ensureNonRoot: true,
        sysctls: [{ name: 'net.core.somaxconn', value: '1024' }],
        fsGroupChangePolicy: kplus.FsGroupChangePolicy.ON_ROOT_MISMATCH,
      },
      containers: [
        {
          ...web,
          securityContext: { capabilities: { drop: [kplus.Capability.MKNOD], add: [kplus.Capability.CHOWN] } },
        },
      ],
      dockerRegistryAuth: kplus.Secret.fromSecretName(chart, 'registry', 'registry-credentials'),
    });
  },

  'several containers, with volumes they share'(chart) {
    const cache = kplus.Volume.fromEmptyDir(chart, 'cache', 'cache', {
      medium: kplus.EmptyDirMedium.MEMORY,
      sizeLimit: Size.mebibytes(64),
    });
    const deployment = new kplus.Deployment(chart, 'api', { volumes: [cache] });
    deployment.addContainer({ ...web, volumeMounts: [{ path: '/cache', volume: cache }] });
    deployment.addContainer({
      image: 'ghcr.io/acme/sidecar:2',
      name: 'sidecar',
      portNumber: 9000,
      volumeMounts: [{ path: '/cache', volume: cache, readOnly: true, subPath: 'shared' }],
    });
    deployment.attachContainer(new kplus.Container({ image: 'ghcr.io/acme/tail:1', name: 'tail' }));
  },

  'environment variables from everywhere'(chart) {
    const config = new kplus.ConfigMap(chart, 'config', { data: { url: 'https://example.com', answer: 'yes' } });
    const secret = new kplus.Secret(chart, 'keys', { stringData: { token: 'not-a-real-one' } });
    const elsewhere = kplus.Secret.fromSecretName(chart, 'elsewhere', 'made-by-hand');
    const deployment = new kplus.Deployment(chart, 'api', { containers: [web] });
    const env = deployment.containers[0]?.env as kplus.Env;
    env.addVariable('PLAIN', kplus.EnvValue.fromValue('0775'));
    env.addVariable('URL', kplus.EnvValue.fromConfigMap(config, 'url'));
    env.addVariable('ANSWER', kplus.EnvValue.fromConfigMap(config, 'answer', { optional: true }));
    env.addVariable('TOKEN', kplus.EnvValue.fromSecretValue({ secret, key: 'token' }));
    env.addVariable('OTHER', elsewhere.envValue('key'));
    env.addVariable('POD_IP', kplus.EnvValue.fromFieldRef(kplus.EnvFieldPaths.POD_IP));
    env.addVariable('LABEL', kplus.EnvValue.fromFieldRef(kplus.EnvFieldPaths.POD_LABEL, { key: 'tier' }));
    env.addVariable('CPU', kplus.EnvValue.fromResource(kplus.ResourceFieldPaths.CPU_LIMIT));
    env.copyFrom(kplus.Env.fromConfigMap(config, 'CFG_'));
    env.copyFrom(kplus.Env.fromSecret(secret));
  },

  'scheduling and spread'(chart) {
    const cache = new kplus.Deployment(chart, 'cache', { containers: [web], spread: true });
    const api = new kplus.Deployment(chart, 'api', { containers: [web], isolate: true });
    api.scheduling.colocate(cache, { weight: 7 });
    api.scheduling.separate(kplus.Pods.select(chart, 'noisy', { labels: { noisy: 'true' } }));
    api.scheduling.spread({ topology: kplus.Topology.ZONE });
    api.scheduling.attract(
      kplus.Node.labeled(kplus.NodeLabelQuery.is('disk', 'ssd'), kplus.NodeLabelQuery.exists('gpu')),
    );
    api.scheduling.tolerate(kplus.Node.tainted(kplus.NodeTaintQuery.is('dedicated', 'web')));
    const pinned = new kplus.Deployment(chart, 'pinned', { containers: [web] });
    pinned.scheduling.assign(kplus.Node.named('node-1'));
  },

  'selectors that are set by hand'(chart) {
    const deployment = new kplus.Deployment(chart, 'api', { select: false, containers: [web] });
    deployment.podMetadata.addLabel('app', 'api');
    deployment.select(kplus.LabelSelector.of({ labels: { app: 'api' } }));
    const service = new kplus.Service(chart, 'api-service', { ports: [{ port: 80 }] });
    service.selectLabel('app', 'api');
  },
};
