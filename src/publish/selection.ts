import { GitOpsError } from '../errors';
import { isLabel } from '../model/layout';
import type { SectionOwner } from '../model/section';
import type { DesiredSection } from './desired';
import type { Snapshot } from './git/store';

/** Narrows a publish to units. Each list that is given must hold the unit's name. */
export interface Selection {
  readonly environments?: readonly string[];
  readonly applications?: readonly string[];
}

/** What a publish looks at. */
export interface Scope {
  readonly desired: readonly DesiredSection[];
  /** Whether a unit may be published or removed. */
  holdsUnit(environment: string, application: string): boolean;
  /** Whether clusters and environments may. */
  readonly holdsShared: boolean;
}

/**
 * Units on the remote, by their records' names; names that no unit can have are passed over. The folders `releases` and those in it have to be loaded.
 */
export function* remoteUnits(snapshot: Snapshot): Generator<{ environment: string; application: string; id: string }> {
  for (const { name: environment, mode } of snapshot.folder('releases').values()) {
    if (mode !== '40000' || !isLabel(environment)) continue;
    for (const { name, id } of snapshot.folder(`releases/${environment}`).values()) {
      const application = name.endsWith('.yaml') ? name.slice(0, -'.yaml'.length) : '';
      if (isLabel(application)) yield { environment, application, id };
    }
  }
}

/**
 * Applies a selection.
 * @throws GitOpsError NOTHING_SELECTED when it names what is neither declared nor on the remote, listing what is
 */
export function select(
  desired: readonly DesiredSection[],
  selection: Selection | undefined,
  snapshot: Snapshot,
): Scope {
  const { environments, applications } = selection ?? {};
  if (environments === undefined && applications === undefined) {
    return { desired, holdsUnit: () => true, holdsShared: true };
  }
  const known = { environment: new Set<string>(), application: new Set<string>() };
  for (const { owner } of desired) {
    if (owner.kind === 'unit' || owner.kind === 'environment') known.environment.add(owner.environment);
    if (owner.kind === 'unit') known.application.add(owner.application);
  }
  for (const { name, mode } of snapshot.folder('environments').values()) {
    const environment = mode === '40000' ? name : name.replace(/\.yaml$/, '');
    if (isLabel(environment)) known.environment.add(environment);
  }
  for (const { environment, application } of remoteUnits(snapshot)) {
    known.environment.add(environment);
    known.application.add(application);
  }
  check('environment', environments, known.environment);
  check('application', applications, known.application);

  return {
    desired: desired.filter(({ owner }) => isSelected(selection, owner)),
    holdsUnit: (environment, application) => holdsUnit(selection, environment, application),
    holdsShared: false,
  };
}

/** Whether a selection lets a section through, by its name alone. */
export function isSelected(selection: Selection | undefined, owner: SectionOwner): boolean {
  if (selection?.environments === undefined && selection?.applications === undefined) return true;
  return owner.kind === 'unit' && holdsUnit(selection, owner.environment, owner.application);
}

function holdsUnit(selection: Selection | undefined, environment: string, application: string): boolean {
  const { environments, applications } = selection ?? {};
  return (environments?.includes(environment) ?? true) && (applications?.includes(application) ?? true);
}

function check(what: string, names: readonly string[] | undefined, known: ReadonlySet<string>): void {
  if (names === undefined) return;
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length === 0 && names.length > 0) return;
  const listed = known.size === 0 ? 'there is none' : `there are ${[...known].sort().join(', ')}`;
  const named = unknown.map((name) => `'${name.replace(/\p{Cc}/gu, '?')}'`).join(', ');
  throw new GitOpsError(
    'NOTHING_SELECTED',
    names.length === 0
      ? `the selection names no ${what}; ${listed}`
      : `no ${what} ${named} is declared or published; ${listed}`,
  );
}
