import type { Problem } from '../errors';
import { apiGroup } from '../model/manifest';
import type { DeclaredUnit } from './walk';

/** Groups of the kinds that Secrets come from: External Secrets, its generators, Sealed Secrets. */
const GROUPS = ['external-secrets.io', 'generators.external-secrets.io', 'bitnami.com'];

/**
 * What Secrets come from waits for the unit that brings the definitions of those kinds, which is the one that installs
 * the controller: an operator could not even apply it before.
 *
 * @param problems receives units that would have to wait for one that waits for them
 */
export function orderSecrets(
  units: readonly DeclaredUnit[],
  order: ReadonlyMap<DeclaredUnit, Set<DeclaredUnit>>,
  problems: Problem[],
): void {
  const installers = new Map(GROUPS.map((group) => [group, units.filter((unit) => defines(unit, group))]));
  if ([...installers.values()].every((found) => found.length === 0)) return;
  for (const unit of units) {
    const groups = new Set(unit.objects.map(({ apiVersion }) => apiGroup(`${apiVersion}`)));
    for (const group of GROUPS) {
      const known = installers.get(group) ?? [];
      if (!groups.has(group) || known.includes(unit)) continue;
      for (const installer of known) {
        if (installer.environment.cluster !== unit.environment.cluster) continue;
        if (reaches(installer, unit, order)) {
          const message =
            `holds objects of ${group}, whose definitions ${installer.construct.node.path} brings, ` +
            'and that waits for it: remove the dependency';
          problems.push({ where: unit.construct.node.path, message, code: 'SECRET_ORDER' });
        } else order.get(unit)?.add(installer);
      }
    }
  }
}

function defines({ objects }: DeclaredUnit, group: string): boolean {
  return objects.some(({ kind, name }) => kind === 'CustomResourceDefinition' && `${name}`.endsWith(`.${group}`));
}

/** Whether one unit waits for the other, if through others. */
function reaches(
  from: DeclaredUnit,
  to: DeclaredUnit,
  order: ReadonlyMap<DeclaredUnit, ReadonlySet<DeclaredUnit>>,
): boolean {
  const seen = new Set([from]);
  for (const unit of seen) {
    for (const on of order.get(unit) ?? []) {
      if (on === to) return true;
      seen.add(on);
    }
  }
  return false;
}
