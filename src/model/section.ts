import type { Delivery, EnvironmentRules } from './delivery';
import type { ForgeChoice } from './forge';
import type { Issue } from './issue';
import { layout } from './layout';
import type { Move } from './move';
import type { NeededSecret } from './needed-secrets';
import type { OperatorStart } from './start';

/** Who in the model a part of the environment repository belongs to. */
export type SectionOwner =
  | { readonly kind: 'cluster'; readonly cluster: string }
  | { readonly kind: 'environment'; readonly environment: string; readonly cluster: string }
  | UnitOwner
  | FolderOwner;

/** A unit: one application in one environment. */
export interface UnitOwner {
  readonly kind: 'unit';
  readonly environment: string;
  readonly application: string;
  readonly cluster: string;
}

/** Any other folder of the repository, published on its own; see `treeOfFolders`. */
export interface FolderOwner {
  readonly kind: 'folder';
  /** E.g. `apps/checkout`. */
  readonly path: string;
}

/**
 * A part of the environment repository with exactly one owner. It has its roots to itself: publishing it replaces what
 * lies there, and touches nothing else.
 */
export interface Section {
  readonly owner: SectionOwner;
  /** Id of the source repository that owns the section, e.g. `acme/checkout`. */
  readonly source: string;
  /**
   * The section's record. It lies outside every agent's sync path. Synthesis leaves the source commit and the generator
   * out of it, so that equal sources render equal bytes; publishing adds them (see `stampRecord`).
   */
  readonly record: string;
  /** Every file of the section, the record included: path in the repository to content. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  /** Objects that come here from other units; see `publish/moves.ts`. @default - none */
  readonly moves?: readonly Move[];
}

/** What one run of synthesis declares: the sections that the running source owns. */
export interface DesiredTree {
  /** Name of the platform. */
  readonly platform: string;
  /** Id of the running source repository. */
  readonly source: string;
  /** The environment repository as it was declared. Publishing may be told of another one. */
  readonly repository: { readonly url: string; readonly branch: string; readonly forge?: ForgeChoice };
  /**
   * What the program says of the environments that it knows, by name, those of other sources included.
   *
   * @default - changes are delivered directly, and the deletion guard has its defaults
   */
  readonly environments?: Readonly<Record<string, EnvironmentRules>>;
  /** How changes of a cluster's own files are delivered, by the cluster's name. @default - directly */
  readonly clusters?: Readonly<Record<string, { readonly delivery: Delivery }>>;
  readonly sections: readonly Section[];
  /**
   * What the gate has to say of the objects: warnings; errors too in a tree that was only made to be looked at.
   *
   * @default - nothing
   */
  readonly issues?: readonly Issue[];
  /**
   * Units that the program declares and that hold no object, so that there is no section of theirs. What was published
   * of one before does not go unless that is acknowledged.
   *
   * @default - none
   */
  readonly empty?: readonly UnitOwner[];
  /**
   * How the operators that come from the repository are started on their clusters, by the cluster's name.
   *
   * @default - none does
   */
  readonly starts?: Readonly<Record<string, OperatorStart>>;
  /**
   * Secrets that have to be in clusters and that nothing here brings, by the cluster's name.
   *
   * @default - none
   */
  readonly neededSecrets?: Readonly<Record<string, readonly NeededSecret[]>>;
}

/** The section's content lies under these paths and nowhere else: folders, and single files. */
export function rootsOf(owner: SectionOwner): readonly string[] {
  switch (owner.kind) {
    case 'cluster':
      return [layout.bootstrap(owner.cluster), layout.operator(owner.cluster), recordOf(owner)];
    case 'environment':
      return [layout.environmentRegistration(owner.cluster, owner.environment), recordOf(owner)];
    case 'unit':
      return [
        layout.unitFolder(owner.environment, owner.application),
        ...registrationRoots(owner),
        registrationRecordOf(owner),
        recordOf(owner),
      ];
    case 'folder':
      return [owner.path, recordOf(owner)];
  }
}

/** Where a unit's operator is told of it. This alone differs from one operator to another. */
export function registrationRoots({ cluster, environment, application }: UnitOwner): readonly string[] {
  return [
    layout.registration(cluster, environment, application),
    layout.registrationDetails(cluster, environment, application),
    layout.surroundings(cluster, environment, application),
  ];
}

/** Path of the record of what the operator is told of a unit. */
export function registrationRecordOf({ cluster, environment, application }: UnitOwner): string {
  return layout.registrationRecord(cluster, environment, application);
}

/**
 * Whether a file of a section holds no object of the user's: its records, and what a unit's operator is told of it. The
 * unit's own namespace counts as the user's, wherever the operator has it.
 */
export function isBookkeeping(owner: SectionOwner, path: string): boolean {
  if (path === recordOf(owner)) return true;
  if (owner.kind !== 'unit') return false;
  if (path === registrationRecordOf(owner)) return true;
  const file = path.slice(path.lastIndexOf('/') + 1);
  const roots = registrationRoots(owner);
  return !file.startsWith('namespace-') && roots.some((root) => path === root || path.startsWith(`${root}/`));
}

/** Path of the section's record. */
export function recordOf(owner: SectionOwner): string {
  switch (owner.kind) {
    case 'cluster':
      return layout.clusterRecord(owner.cluster);
    case 'environment':
      return layout.environmentRecord(owner.environment);
    case 'unit':
      return layout.release(owner.environment, owner.application);
    case 'folder':
      return layout.folderRecord(owner.path);
  }
}

/** `dev/checkout` of a unit, `environment dev`, `cluster eu-1`: how people are told of a section. */
export function sectionName(owner: SectionOwner): string {
  switch (owner.kind) {
    case 'cluster':
      return `cluster ${owner.cluster}`;
    case 'environment':
      return `environment ${owner.environment}`;
    case 'unit':
      return `${owner.environment}/${owner.application}`;
    case 'folder':
      return `folder ${owner.path}`;
  }
}

/** `dev/checkout`, `environment:dev`, `cluster:eu-1`: a section in a command line, where no shell asks for quotes. */
export function sectionFlag(owner: SectionOwner): string {
  return sectionName(owner).replace(' ', ':');
}
