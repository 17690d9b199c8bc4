import { GitOpsError } from '../../errors';
import { layout } from '../../model/layout';
import type { Move } from '../../model/move';
import { type DesiredTree, type Section, sectionFlag, type UnitOwner } from '../../model/section';
import type { DesiredSection, Stamp } from '../desired';
import type { PlacedObject } from '../policies/changes';
import { capped, shown } from '../policies/names';
import { loadTop } from '../reading';
import type { Repository } from '../repository';
import { isSelected, type Selection } from '../selection';
import { protect, protectionOf } from './protection';
import { keptSection, objectsOf, type PublishedUnit, readUnit, withFiles } from './sections';

/**
 * Declared moves of objects between units, carried out in two publishes.
 *
 * An operator deletes an object that leaves its unit, unless the live object says otherwise. So the first publish leaves
 * each object where it is, with annotations that keep it alive, and out of the unit it moves to. Once the operator has
 * applied that, a later publish takes the object out of the one unit and puts it into the other, as it is declared there:
 * with the annotations gone, so that the operator has something to apply, and by that takes it as its own.
 */

export interface MoveInput {
  readonly tree: DesiredTree;
  readonly sections: readonly DesiredSection[];
  readonly stamp: Stamp;
  readonly selection?: Selection;
  /** Milliseconds. @default - now */
  readonly now?: number;
}

export interface Moved {
  /** The sections as they are to be published by this run. */
  readonly sections: readonly DesiredSection[];
  readonly warnings: readonly string[];
}

/** An object to be moved: as it is published, and as it is declared. */
interface Pair {
  readonly old: PlacedObject;
  readonly next: PlacedObject;
}

/**
 * Decides for each declared move which step it is at, by what the old unit holds, and changes the sections accordingly.
 * Nothing is read when no section declares a move.
 * @throws GitOpsError OWNED_BY_ANOTHER_SOURCE when the old unit is not this source's; RECORD_INVALID, REMOTE_CORRUPT
 */
export async function carryOutMoves(
  repository: Pick<Repository, 'snapshot' | 'readBlobs'>,
  input: MoveInput,
): Promise<Moved> {
  const { sections } = input;
  if (sections.every(({ section }) => (section.moves ?? []).length === 0)) return { sections, warnings: [] };
  await loadTop(repository.snapshot);
  return new Moving(repository, input).run();
}

class Moving {
  private readonly warnings: string[] = [];
  private readonly units = new Map<string, Promise<PublishedUnit | undefined>>();
  /** Files that a unit does not get yet. */
  private readonly withheld = new Map<string, Set<string>>();
  /** Files that a unit keeps for now, by path. */
  private readonly kept = new Map<string, Map<string, string | Uint8Array>>();
  private readonly now: number;

  constructor(
    private readonly repository: Pick<Repository, 'snapshot' | 'readBlobs'>,
    private readonly input: MoveInput,
  ) {
    this.now = input.now ?? Date.now();
  }

  async run(): Promise<Moved> {
    const { sections, tree, stamp } = this.input;
    for (const { section, owner } of sections) {
      if (owner.kind !== 'unit') continue;
      for (const move of section.moves ?? []) await this.decide(section, owner, move);
    }
    const result: DesiredSection[] = [];
    for (const desired of sections) {
      const changed = await this.changed(desired);
      if (changed !== undefined) result.push(changed);
    }
    // Units that are declared no more, and hold objects that are not to leave yet.
    for (const name of this.kept.keys()) {
      if (sections.some((desired) => sectionFlag(desired.owner) === name)) continue;
      const unit = await this.units.get(name);
      if (unit === undefined) continue;
      const section = keptSection(unit, tree.source);
      result.push(withFiles(section, this.withKept(name, unit.files), stamp));
    }
    return { sections: result, warnings: this.warnings };
  }

