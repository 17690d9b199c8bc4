import type { Member, Unit } from './unit';
import { fields, list, text } from './values';
import type { Violation, Workload } from './workload';

/** A reference of a pod to a ConfigMap or Secret of its namespace. */
interface Reference {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
  /** @default - the whole of it */
  readonly key?: string;
  readonly field: string;
}

/** ConfigMaps that Kubernetes, or what many clusters run, puts into each namespace. */
const EVERYWHERE: ReadonlySet<string> = new Set([
  'kube-root-ca.crt',
  'openshift-service-ca.crt',
  'istio-ca-root-cert',
  'linkerd-identity-trust-roots',
]);

/** What a pod refers to and its unit does not hold, though nobody else could. */
export function references(workload: Workload, unit: Unit): Violation[] {
  const missing = new Set<string>();
  const wrong = referencesOf(workload).flatMap((each) => {
    const found = check(each, workload, unit);
    // What is not there is told of once, however often the pod refers to it.
    if (found[0]?.rule !== 'missing-config-map') return found;
    const isNew = !missing.has(each.name);
    missing.add(each.name);
    return isNew ? found : [];
  });
  return [...account(workload, unit), ...wrong];
}

function account({ pod, podField, namespace }: Workload, unit: Unit): Violation[] {
  const key = text(pod.serviceAccountName) === '' ? 'serviceAccount' : 'serviceAccountName';
  const name = text(pod[key]);
  if (name === '' || name === 'default' || unit.isOpen || unit.find('ServiceAccount', namespace, name).length > 0)
    return [];
  return [
    {
      rule: 'missing-service-account',
      severity: 'error',
      field: `${podField}.${key}`,
      message: `there is no ServiceAccount ${JSON.stringify(name)} among the objects: the pods cannot be made without it`,
      remedy: 'add it, or name one that is there',
    },
  ];
}

function check({ kind, name, key, field }: Reference, { namespace }: Workload, unit: Unit): Violation[] {
  const found = kind === 'ConfigMap' ? unit.find(kind, namespace, name) : unit.secrets(namespace, name);
  if (found.length === 0) {
    // Secrets are put in place by others, as a rule.
    if (kind === 'Secret' || unit.isOpen || EVERYWHERE.has(name)) return [];
    return [
      {
        rule: 'missing-config-map',
        severity: unit.group.ownsNamespace === true ? 'error' : 'warning',
        field,
        message: `there is no ConfigMap ${JSON.stringify(name)} among the objects: the pods cannot start without it`,
        remedy: 'add it, name one that is there, or make the reference `optional`',
      },
    ];
  }
  if (key === undefined) return [];
  const keys = found.map(keysOf);
  if (keys.some((own) => own === undefined || own.has(key))) return [];
  const known = [...new Set(keys.flatMap((own) => [...(own ?? [])]))].sort();
  const shown =
    known.length === 0 ? 'it has none' : `it has ${known.slice(0, 10).join(', ')}${known.length > 10 ? ', …' : ''}`;
  return [
    {
      rule: kind === 'ConfigMap' ? 'missing-config-map-key' : 'missing-secret-key',
      field,
      message: `the ${kind} ${JSON.stringify(name)} has no key ${JSON.stringify(key)}: ${shown}`,
      remedy: 'add the key, or name one that is there',
    },
  ];
}

/** Keys of a ConfigMap or Secret; undefined when they are not known from the object. */
function keysOf({ kind, manifest }: Member): ReadonlySet<string> | undefined {
  const spec = fields(manifest.spec);
  switch (kind) {
    case 'ExternalSecret': {
      const target = fields(spec.target);
      if (list(spec.dataFrom).length > 0 || target.template !== undefined || target.creationPolicy === 'Merge') {
        return undefined;
      }
      return new Set(list(spec.data).map((each) => text(fields(each).secretKey)));
    }
    case 'SealedSecret': {
      const { data } = fields(spec.template);
      return new Set([...Object.keys(fields(spec.encryptedData)), ...Object.keys(fields(data))]);
    }
    default: {
      const { data, binaryData, stringData, type } = manifest;
      // Controllers fill in Secrets that are empty or of a type of theirs.
      const keys = [data, binaryData, stringData].flatMap((each) => Object.keys(fields(each)));
      if (kind === 'Secret' && (keys.length === 0 || text(type).startsWith('kubernetes.io/service-account-token'))) {
        return undefined;
      }
      return new Set(keys);
    }
  }
}

function referencesOf({ pod, podField, containers }: Workload): Reference[] {
  const found: Reference[] = [];
  const push = (kind: Reference['kind'], value: unknown, field: string, key?: unknown, nameKey = 'name') => {
    const source = fields(value);
    const name = text(source[nameKey]);
    if (name === '' || source.optional === true) return;
    found.push({ kind, name, field, ...(typeof key === 'string' ? { key } : {}) });
  };
  for (const { spec, field } of containers) {
    for (const [index, value] of list(spec.env).entries()) {
      const { configMapKeyRef, secretKeyRef } = fields(fields(value).valueFrom);
      const at = `${field}.env[${index}].valueFrom`;
      push('ConfigMap', configMapKeyRef, `${at}.configMapKeyRef`, fields(configMapKeyRef).key);
      push('Secret', secretKeyRef, `${at}.secretKeyRef`, fields(secretKeyRef).key);
    }
    for (const [index, value] of list(spec.envFrom).entries()) {
      push('ConfigMap', fields(value).configMapRef, `${field}.envFrom[${index}].configMapRef`);
    }
  }
  for (const [index, value] of list(pod.volumes).entries()) {
    const { configMap, secret, projected } = fields(value);
    const at = `${podField}.volumes[${index}]`;
    pushVolume('ConfigMap', configMap, `${at}.configMap`, 'name');
    pushVolume('Secret', secret, `${at}.secret`, 'secretName');
    for (const [number, source] of list(fields(projected).sources).entries()) {
      const sources = `${at}.projected.sources[${number}]`;
      pushVolume('ConfigMap', fields(source).configMap, `${sources}.configMap`, 'name');
      pushVolume('Secret', fields(source).secret, `${sources}.secret`, 'name');
    }
  }
  return found;

  function pushVolume(kind: Reference['kind'], value: unknown, field: string, nameKey: string): void {
    push(kind, value, field, undefined, nameKey);
    for (const [index, item] of list(fields(value).items).entries()) {
      push(kind, value, `${field}.items[${index}].key`, fields(item).key, nameKey);
    }
  }
}
