import { parseYaml } from '../../../src/yaml/parse';

/** Objects as people write them: valid in every supported version, and deep enough for mistakes to hide in. */
export const OBJECTS = parseYaml(`
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: { pod-security.kubernetes.io/enforce: restricted }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: checkout, namespace: shop }
automountServiceAccountToken: false
imagePullSecrets: [{ name: registry }]
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: checkout
  namespace: shop
  annotations: { example.com/owner: Team Checkout }
data:
  log.level: info
  config.yaml: |
    port: 8080
---
apiVersion: v1
kind: Secret
metadata: { name: checkout, namespace: shop }
type: Opaque
data: { token: aGVsbG8= }
stringData: { user: checkout }
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: checkout
  namespace: shop
  labels: &labels { app.kubernetes.io/name: checkout, app.kubernetes.io/part-of: shop }
spec:
  replicas: 3
  revisionHistoryLimit: 5
  selector: { matchLabels: { app.kubernetes.io/name: checkout } }
  strategy: { type: RollingUpdate, rollingUpdate: { maxSurge: 25%, maxUnavailable: 0 } }
  template:
    metadata: { labels: *labels, annotations: { prometheus.io/scrape: "true" }, creationTimestamp: null }
    spec:
      serviceAccountName: checkout
      automountServiceAccountToken: false
      restartPolicy: Always
      terminationGracePeriodSeconds: 30
      dnsPolicy: ClusterFirst
      securityContext:
        runAsNonRoot: true
        fsGroup: 1000
        seccompProfile: { type: RuntimeDefault }
      nodeSelector: { kubernetes.io/os: linux }
      tolerations:
        - { key: dedicated, operator: Equal, value: shop, effect: NoSchedule }
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 100
              podAffinityTerm:
                topologyKey: kubernetes.io/hostname
                labelSelector:
                  matchExpressions:
                    - { key: app.kubernetes.io/name, operator: In, values: [checkout] }
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms:
              - matchExpressions:
                  - { key: kubernetes.io/arch, operator: In, values: [amd64, arm64] }
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: topology.kubernetes.io/zone
          whenUnsatisfiable: ScheduleAnyway
          labelSelector: { matchLabels: { app.kubernetes.io/name: checkout } }
      initContainers:
        - name: migrate
          image: ghcr.io/acme/migrate:1.2.0
          command: [/migrate]
          args: [--up]
      containers:
        - name: api
          image: ghcr.io/acme/checkout:1.2.0
          imagePullPolicy: IfNotPresent
          workingDir: /app
          ports:
            - { name: http, containerPort: 8080, protocol: TCP }
          env:
            - { name: LOG_LEVEL, value: info }
            - name: PASSWORD
              valueFrom: { secretKeyRef: { name: checkout, key: token, optional: false } }
            - name: POD
              valueFrom: { fieldRef: { fieldPath: metadata.name } }
            - name: MEMORY
              valueFrom: { resourceFieldRef: { containerName: api, resource: limits.memory } }
          envFrom:
            - { prefix: SHOP_, configMapRef: { name: checkout } }
          resources:
            requests: { cpu: 100m, memory: 128Mi }
            limits: { memory: 256Mi }
          livenessProbe:
            httpGet: { path: /healthz, port: http, scheme: HTTP, httpHeaders: [{ name: X-Probe, value: live }] }
            initialDelaySeconds: 5
            periodSeconds: 10
          readinessProbe: { tcpSocket: { port: 8080 }, failureThreshold: 3, timeoutSeconds: 2 }
          startupProbe: { exec: { command: [cat, /tmp/ready] } }
          lifecycle: { preStop: { exec: { command: [sleep, "5"] } } }
          terminationMessagePolicy: FallbackToLogsOnError
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            runAsUser: 1000
            capabilities: { drop: [ALL] }
          volumeMounts:
            - { name: config, mountPath: /etc/checkout, readOnly: true }
            - { name: tmp, mountPath: /tmp }
      volumes:
        - name: config
          configMap: { name: checkout, defaultMode: 420, items: [{ key: config.yaml, path: config.yaml }] }
        - name: tmp
          emptyDir: { medium: Memory, sizeLimit: 64Mi }
        - name: token
          projected:
            sources:
              - serviceAccountToken: { path: token, expirationSeconds: 3600, audience: vault }
              - secret: { name: checkout, items: [{ key: token, path: password }] }
---
apiVersion: v1
kind: Service
metadata: { name: checkout, namespace: shop }
spec:
  type: ClusterIP
  selector: { app.kubernetes.io/name: checkout }
  sessionAffinity: None
  ipFamilyPolicy: SingleStack
  internalTrafficPolicy: Cluster
  ports:
    - { name: http, port: 80, targetPort: http, protocol: TCP }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: checkout
  namespace: shop
  annotations: { cert-manager.io/cluster-issuer: letsencrypt }
spec:
  ingressClassName: nginx
  tls: [{ hosts: [checkout.acme.io], secretName: checkout-tls }]
  rules:
    - host: checkout.acme.io
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: { service: { name: checkout, port: { name: http } } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: checkout, namespace: shop }
spec:
  podSelector: { matchLabels: { app.kubernetes.io/name: checkout } }
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: ingress } }
      ports: [{ protocol: TCP, port: 8080 }]
  egress:
    - to: [{ ipBlock: { cidr: 10.0.0.0/8, except: [10.1.0.0/16] } }]
      ports: [{ protocol: UDP, port: 53, endPort: 54 }]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: checkout, namespace: shop }
spec:
  minAvailable: 50%
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector: { matchLabels: { app.kubernetes.io/name: checkout } }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: checkout, namespace: shop }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: checkout }
  minReplicas: 2
  maxReplicas: 10
  metrics:
    - type: Resource
      resource: { name: cpu, target: { type: Utilization, averageUtilization: 70 } }
  behavior:
    scaleDown:
      stabilizationWindowSeconds: 300
      policies: [{ type: Percent, value: 10, periodSeconds: 60 }]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: postgres, namespace: shop }
spec:
  serviceName: postgres
  replicas: 1
  podManagementPolicy: OrderedReady
  updateStrategy: { type: RollingUpdate, rollingUpdate: { partition: 0 } }
  persistentVolumeClaimRetentionPolicy: { whenDeleted: Retain, whenScaled: Retain }
  selector: { matchLabels: { app: postgres } }
  template:
    metadata: { labels: { app: postgres } }
    spec:
      containers:
        - name: postgres
          image: postgres:17.2
          ports: [{ containerPort: 5432 }]
          volumeMounts: [{ name: data, mountPath: /var/lib/postgresql, subPath: pg, mountPropagation: None }]
  volumeClaimTemplates:
    - metadata: { name: data }
      spec:
        accessModes: [ReadWriteOnce]
        storageClassName: fast
        volumeMode: Filesystem
        resources: { requests: { storage: 10Gi } }
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: agent, namespace: shop }
spec:
  selector: { matchLabels: { app: agent } }
  updateStrategy: { type: OnDelete }
  template:
    metadata: { labels: { app: agent } }
    spec:
      hostNetwork: true
      hostPID: false
      priorityClassName: system-node-critical
      containers:
        - name: agent
          image: ghcr.io/acme/agent:3
          securityContext: { privileged: true, procMount: Default }
          volumeMounts: [{ name: logs, mountPath: /var/log, readOnly: true }]
      volumes:
        - name: logs
          hostPath: { path: /var/log, type: Directory }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: report, namespace: shop }
spec:
  schedule: "0 4 * * 1-5"
  timeZone: Europe/Berlin
  concurrencyPolicy: Forbid
  successfulJobsHistoryLimit: 1
  jobTemplate:
    spec:
      backoffLimit: 2
      completionMode: NonIndexed
      ttlSecondsAfterFinished: 3600
      template:
        spec:
          restartPolicy: OnFailure
          containers:
            - name: report
              image: ghcr.io/acme/report:2
              command: [/report, --month]
---
apiVersion: batch/v1
kind: Job
metadata: { name: seed, namespace: shop }
spec:
  parallelism: 1
  completions: 1
  podFailurePolicy:
    rules:
      - { action: FailJob, onExitCodes: { containerName: seed, operator: In, values: [42] } }
  template:
    spec:
      restartPolicy: Never
      containers: [{ name: seed, image: "ghcr.io/acme/seed:1" }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: checkout:reader, namespace: shop }
rules:
  - { apiGroups: [""], resources: [configmaps], verbs: [get, list, watch], resourceNames: [checkout] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: checkout, namespace: shop }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: checkout:reader }
subjects: [{ kind: ServiceAccount, name: checkout, namespace: shop }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: shop-nodes }
rules:
  - { apiGroups: [""], resources: [nodes], verbs: [get] }
  - { nonResourceURLs: [/metrics], verbs: [get] }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: uploads, namespace: shop }
spec:
  accessModes: [ReadWriteMany]
  storageClassName: shared
  resources: { requests: { storage: 5Gi } }
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: fast }
provisioner: ebs.csi.aws.com
parameters: { type: gp3 }
reclaimPolicy: Delete
volumeBindingMode: WaitForFirstConsumer
allowVolumeExpansion: true
---
apiVersion: v1
kind: ResourceQuota
metadata: { name: shop, namespace: shop }
spec:
  hard: { requests.cpu: "10", pods: "50" }
  scopeSelector:
    matchExpressions: [{ scopeName: PriorityClass, operator: In, values: [high] }]
---
apiVersion: v1
kind: LimitRange
metadata: { name: shop, namespace: shop }
spec:
  limits:
    - { type: Container, default: { cpu: 500m }, defaultRequest: { cpu: 50m } }
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: { name: high }
value: 1000
globalDefault: false
preemptionPolicy: Never
description: Checkout first
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: shop }
webhooks:
  - name: check.shop.acme.io
    admissionReviewVersions: [v1]
    sideEffects: None
    failurePolicy: Ignore
    matchPolicy: Equivalent
    timeoutSeconds: 5
    clientConfig: { service: { name: checkout, namespace: shop, path: /check, port: 443 } }
    namespaceSelector: { matchExpressions: [{ key: shop, operator: Exists }] }
    rules:
      - { apiGroups: [apps], apiVersions: [v1], resources: [deployments], operations: [CREATE, UPDATE], scope: Namespaced }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: carts.acme.io }
spec:
  group: acme.io
  scope: Namespaced
  names: { plural: carts, singular: cart, kind: Cart, listKind: CartList, shortNames: [ct] }
  versions:
    - name: v1
      served: true
      storage: true
      subresources: { status: {} }
      additionalPrinterColumns: [{ name: Size, type: integer, jsonPath: .spec.size }]
      schema:
        openAPIV3Schema:
          type: object
          required: [spec]
          properties:
            spec:
              type: object
              required: [size]
              properties:
                size: { type: integer, minimum: 1, maximum: 100, format: int32 }
                color: { type: string, enum: [red, green], default: red }
                name: { type: string, pattern: "^[a-z]([-a-z0-9]*[a-z0-9])?$", maxLength: 20 }
                port: { x-kubernetes-int-or-string: true, anyOf: [{ type: integer }, { type: string }] }
                extra: { type: object, x-kubernetes-preserve-unknown-fields: true }
                labels: { type: object, additionalProperties: { type: string } }
                items:
                  type: array
                  minItems: 1
                  items: { type: object, required: [sku], properties: { sku: { type: string }, count: { type: integer } } }
                source:
                  type: object
                  oneOf: [{ required: [url] }, { required: [file] }]
                  properties: { url: { type: string }, file: { type: string } }
            status: { type: object, properties: { ready: { type: boolean } } }
---
apiVersion: acme.io/v1
kind: Cart
metadata: { name: first, namespace: shop }
spec:
  size: 3
  color: green
  name: first-cart
  port: http
  labels: { tier: gold }
  items: [{ sku: a-1, count: 2 }]
  source: { url: "https://acme.io" }
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: dev.checkout, namespace: argocd }
spec:
  project: dev
  source:
    repoURL: https://github.com/acme/environments.git
    path: environments/dev/checkout
    targetRevision: main
    directory: { recurse: false }
  destination: { server: https://kubernetes.default.svc, namespace: shop }
  syncPolicy:
    automated: { prune: true, selfHeal: true, allowEmpty: false }
    syncOptions: [ServerSideApply=true]
    retry: { limit: 5, backoff: { duration: 5s, factor: 2, maxDuration: 3m } }
  ignoreDifferences:
    - { group: apps, kind: Deployment, jsonPointers: [/spec/replicas] }
---
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: { name: dev, namespace: argocd }
spec:
  sourceRepos: [https://github.com/acme/environments.git]
  destinations: [{ server: https://kubernetes.default.svc, namespace: shop }]
  clusterResourceWhitelist: [{ group: "", kind: Namespace }]
  orphanedResources: { warn: true }
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: dev.checkout, namespace: flux-system }
spec:
  interval: 10m
  retryInterval: 1m
  timeout: 5m
  prune: true
  wait: true
  path: ./environments/dev/checkout
  serviceAccountName: dev
  sourceRef: { kind: GitRepository, name: environments }
  dependsOn: [{ name: dev.postgres }]
  decryption: { provider: sops, secretRef: { name: age } }
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: environments, namespace: flux-system }
spec:
  interval: 1m
  url: https://github.com/acme/environments.git
  ref: { branch: main }
  secretRef: { name: git }
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: redis, namespace: shop }
spec:
  interval: 1h
  chart:
    spec: { chart: redis, version: 20.x, sourceRef: { kind: HelmRepository, name: bitnami } }
  install: { crds: CreateReplace, remediation: { retries: 3 } }
  values: { architecture: standalone, auth: { existingSecret: redis } }
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: db, namespace: shop }
spec:
  refreshInterval: 1h
  secretStoreRef: { name: vault, kind: ClusterSecretStore }
  target: { name: db, creationPolicy: Owner, deletionPolicy: Retain }
  data:
    - secretKey: password
      remoteRef: { key: apps/checkout/db, property: password, conversionStrategy: Default, decodingStrategy: None }
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: { name: vault }
spec:
  conditions: [{ namespaces: [shop] }]
  provider:
    vault:
      server: https://vault.acme.io
      path: secret
      version: v2
      auth: { kubernetes: { mountPath: kubernetes, role: shop, serviceAccountRef: { name: vault, namespace: secrets } } }
---
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: { name: db, namespace: shop }
spec:
  encryptedData: { password: AgBy }
  template: { metadata: { name: db }, type: Opaque }
`) as Record<string, unknown>[];
