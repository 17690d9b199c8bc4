import { GitOpsError } from '../../errors';
import { apiGroup } from '../../model/manifest';
import type { RuleFamily } from '../family';
import type { GateObject, Issue } from '../issue';
import { bundledKinds, bundledTexts } from './bundled';
import kubernetes from './data/kubernetes';
import { type DefinedKind, isDefinition, kindsOf } from './definitions';
import { digest, digestOf } from './digest';
import { Kinds } from './kinds';
import { checkManifest } from './manifest';
import { SchemaReport } from './report';
import { TypeTable } from './table';

export { readDefinitions } from './definitions';

export interface SchemaOptions {
  /**
   * Version of Kubernetes, such as `1.33`. Versions that are too new to be known are checked as the newest that is.
   *
   * @default - the newest that is known
   */
  readonly kubernetesVersion?: string;
  /**
   * CustomResourceDefinitions beside those that are built in (Argo CD, Flux, External Secrets, Sealed Secrets), which they
   * take the place of, and those among the checked objects, which count first.
   *
   * @default - no others
   */
  readonly definitions?: readonly { readonly [field: string]: unknown }[];
  /** What to make of kinds that nothing defines; they cannot be checked. @default warning */
  readonly undefinedKinds?: 'error' | 'warning' | 'ignore';
}

/** Objects are what the API server takes: known kinds and fields, right types, nothing missing, names and quantities in form. */
export function schemaFamily(options: SchemaOptions = {}): RuleFamily {
  return new SchemaFamily(options);
}

type Definition = { readonly [field: string]: unknown };
type DefinedKinds = Map<string, DefinedKind[]>;

class SchemaFamily implements RuleFamily {
  readonly name = 'schema';
  private readonly missing: 'error' | 'warning' | 'ignore';
  private readonly minor: number | undefined;
  private readonly given: readonly Definition[];
  private kinds: Kinds | undefined;
  /** Definitions among the objects. */
  private found: readonly Definition[] = [];
  private digest: string | undefined;

  constructor({ kubernetesVersion, definitions = [], undefinedKinds = 'warning' }: SchemaOptions) {
    this.minor = kubernetesVersion === undefined ? undefined : minorOf(kubernetesVersion);
    this.missing = undefinedKinds;
    this.given = definitions;
    const unfit = definitions.find((definition) => kindsOf(definition).length === 0 || !isDefinition(definition));
    if (unfit === undefined) return;
    const { kind, metadata } = unfit as { kind?: unknown; metadata?: { name?: unknown } };
    const what = [kind, metadata?.name].filter((part) => typeof part === 'string').join(' ') || 'an object';
    throw new GitOpsError(
      'DEFINITION_INVALID',
      `${what} is no CustomResourceDefinition of apiextensions.k8s.io/v1 with versions`,
    );
  }

  get key(): string {
    builtIn ??= digest([kubernetes, ...bundledTexts].join('\n'));
    this.digest ??= digest(
      [builtIn, this.minor, this.missing, ...[...this.given, ...this.found].map(digestOf)].join(' '),
    );
    return this.digest;
  }

  prepare(objects: readonly GateObject[]): void {
    this.found = objects.filter(({ manifest }) => isDefinition(manifest)).map(({ manifest }) => manifest);
    this.kinds = undefined;
    this.digest = undefined;
  }

  check(object: GateObject): readonly Issue[] {
    const report = new SchemaReport(object);
    const table = tableOf(this.minor);
    this.kinds ??= new Kinds(table, this.defined(), this.missing);
    checkManifest(object.manifest, report, table, this.kinds);
    return report.issues;
  }

  private defined(): DefinedKinds {
    const all: DefinedKinds = new Map([...bundledKinds()].map(([name, kind]) => [name, [kind]]));
    for (const definitions of [this.given, this.found]) {
      const defined = byName(definitions);
      const owners = new Set([...defined.values()].flat().map(ownerOf));
      // Another definition of a kind takes the place of all its versions.
      for (const [name, [kind]] of all) if (kind !== undefined && owners.has(ownerOf(kind))) all.delete(name);
      for (const [name, kinds] of defined) all.set(name, kinds);
    }
    return all;
  }
}

/** For the newest version, with the definitions that are built in and those among the objects. */
export const newestSchemas: RuleFamily = schemaFamily();

const tables = new Map<number | undefined, TypeTable>();

/** Types are read once for all families of a version. */
function tableOf(minor: number | undefined): TypeTable {
  const table = tables.get(minor) ?? new TypeTable(kubernetes, minor);
  tables.set(minor, table);
  return table;
}

/** What is built in, told apart from that of other versions of this library. */
let builtIn: string | undefined;

/** Group and kind. */
function ownerOf({ apiVersion, kind }: DefinedKind): string {
  return `${apiGroup(apiVersion)} ${kind}`;
}

/** What definitions define. Those of several clusters may differ: each is kept; equal ones are one. */
function byName(definitions: readonly Definition[]): DefinedKinds {
  const found: DefinedKinds = new Map();
  const different = new Map(definitions.map((definition) => [digestOf(definition), definition]));
  for (const kind of [...different.values()].flatMap(kindsOf)) {
    const name = `${kind.apiVersion} ${kind.kind}`;
    found.set(name, [...(found.get(name) ?? []), kind]);
  }
  return found;
}

/** `1.33`, `v1.33.2`, or what a provider makes of it. */
function minorOf(version: string): number {
  const minor = Number(/^v?1\.(\d+)/.exec(version)?.[1] ?? Number.NaN);
  const { oldest, newest } = new TypeTable(kubernetes.slice(0, kubernetes.indexOf('\n')));
  if (minor >= oldest) return minor;
  const known = `1.${oldest} to 1.${newest}, and newer ones as the newest of them`;
  throw new GitOpsError(
    'KUBERNETES_VERSION_UNKNOWN',
    `no schemas for Kubernetes ${JSON.stringify(version)}: there are ${known}`,
  );
}