  private async decide(section: Section, owner: UnitOwner, move: Move): Promise<void> {
    const from = `${move.from.environment}/${move.from.application}`;
    const to = sectionFlag(owner);
    const unit = await this.unit(move.from);
    const candidates = objectsOf(owner, section.files, releaseOf(section, this.input)).filter((object) =>
      isMeant(move, object),
    );
    if (unit === undefined) return this.nothingThere(owner, move, candidates);
    const { repository: source } = unit.record.source;
    if (source !== this.input.tree.source) {
      throw new GitOpsError(
        'OWNED_BY_ANOTHER_SOURCE',
        `moved() takes objects of ${from} into ${to}, but ${from} is published by ${shown(source)}, not by ${this.input.tree.source}; let it be taken over first (--take-over ${from}), or moved there`,
      );
    }
    if (unit.owner.cluster !== owner.cluster) {
      this.warnings.push(
        `moved() cannot take objects of ${from} into ${to}: they are on different clusters, so that all are created anew; remove the declaration`,
      );
      return;
    }
    const published = new Map(unit.objects.map((object) => [object.key, object]));
    const pairs = candidates.flatMap((next) => {
      const old = published.get(next.key);
      return old === undefined ? [] : [{ old, next }];
    });
    if (pairs.length === 0) return this.nothingThere(owner, move, candidates, unit);
    this.step(pairs, move, from, owner);
  }

  /** All objects of a declaration take a step together. */
  private step(pairs: readonly Pair[], move: Move, from: string, owner: UnitOwner): void {
    const to = sectionFlag(owner);
    const states = pairs.map(({ old }) =>
      old.manifest === undefined ? 'none' : protectionOf(old.manifest, move.keep, move.settle, this.now),
    );
    const names = namesOf(pairs);
    const isInScope = [move.from, owner].every(({ environment, application }) =>
      isSelected(this.input.selection, { kind: 'unit', environment, application, cluster: owner.cluster }),
    );
    if (isInScope && states.every((state) => state === 'settled')) {
      this.warnings.push(
        `${names}: moved from ${from} to ${to}, step 2 of 2; once the operator has applied this, moved() can be removed`,
      );
      return;
    }
    const isProposed = this.isProposed(move.from.environment);
    // A proposal stays the same from run to run, or nobody could approve it.
    const now = isProposed ? undefined : this.now;
    const withheld = this.withheld.get(to) ?? new Set();
    this.withheld.set(to, withheld);
    const kept = this.kept.get(from) ?? new Map<string, string | Uint8Array>();
    this.kept.set(from, kept);
    pairs.forEach(({ old, next }, i) => {
      withheld.add(next.path);
      const isProtected = states[i] !== 'none' || old.manifest === undefined;
      kept.set(old.path, isProtected ? KEEP_AS_IT_IS : protect(old.manifest, move.keep, now));
    });
    if (!isInScope) {
      this.warnings.push(`${names}: not moved from ${from} to ${to}, for this run does not publish both; publish both`);
    } else if (states.includes('none') && isProposed) {
      this.warnings.push(
        `${names}: to be protected in ${from}, step 1 of 2 of the move to ${to}; the pull request after this one moves them: merge that one only when the operator has applied this one`,
      );
    } else if (states.includes('none')) {
      this.warnings.push(
        `${names}: protected in ${from}, step 1 of 2 of the move to ${to}; publish again when the operator has applied this, in ${minutes(move.settle)} at the earliest`,
      );
    } else {
      this.warnings.push(
        `${names}: still protected in ${from}, on the way to ${to}; publish again when the operator has applied that: it is given ${minutes(move.settle)}`,
      );
    }
  }

  private isProposed(environment: string): boolean {
    const { environments = {} } = this.input.tree;
    return Object.hasOwn(environments, environment) && environments[environment]?.delivery.kind === 'pullRequest';
  }

