import type { Unit } from './unit';
import { fields, list } from './values';
import type { Container, Violation, Workload } from './workload';

const LONG_RUNNING = /^(?:Deployment|StatefulSet|DaemonSet|ReplicaSet|ReplicationController|Rollout)$/;

/** What is not wrong, and keeps people awake at night all the same: one warning for each rule and workload. */
export function advice(workload: Workload, unit: Unit): Violation[] {
  const { kind, pod, podField, containers, spec } = workload;
  const found: Violation[] = [];
  const isLongRunning = LONG_RUNNING.test(kind);
  const say = (rule: string, which: readonly Container[], message: string, remedy: string) => {
    const [first] = which;
    if (first === undefined) return;
    const names = which.map(({ name }) => name).join(', ');
    found.push({ rule, severity: 'warning', field: first.field, message: `${message}: ${names}`, remedy });
  };
  const running = containers.filter(({ isInit, isEphemeral }) => !isInit && !isEphemeral);
  const own = fields(pod.securityContext);

  say(
    'no-resources',
    running.filter(({ spec: container }) => {
      const { requests, limits } = fields(container.resources);
      const [asked, limited] = [fields(requests), fields(limits)];
      // What is limited is asked for as well, unless said otherwise.
      const has = (name: string) => asked[name] !== undefined || limited[name] !== undefined;
      return !has('cpu') || !has('memory') || limited.memory === undefined;
    }),
    'no requests for CPU and memory, or no limit of memory',
    'set `resources.requests` and `resources.limits.memory`: the scheduler has nothing else to go by',
  );
  if (isLongRunning) {
    say(
      'no-readiness-probe',
      running.filter(({ spec: container }) => list(container.ports).length > 0 && !container.readinessProbe),
      'ports, and no readiness probe',
      'add `readinessProbe`: traffic comes before the process is ready for it, otherwise',
    );
  }
  say(
    'runs-as-root',
    running.filter(({ spec: container }) => {
      const context = fields(container.securityContext);
      const user = context.runAsUser ?? own.runAsUser;
      if (typeof user === 'number') return user === 0;
      return (context.runAsNonRoot ?? own.runAsNonRoot) !== true;
    }),
    'may run as root',
    'set `securityContext.runAsNonRoot: true`',
  );
  say(
    'writable-root',
    running.filter(({ spec: container }) => fields(container.securityContext).readOnlyRootFilesystem !== true),
    'the root file system can be written to',
    'set `securityContext.readOnlyRootFilesystem: true`, and mount an emptyDir where the process writes',
  );
  if (mountsDefaultToken(workload)) {
    found.push({
      rule: 'mounts-token',
      severity: 'warning',
      field: `${podField}.automountServiceAccountToken`,
      message: 'the token of the namespace’s default ServiceAccount is mounted',
      remedy: 'set `automountServiceAccountToken: false`, or name a ServiceAccount of its own if it calls the API',
    });
  }
  const { replicas } = spec;
  const isMany = isLongRunning && kind !== 'DaemonSet' && typeof replicas === 'number' && replicas > 1;
  if (isMany && !unit.isBudgeted(workload)) {
    found.push({
      rule: 'no-disruption-budget',
      severity: 'warning',
      field: 'spec.replicas',
      message: `${replicas} replicas, and no PodDisruptionBudget: all of them may be evicted at once`,
      remedy: 'add a PodDisruptionBudget, such as `maxUnavailable: 1`',
    });
  }
  return found;
}

function mountsDefaultToken({ pod }: Workload): boolean {
  if (pod.automountServiceAccountToken !== undefined && pod.automountServiceAccountToken !== null) return false;
  const name = pod.serviceAccountName ?? pod.serviceAccount;
  return name === undefined || name === null || name === '' || name === 'default';
}
