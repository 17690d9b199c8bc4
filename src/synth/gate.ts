import { readFileSync } from 'node:fs';
import { GitOpsError, type Problem } from '../errors';
import { applyWaivers, checkObjects, FAMILIES, type GateGroup, type GateObject, type RuleFamily } from '../gate';
import { ownFamily, policyProblems } from '../gate/policies/own';
import { readDefinitions, schemaFamily } from '../gate/schemas';
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

interface Checked {
  readonly place: Omit<PolicyContext, 'objects'>;
  readonly objects: readonly GateObject[];
  readonly files: readonly ManifestFile[];
  readonly group: Omit<GateGroup, 'objects'>;
}

/** Looks at everything that synthesis renders, ahead of its being written. */
export class SynthesisGate {
  private readonly issues: Issue[] = [];
  /** Units by their cluster: definitions of one unit are there for the others. */
  private readonly clusters = new Map<string, { readonly version?: string; readonly units: Checked[] }>();

  constructor(
    private readonly declaration: GateDeclaration = { waivers: [], policies: [], definitions: [] },
    private readonly verdicts?: Verdicts,
  ) {}

  /** Objects of a unit, for every family of rules, and for the program's own policies. */
  unit({ folder, files, group, kubernetesVersion, ...place }: GatedUnit): void {
    const objects = objectsOf(folder, files);
    let cluster = this.clusters.get(place.cluster);
    if (!cluster) {
      cluster = { version: kubernetesVersion, units: [] };
      this.clusters.set(place.cluster, cluster);
    }
    cluster.units.push({ place, objects, files, group: { ...group, namespace: place.namespace } });
  }

  /** Objects that operators are told with, or made of: what they are is the operator's business, secrets are not. */
  place(folder: string, files: readonly ManifestFile[]): void {
    // Definitions of a release are copied as text, and pinned.
    const written = files.filter(({ manifest }) => manifest.kind !== 'CustomResourceDefinition');
    for (const family of SECRETS_ONLY) this.check(family, objectsOf(folder, written), written);
  }

  /** A single object, such as a registration. */
  object(file: string, manifest: Manifest, path: string): void {
    this.push(checkObjects([{ manifest, file, path }], { families: SECRETS_ONLY }));
  }

  /**
   * Everything that is found and not waived, errors first.
   * @param problems receives what keeps the gate from looking: files of definitions that cannot be read, say
   */
  result(problems: Problem[], today: string = new Date().toISOString().slice(0, 10)): Issue[] {
    const definitions = this.definitions(problems);
    for (const [cluster, { version, units }] of this.clusters) {
      for (const family of familiesOf(cluster, version, definitions, problems)) {
        family.prepare?.(units.flatMap(({ objects }) => objects));
        for (const { objects, files, group } of units) {
          this.check(family, objects, files);
          this.push(family.checkGroup?.({ ...group, objects }) ?? []);
        }
      }
      const { policies } = this.declaration;
      if (policies.length === 0) continue;
      for (const { place, objects } of units) {
        this.push(checkObjects(objects, { families: [ownFamily(policies, place)] }));
      }
    }
    const found = [...this.issues, ...policyProblems(this.declaration.policies)];
    const issues = applyWaivers(found, this.declaration.waivers, today);
    return [...issues.filter(({ severity }) => severity === 'error'), ...issues.filter(isWarning)];
  }

  /** Checks objects one by one, but for those that are known to be clean. */
  private check(family: RuleFamily, objects: readonly GateObject[], files: readonly ManifestFile[]): void {
    if (family.check === undefined) return;
    const known = family.key === undefined ? undefined : this.verdicts?.of(family.name, family.key);
    for (const [index, object] of objects.entries()) {
      const id = files[index]?.id ?? '';
      if (known?.isClean(id)) continue;
      const issues = family.check(object, {});
      if (issues.length > 0) this.push(issues);
      else known?.add(id);
    }
  }

  private definitions(problems: Problem[]): ReturnType<typeof readDefinitions> {
    return this.declaration.definitions.flatMap(({ file, path }) => {
      try {
        return readDefinitions(readFileSync(file, 'utf8'), file);
      } catch (error) {
        const isOurs = GitOpsError.is(error);
        const message = isOurs ? error.message : `${file} cannot be read`;
        problems.push({ where: path, message, code: isOurs ? error.code : 'DEFINITION_INVALID' });
        return [];
      }
    });
  }

  private push(issues: readonly Issue[]): void {
    for (const issue of issues) this.issues.push(issue);
  }
}

/** Every family, with schemas for the cluster's version and the program's own definitions. */
function familiesOf(
  cluster: string,
  kubernetesVersion: string | undefined,
  definitions: ReturnType<typeof readDefinitions>,
  problems: Problem[],
): readonly RuleFamily[] {
  return FAMILIES.map((family) => {
    if (family.name !== 'schema') return family;
    try {
      return schemaFamily({ kubernetesVersion, definitions });
    } catch (error) {
      if (!GitOpsError.is(error)) throw error;
      problems.push({ where: cluster, message: error.message, code: error.code });
      return family;
    }
  });
}

function objectsOf(folder: string, files: readonly ManifestFile[]): GateObject[] {
  return files.map(({ name, manifest, path }) => ({ manifest, path, file: `${folder}/${name}` }));
}

const SECRETS_ONLY = FAMILIES.filter(({ name }) => name === 'secret');
const isWarning = ({ severity }: Issue): boolean => severity === 'warning';
