import type { Member, Unit } from './unit';
import { type Fields, fields, labels, list, text } from './values';
import type { Container, Violation, Workload } from './workload';

/** Services that lead nowhere, and what leads to Services. */
export function services(unit: Unit): { readonly member: Member; readonly violation: Violation }[] {
  return [
    ...unit.ofKind('Service').flatMap((member) => service(member, unit).map((violation) => ({ member, violation }))),
    ...unit.ofKind('Ingress').flatMap((member) => ingress(member, unit).map((violation) => ({ member, violation }))),
  ];
}

function service({ group, manifest, name, namespace }: Member, unit: Unit): Violation[] {
  if (group !== '') return [];
  const spec = fields(manifest.spec);
  const found = ports(spec);
  const wanted = labels(spec.selector);
  if (Object.keys(wanted).length === 0 || spec.type === 'ExternalName') return found;
  const workloads = unit.selected(namespace, wanted);
  if (workloads.length === 0) {
    const isServed = unit.find('Endpoints', namespace, name).length > 0;
    if (unit.isOpen || isServed) return found;
    found.push({
      rule: 'dangling-service',
      severity: unit.group.ownsNamespace === true || unit.workloads.length > 0 ? 'error' : 'warning',
      field: 'spec.selector',
      message: 'the Service selects no pods that the objects make: nothing will answer',
      remedy: 'let the selector be labels of a pod template',
    });
    return found;
  }
  for (const [index, value] of list(spec.ports).entries()) {
    const { targetPort } = fields(value);
    if (typeof targetPort !== 'string' || /^\d+$/.test(targetPort)) continue;
    if (workloads.some((workload) => serving(workload).some((container) => hasPort(container, targetPort)))) continue;
    found.push({
      rule: 'unknown-target-port',
      field: `spec.ports[${index}].targetPort`,
      message: `no container that the Service selects has a port called ${JSON.stringify(targetPort)}`,
      remedy: 'name a port of a container, or write its number',
    });
  }
  return found;
}

/** Containers that run as long as the pod: helpers that start first and stay are among them. */
function serving({ containers }: Workload): readonly Container[] {
  return containers.filter(({ isInit, spec }) => !isInit || spec.restartPolicy === 'Always');
}

function hasPort({ spec }: Container, name: string): boolean {
  return list(spec.ports).some((port) => fields(port).name === name);
}

function ports(spec: Fields): Violation[] {
  const found: Violation[] = [];
  const seen = new Map<string, number>();
  for (const [index, value] of list(spec.ports).entries()) {
    const { name, port, protocol = 'TCP' } = fields(value);
    for (const key of [
      `port ${port}/${protocol}`,
      ...(text(name) === '' ? [] : [`port called ${JSON.stringify(name)}`]),
    ]) {
      if (!seen.has(key)) seen.set(key, index);
      else {
        const field = `spec.ports[${index}]`;
        found.push({ rule: 'duplicate-port', field, message: `the ${key} is there twice`, remedy: 'keep one' });
      }
    }
  }
  return found;
}

function ingress({ manifest, namespace }: Member, unit: Unit): Violation[] {
  const spec = fields(manifest.spec);
  const backends = [
    { value: spec.defaultBackend, field: 'spec.defaultBackend' },
    ...list(spec.rules).flatMap((rule, index) =>
      list(fields(fields(rule).http).paths).map((path, number) => ({
        value: fields(path).backend,
        field: `spec.rules[${index}].http.paths[${number}].backend`,
      })),
    ),
  ];
  return backends.flatMap(({ value, field }) => {
    const target = fields(fields(value).service);
    const name = text(target.name);
    if (name === '') return [];
    const found = unit.find('Service', namespace, name);
    if (found.length === 0) {
      if (unit.isOpen) return [];
      return [
        {
          rule: 'ingress-backend',
          severity: unit.group.ownsNamespace === true ? ('error' as const) : ('warning' as const),
          field: `${field}.service.name`,
          message: `there is no Service ${JSON.stringify(name)} among the objects`,
          remedy: 'add it, or name one that is there',
        },
      ];
    }
    const { name: portName, number } = fields(target.port);
    const isThere = found.some(({ manifest: service }) => {
      const own = fields(service.spec);
      if (own.type === 'ExternalName') return true;
      return list(own.ports).some((each) => {
        const { name: ownName, port } = fields(each);
        return portName === undefined ? port === number : ownName === portName;
      });
    });
    if (isThere || (portName === undefined && number === undefined)) return [];
    return [
      {
        rule: 'ingress-backend',
        field: `${field}.service.port`,
        message: `the Service ${JSON.stringify(name)} has no port ${JSON.stringify(portName ?? number)}`,
        remedy: 'name a port of the Service',
      },
    ];
  });
}
