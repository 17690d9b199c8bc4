import { apiGroup } from '../../model/manifest';
import type { DefinedKind } from './definitions';
import { nearest } from './nearest';
import { type SchemaReport, shown } from './report';
import type { Schema } from './schema';
import type { KindLine, TypeTable } from './table';

/** Finds the schemas of kinds, and says what is wrong with the kinds themselves. */
export class Kinds {
  private readonly groups: ReadonlySet<string>;
  private readonly unknown = new Set<string>();

  constructor(
    private readonly table: TypeTable,
    /** Kinds by `apiVersion Kind`; of one kind there may be several definitions, for several clusters. */
    private readonly defined: ReadonlyMap<string, readonly DefinedKind[]>,
    private readonly missing: 'error' | 'warning' | 'ignore',
  ) {
    this.groups = new Set([...table.allKinds()].map(({ apiVersion }) => apiGroup(apiVersion)));
  }

  /** Schemas of which one has to fit. @default - none: what is wrong was reported */
  find(apiVersion: string, kind: string, report: SchemaReport): readonly Schema[] {
    const line = this.table.kind(apiVersion, kind);
    if (line !== undefined) return this.ofKubernetes(line, report);
    const defined = this.defined.get(`${apiVersion} ${kind}`);
    if (defined !== undefined) return this.ofDefinitions(defined, report);
    if (this.groups.has(apiGroup(apiVersion))) this.addUnknown(apiVersion, kind, report);
    else this.addUndefined(apiVersion, kind, report);
    return [];
  }

  private ofKubernetes(line: KindLine, report: SchemaReport): readonly Schema[] {
    const { apiVersion, kind, type, since, deprecated } = line;
    const { version } = this.table;
    const name = `${apiVersion} ${kind}`;
    if (type !== undefined && this.table.has(line)) {
      if (deprecated <= version) {
        report.add(
          'deprecated-api',
          `${name} is deprecated since Kubernetes 1.${deprecated}`,
          this.successorOf(line),
          'apiVersion',
          'warning',
        );
      }
      return [this.table.type(type)];
    }
    if (version < since) {
      const remedy = `use a kind that Kubernetes 1.${version} has, or state the version that the cluster has`;
      report.add(
        'unknown-kind',
        `Kubernetes 1.${version} has no ${name}: it is there since 1.${since}`,
        remedy,
        'apiVersion',
      );
    } else {
      const removed = Math.min(line.removed, line.until + 1);
      report.add('removed-api', `${name} is gone since Kubernetes 1.${removed}`, this.successorOf(line), 'apiVersion');
    }
    return [];
  }

  private ofDefinitions(defined: readonly DefinedKind[], report: SchemaReport): readonly Schema[] {
    const served = defined.filter(({ schema }) => schema !== undefined);
    const [first] = defined;
    const name = `${first?.apiVersion} ${first?.kind}`;
    if (served.length === 0) {
      report.add('removed-api', `${name} is not served any more`, this.versionsOf(first), 'apiVersion');
    } else if (served.every(({ isDeprecated }) => isDeprecated)) {
      report.add('deprecated-api', `${name} is deprecated`, this.versionsOf(first), 'apiVersion', 'warning');
    }
    return served.flatMap(({ schema }) => schema ?? []);
  }

  /** A kind that Kubernetes would have if there were one. */
  private addUnknown(apiVersion: string, kind: string, report: SchemaReport): void {
    const present = [...this.table.allKinds()].filter((line) => this.table.has(line));
    const elsewhere = present.filter((line) => line.kind === kind).map((line) => line.apiVersion);
    const meant = nearest(
      kind,
      present.filter((line) => line.apiVersion === apiVersion).map((line) => line.kind),
    );
    let remedy = 'look at the spelling of both';
    if (elsewhere.length > 0) remedy = `${kind} is in ${elsewhere.join(', ')}`;
    else if (meant !== undefined) remedy = `did you mean \`${meant}\`?`;
    report.add(
      'unknown-kind',
      `Kubernetes 1.${this.table.version} has no ${shown(kind)} in ${shown(apiVersion)}`,
      remedy,
      'kind',
    );
  }

  /** A kind that some definition would have to define. Once is enough. */
  private addUndefined(apiVersion: string, kind: string, report: SchemaReport): void {
    const name = `${apiVersion} ${kind}`;
    if (
      this.missing === 'ignore' ||
      NO_KINDS.test(apiVersion) ||
      (this.missing === 'warning' && this.unknown.has(name))
    )
      return;
    this.unknown.add(name);
    const versions = this.apiVersionsOf(apiGroup(apiVersion), kind);
    if (versions.length > 0) {
      const remedy = `use one of ${versions.join(', ')}, or give the definition that the cluster has`;
      report.add(
        'unknown-kind',
        `the known definition of ${kind} has no version ${shown(apiVersion)}`,
        remedy,
        'apiVersion',
        this.missing,
      );
      return;
    }
    const remedy = 'give its CustomResourceDefinition, so that objects of the kind can be checked';
    report.add(
      'unknown-kind',
      `no definition of ${shown(apiVersion)} ${shown(kind)} is known: it was not checked`,
      remedy,
      'kind',
      this.missing,
    );
  }

  private successorOf({ apiVersion, kind, successor }: KindLine): string {
    const candidates = [...this.table.allKinds()].filter(
      (line) => this.table.has(line) && line.deprecated > this.table.version,
    );
    const named = candidates.find((line) => `${line.apiVersion}/${line.kind}` === successor);
    const group = apiGroup(apiVersion);
    const same = candidates.filter((line) => line.kind === kind);
    const found = named ?? same.find((line) => apiGroup(line.apiVersion) === group) ?? same[0];
    if (found === undefined) return 'nothing takes its place under that name: see the release notes of Kubernetes';
    return `use ${found.apiVersion} ${found.kind}; fields may have changed`;
  }

  private versionsOf(kind: DefinedKind | undefined): string {
    const versions = kind === undefined ? [] : this.apiVersionsOf(apiGroup(kind.apiVersion), kind.kind);
    return versions.length === 0 ? 'see what its project says' : `use ${versions.join(', ')}`;
  }

  /** Versions of a kind that are served, and not deprecated. */
  private apiVersionsOf(group: string, kind: string): string[] {
    return [...this.defined.values()]
      .flat()
      .filter((own) => own.kind === kind && apiGroup(own.apiVersion) === group)
      .filter(({ schema, isDeprecated }) => schema !== undefined && !isDeprecated)
      .map(({ apiVersion }) => apiVersion);
  }
}

/** Files that look like objects, and are read by programs instead of servers. */
const NO_KINDS =
  /^(?:kustomize\.config\.k8s\.io|(?:[a-z]+\.)?config\.k8s\.io|audit\.k8s\.io|client\.authentication\.k8s\.io|kubeadm\.k8s\.io|kind\.x-k8s\.io|helm\.sh)\//;