  /** Nothing to move: it has happened, or was never there. */
  private async nothingThere(
    owner: UnitOwner,
    move: Move,
    candidates: readonly PlacedObject[],
    unit?: PublishedUnit,
  ): Promise<void> {
    const from = `${move.from.environment}/${move.from.application}`;
    const to = sectionFlag(owner);
    const elsewhere = candidates.find((next) =>
      unit?.objects.some(({ kind, name, group }) => kind === next.kind && name === next.name && group === next.group),
    );
    if (elsewhere !== undefined) {
      const there = unit?.objects.find(({ kind, name }) => kind === elsewhere.kind && name === elsewhere.name);
      this.warnings.push(
        `${shown(elsewhere.kind)}/${shown(elsewhere.name)} cannot move from ${from} to ${to}: it is in namespace '${shown(there?.namespace ?? '')}', and would be in '${shown(elsewhere.namespace)}'; give ${to} that \`namespace\``,
      );
      return;
    }
    const { snapshot } = this.repository;
    await snapshot.reach(candidates.map(({ path }) => path));
    if (candidates.some(({ path }) => snapshot.at(path) !== undefined)) return;
    const what = [move.kind, move.name].filter((part) => part !== undefined).join('/') || 'objects';
    const reason = candidates.length === 0 ? `${to} declares none of them` : `${from} holds none of them`;
    this.warnings.push(
      `moved() of ${shown(what)} from ${from} to ${to} has nothing to do: ${reason}; correct or remove it`,
    );
  }

  /** The section as it is to be published now; undefined when there is nothing left of it yet. */
  private async changed(desired: DesiredSection): Promise<DesiredSection | undefined> {
    const { section, owner } = desired;
    const name = sectionFlag(owner);
    const withheld = this.withheld.get(name);
    if (owner.kind !== 'unit' || (withheld === undefined && !this.kept.has(name))) return desired;
    const { stamp, tree } = this.input;
    const files = new Map([...section.files].filter(([path]) => !withheld?.has(path) && path !== section.record));
    const unit = await this.unit(owner);
    const all = this.withKept(name, files, unit?.files);
    const folder = `${layout.unitFolder(owner.environment, owner.application)}/`;
    if ([...all.keys()].some((path) => path.startsWith(folder))) return withFiles(section, all, stamp);
    // An operator has nothing to apply yet; what it applies already stays as it is.
    return unit === undefined ? undefined : withFiles(keptSection(unit, tree.source), unit.files, stamp);
  }

  private withKept(
    name: string,
    files: ReadonlyMap<string, string | Uint8Array>,
    published: ReadonlyMap<string, string | Uint8Array> = files,
  ): Map<string, string | Uint8Array> {
    const all = new Map(files);
    for (const [path, text] of this.kept.get(name) ?? []) {
      const content = text === KEEP_AS_IT_IS ? published.get(path) : text;
      if (content !== undefined) all.set(path, content);
    }
    return all;
  }

  private unit(names: { readonly environment: string; readonly application: string }) {
    const name = `${names.environment}/${names.application}`;
    const known = this.units.get(name) ?? readUnit(this.repository, names);
    this.units.set(name, known);
    return known;
  }
}

/** Stands for the bytes that are published. */
const KEEP_AS_IT_IS = '';

function releaseOf({ owner }: Section, { sections }: MoveInput) {
  const record = sections.find((desired) => desired.owner === owner)?.record;
  return record?.kind === 'Release' ? record : undefined;
}

function isMeant({ kind, name }: Move, object: PlacedObject): boolean {
  return (kind ?? object.kind) === object.kind && (name ?? object.name) === object.name;
}

function namesOf(pairs: readonly Pair[]): string {
  const names = pairs.map(({ next }) => `${shown(next.kind)}/${shown(next.name)}`);
  return capped(names, (count) => `${count} more`, 5).join(', ');
}

function minutes(count: number): string {
  return count === 1 ? 'a minute' : `${count} minutes`;
}
