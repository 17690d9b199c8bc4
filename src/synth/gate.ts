import { applyWaivers, checkObjects, FAMILIES, type GateGroup, type GateObject, type RuleFamily } from '../gate';
import { ownFamily, policyProblems } from '../gate/policies/own';
import type { GateDeclaration, PolicyContext } from '../model/gate';
import type { Issue } from '../model/issue';
import type { Manifest } from '../model/manifest';
import type { ManifestFile } from './files';
import type { Verdicts } from './verdicts';

/** A unit's objects as they will be written. */
export interface GatedUnit extends Omit<PolicyContext, 'objects'> {
  readonly folder: string;
  readonly files: readonly ManifestFile[];
  readonly group: Omit<GateGroup, 'objects' | 'namespace'>;
  readonly kubernetesVersion?: string;
}

/** Looks at everything that synthesis renders, ahead of its being written. */
export class SynthesisGate {
  private readonly issues: Issue[] = [];

  constructor(
    private readonly declaration: GateDeclaration = { waivers: [], policies: [] },
    private readonly verdicts?: Verdicts,
  ) {}

  /** Objects of a unit: by every family of rules, and by the program's own policies. */
  unit({ folder, files, group, ...place }: GatedUnit): void {
    const objects = files.map(({ name, manifest, path }) => ({ manifest, path, file: `${folder}/${name}` }));
    this.check(objects, files, FAMILIES, { ...group, namespace: place.namespace });
    const { policies } = this.declaration;
    if (policies.length > 0) this.push(checkObjects(objects, { families: [ownFamily(policies, place)] }));
  }

  /** Objects that operators are told with, or made of: what they are is the operator's business, secrets are not. */
  place(folder: string, files: readonly ManifestFile[]): void {
    // Definitions of a release are copied as text, and pinned.
    const written = files.filter(({ manifest }) => manifest.kind !== 'CustomResourceDefinition');
    const objects = written.map(({ name, manifest, path }) => ({ manifest, path, file: `${folder}/${name}` }));
    this.check(objects, written, SECRETS_ONLY, {});
  }

  /** A single object, such as a registration. */
  object(file: string, manifest: Manifest, path: string): void {
    this.push(checkObjects([{ manifest, file, path }], { families: SECRETS_ONLY }));
  }

  /** Everything that was found and is not waived, errors first. */
  result(today: string = new Date().toISOString().slice(0, 10)): Issue[] {
    const found = [...this.issues, ...policyProblems(this.declaration.policies)];
    const issues = applyWaivers(found, this.declaration.waivers, today);
    return [...issues.filter(({ severity }) => severity === 'error'), ...issues.filter(isWarning)];
  }

  private check(
    objects: readonly GateObject[],
    files: readonly ManifestFile[],
    families: readonly RuleFamily[],
    group: Omit<GateGroup, 'objects'>,
  ): void {
    for (const family of families) {
      const known = family.key === undefined ? undefined : this.verdicts?.of(family.name, family.key);
      if (known === undefined) {
        this.push(checkObjects(objects, { families: [family], group }));
        continue;
      }
      family.prepare?.(objects);
      objects.forEach((object, index) => {
        const id = files[index]?.id;
        if (id !== undefined && known.isClean(id)) return;
        const issues = family.check?.(object, {}) ?? [];
        if (issues.length > 0) this.push(issues);
        else if (id !== undefined) known.add(id);
      });
      this.push(family.checkGroup?.({ ...group, objects }) ?? []);
    }
  }

  private push(issues: readonly Issue[]): void {
    for (const issue of issues) this.issues.push(issue);
  }
}

const SECRETS_ONLY = FAMILIES.filter(({ name }) => name === 'secret');
const isWarning = ({ severity }: Issue): boolean => severity === 'warning';
