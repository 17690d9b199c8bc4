import { ApiObject, App, type AppProps, Chart, type ChartProps } from 'cdk8s';
import { Construct } from 'constructs';
import { expect } from 'vitest';
import { Application, ArgoCd, Cluster, Environment, Platform } from '../../../src';
import type { DesiredTree } from '../../../src/model/section';
import { synthesize } from '../../../src/synth/synthesize';
import { parseYaml } from '../../../src/yaml/parse';

/** What people write in a chart. */
export type Body = (chart: Construct) => void;

/** The ways in which a body gets into a chart, and so into an Application. */
export const WAYS = ['subclass', 'outside', 'nested'] as const;
export type Way = (typeof WAYS)[number];

export interface Setting {
  readonly app?: AppProps;
  readonly chart?: ChartProps;
  /** Props of the foreign chart, where it is nested. @default - those of the chart */
  readonly foreign?: ChartProps;
}

export type Rendered = Readonly<Record<string, unknown>>;

/** Objects, and the names that constructs gave to theirs, in tree order. */
interface Outcome {
  readonly objects: Rendered[];
  readonly names: readonly string[];
}

type ChartClass = new (scope: Construct, id: string, props?: ChartProps) => Construct;

function fill(scope: Construct, Base: ChartClass, body: Body, way: Way, { chart, foreign = chart }: Setting): void {
  class Sub extends Base {
    constructor(parent: Construct, id: string, props?: ChartProps) {
      super(parent, id, props);
      body(this);
    }
  }
  class Foreign extends Chart {
    constructor(parent: Construct, id: string, props?: ChartProps) {
      super(parent, id, props);
      body(this);
    }
  }
  if (way === 'subclass') new Sub(scope, 'checkout', chart);
  else if (way === 'outside') body(new Base(scope, 'checkout', chart));
  else new Foreign(new Base(scope, 'checkout', chart), 'foreign', foreign);
}

/** The body as cdk8s renders it: in a chart at the path `dev/checkout`. */
export function byCdk8s(body: Body, way: Way, setting: Setting = {}): Outcome {
  const app = new App(setting.app);
  fill(new Construct(app, 'dev'), Chart, body, way, setting);
  return { objects: app.charts.flatMap((chart) => chart.toJson() as Rendered[]), names: namesIn(app) };
}

/** The body as an Application at the same path renders it, read back from the files. */
export function byUs(body: Body, way: Way, setting: Setting = {}): Outcome {
  const platform = new Platform({
    name: 'shop',
    environmentRepository: { url: 'https://git.example.com/environments.git' },
    source: 'acme/shop',
    ...setting.app,
  });
  const cluster = new Cluster(platform, 'eu-1');
  new ArgoCd(cluster);
  fill(new Environment(platform, 'dev', { cluster }), Application, body, way, setting);
  // Rendering alone is compared: the gate has a say in what may be written.
  return { objects: objectsOf(synthesize(platform, { reportIssues: true })), names: namesIn(platform) };
}

/** The objects of a unit, one of each file. */
export function objectsOf(tree: DesiredTree, unit = 'dev/checkout'): Rendered[] {
  const objects: Rendered[] = [];
  for (const { files } of tree.sections) {
    for (const [path, content] of files) {
      if (!path.startsWith(`environments/${unit}/`)) continue;
      const documents = parseYaml(String(content)) as Rendered[];
      expect(documents, `${path} holds one object`).toHaveLength(1);
      objects.push(...documents);
    }
  }
  return objects;
}

function namesIn(root: Construct): string[] {
  return root.node.findAll().flatMap((construct) => (ApiObject.isApiObject(construct) ? [construct.name] : []));
}

/** A `List` says the same as its items, and files hold one object each. */
export function withoutLists(objects: readonly Rendered[]): Rendered[] {
  return objects.flatMap((object) => (object.kind === 'List' ? withoutLists(object.items as Rendered[]) : [object]));
}

/** The objects in an order that says nothing, as equal objects have the same one. */
export function sorted(objects: readonly Rendered[]): Rendered[] {
  const key = ({ apiVersion, kind, metadata }: Rendered) => {
    const { namespace = '', name } = metadata as { namespace?: string; name: string };
    return JSON.stringify([kind, namespace, name, apiVersion]);
  };
  return [...objects].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** The same objects, with other names wherever they are used: names are part of those of volumes. */
function renamed(objects: readonly Rendered[], names: ReadonlyMap<string, string>): Rendered[] {
  let text = JSON.stringify(objects);
  for (const [name, other] of names) if (name !== other) text = text.replaceAll(name, other);
  return JSON.parse(text);
}

/**
 * Operators put objects that name no namespace into the unit's. Where another object of the unit names one, Flux could
 * not tell them apart, so that they are given theirs when they are rendered: the one field that cdk8s does not render.
 */
function placed(objects: readonly Rendered[]): Rendered[] {
  const namespaceOf = ({ metadata }: Rendered) => (metadata as { namespace?: string }).namespace;
  if (!objects.some(namespaceOf)) return [...objects];
  const global = new Set([
    'Namespace',
    'PersistentVolume',
    'ClusterRole',
    'ClusterRoleBinding',
    'CustomResourceDefinition',
  ]);
  return objects.map((object) =>
    namespaceOf(object) || global.has(object.kind as string)
      ? object
      : { ...object, metadata: { ...(object.metadata as object), namespace: 'dev-checkout' } },
  );
}

const KEPT = {
  'argocd.argoproj.io/sync-options': 'Prune=confirm,Delete=confirm',
  'kustomize.toolkit.fluxcd.io/prune': 'disabled',
};

/** What holds what cannot be made anew is kept from being deleted unasked: the annotations that cdk8s does not render. */
function kept(objects: readonly Rendered[]): Rendered[] {
  return objects.map((object) => {
    const { kind, metadata } = object;
    if (!['Namespace', 'PersistentVolumeClaim', 'CustomResourceDefinition'].includes(kind as string)) return object;
    const unbound = kind !== 'Namespace' ? { 'argocd.argoproj.io/ignore-healthcheck': 'true' } : {};
    const { annotations } = metadata as { annotations?: object };
    return { ...object, metadata: { ...(metadata as object), annotations: { ...annotations, ...KEPT, ...unbound } } };
  });
}

/** With cdk8s' own names we render what cdk8s renders, to the last field. */
export function expectSame(body: Body, way: Way, setting: Setting = {}): void {
  const own = { ...setting, chart: { disableResourceNameHashes: false, ...setting.chart } };
  const theirs = kept(withoutLists(byCdk8s(body, way, own).objects));
  const ours = byUs(body, way, own).objects;
  expect(theirs.length).toBeGreaterThan(0);
  expect(sorted(ours)).toEqual(sorted(setting.chart?.namespace ? theirs : placed(theirs)));
}

/** With names of our own nothing differs but the names, and references follow them. */
export function expectSameButNames(body: Body, way: Way, setting: Setting = {}): void {
  const theirs = byCdk8s(body, way, setting);
  const ours = byUs(body, way, setting);
  expect(ours.names).toHaveLength(theirs.names.length);
  const names = new Map(theirs.names.map((name, index) => [name, ours.names[index] as string]));
  expect(new Set(names.values()).size, 'what had different names has different names').toBe(names.size);
  expect(sorted(ours.objects)).toEqual(sorted(placed(kept(renamed(withoutLists(theirs.objects), names)))));
}
