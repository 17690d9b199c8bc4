import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FORMATS, LIFECYCLES, OPEN_TYPES, OPTIONAL, OTHER_CLOSED_TYPES, VALUES } from './corrections';
import { type GoTypes, type Lifecycle, readGoTypes, readLifecycles } from './go-types';

/** Compiles the OpenAPI documents of several Kubernetes versions into one table; its form is explained in src/gate/schemas/table.ts. */

interface Swagger {
  readonly type?: string;
  readonly format?: string;
  readonly $ref?: string;
  readonly items?: Swagger;
  readonly additionalProperties?: Swagger;
  readonly properties?: Readonly<Record<string, Swagger>>;
  readonly required?: readonly string[];
  readonly 'x-kubernetes-group-version-kind'?: readonly { group: string; version: string; kind: string }[];
}

interface Field {
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
}

/** What one version says. */
interface Release {
  readonly minor: number;
  /** Fields by type. */
  readonly types: ReadonlyMap<string, readonly Field[]>;
  /** Type by `apiVersion Kind`. */
  readonly kinds: ReadonlyMap<string, string>;
}

/** Types that the OpenAPI documents do not describe as what they are. */
const SPECIAL: Readonly<Record<string, string>> = {
  'resource.Quantity': 'q',
  'intstr.IntOrString': 'x',
  'runtime.RawExtension': 'o',
  'meta/v1.Time': 't',
  'meta/v1.MicroTime': 'm',
  'meta/v1.FieldsV1': 'o',
  'meta/v1.Patch': 'o',
  'apiextensions/v1.JSON': '*',
};
const SCHEMA = 'apiextensions/v1.JSONSchemaProps';
const UNIONS: Readonly<Record<string, string>> = {
  'apiextensions/v1.JSONSchemaPropsOrArray': `${SCHEMA}|[${SCHEMA}]`,
  'apiextensions/v1.JSONSchemaPropsOrBool': `${SCHEMA}|b`,
  'apiextensions/v1.JSONSchemaPropsOrStringArray': `${SCHEMA}|[s]`,
};

/**
 * @param modules folder with the modules of each version, as Go's module cache lays them out: `kubernetes@v1.36.3`, `api@v0.36.3`, …
 */
export function compileKubernetes(modules: string): string {
  const versions = readdirSync(modules)
    .flatMap((name) => /^kubernetes@v1\.(\d+)\.(\d+)$/.exec(name) ?? [])
    .filter((text) => text.startsWith('kubernetes'))
    .map((text) => ({ full: text.slice('kubernetes@v1.'.length), minor: Number(/\.(\d+)\./.exec(text)?.[1]) }))
    .sort((a, b) => a.minor - b.minor);
  const goTypes = versions.map(({ full }) => readGoTypes(packagesOf(modules, full)));
  const go = merge(goTypes);
  const lifecycles = new Map<string, Lifecycle>();
  for (const { full } of versions) {
    for (const [name, lifecycle] of readLifecycles(packagesOf(modules, full))) lifecycles.set(name, lifecycle);
  }
  for (const [name, lifecycle] of LIFECYCLES) lifecycles.set(name, lifecycle);
  const releases = versions.map(({ full, minor }) => read(modules, full, minor, go));
  return print(releases, go, lifecycles);
}

function packagesOf(modules: string, full: string): Map<string, string> {
  const packages = new Map<string, string>();
  const add = (folder: string) => {
    if (!existsSync(folder)) return;
    for (const group of readdirSync(folder)) {
      if (!existsSync(join(folder, group)) || /\.|testdata|LICENSE|OWNERS|SECURITY/.test(group)) continue;
      for (const version of readdirSync(join(folder, group))) {
        if (/^v\d/.test(version) && !version.endsWith('.go'))
          packages.set(`${group}/${version}`, join(folder, group, version));
      }
    }
  };
  add(join(modules, `api@v0.${full}`));
  for (const name of ['apimachinery', 'apiextensions-apiserver', 'kube-aggregator']) {
    add(join(modules, `${name}@v0.${full}`, 'pkg/apis'));
  }
  return packages;
}

function merge(all: readonly GoTypes[]): GoTypes {
  const fields = new Map<string, string>();
  const values = new Map<string, string[]>();
  const closed = new Set(OTHER_CLOSED_TYPES);
  for (const types of all) {
    for (const [name, type] of types.fields) fields.set(name, type);
    for (const [type, own] of types.values) values.set(type, [...new Set([...(values.get(type) ?? []), ...own])]);
    for (const type of types.closed) closed.add(type);
  }
  for (const type of OPEN_TYPES) closed.delete(type);
  for (const [field, own] of VALUES) {
    const type = typeOfValues(field);
    fields.set(`${field.slice(0, field.lastIndexOf('.'))} ${field.slice(field.lastIndexOf('.') + 1)}`, type);
    values.set(type, [...own]);
    closed.add(type);
  }
  return { fields, values, closed };
}

/** A name for the values of one field: `core/v1.ServiceSpec_trafficDistribution`. */
function typeOfValues(field: string): string {
  const at = field.lastIndexOf('.');
  return `${field.slice(0, at)}_${field.slice(at + 1).replaceAll('-', '_')}`;
}

function read(modules: string, full: string, minor: number, go: GoTypes): Release {
  const file = join(modules, `kubernetes@v1.${full}`, 'api/openapi-spec/swagger.json');
  const { definitions } = JSON.parse(readFileSync(file, 'utf8')) as { definitions: Record<string, Swagger> };
  const types = new Map<string, Field[]>();
  const kinds = new Map<string, string>();
  for (const [long, definition] of Object.entries(definitions)) {
    const name = shortName(long);
    const required = new Set(definition.required ?? []);
    types.set(
      name,
      Object.entries(definition.properties ?? {}).map(([field, schema]) => ({
        name: field,
        type: typeOf(schema, name, field, go),
        isRequired: required.has(field) && !OPTIONAL.has(`${name}.${field}`) && !name.endsWith('Status'),
      })),
    );
    const own = definition['x-kubernetes-group-version-kind'] ?? [];
    // Options and the like are of every group, and objects of none.
    if (own.length !== 1 || name.startsWith('meta/') || definition.properties?.metadata === undefined) continue;
    const [{ group, version, kind }] = own as [{ group: string; version: string; kind: string }];
    if (kind.endsWith('List')) continue;
    kinds.set(`${group === '' ? version : `${group}/${version}`} ${kind}`, name);
  }
  return { minor, types, kinds };
}

function shortName(long: string): string {
  return long
    .replace('#/definitions/', '')
    .replace(/^io\.k8s\.api\.([^.]+)\./, '$1/')
    .replace(/^io\.k8s\.apimachinery\.pkg\.(apis|api|util)\./, '')
    .replace(/^io\.k8s\.apimachinery\.pkg\./, '')
    .replace(/^meta\./, 'meta/')
    .replace(/^io\.k8s\.(apiextensions-apiserver|kube-aggregator)\.pkg\.apis\.([^.]+)\./, '$2/');
}

function typeOf(schema: Swagger, owner: string, field: string, go: GoTypes): string {
  const format = FORMATS.get(`${owner}.${field}`);
  if (schema.$ref !== undefined) {
    const name = shortName(schema.$ref);
    const type = SPECIAL[name] ?? UNIONS[name] ?? name;
    return type === 'x' && format !== undefined ? `x~${format}` : type;
  }
  if (schema.type === 'array') return `[${typeOf(schema.items ?? {}, owner, field, go)}]`;
  if (schema.additionalProperties !== undefined) {
    const keys = FORMATS.get(`${owner}.${field} keys`);
    return `{${keys === undefined ? '' : `~${keys},`}${typeOf(schema.additionalProperties, owner, field, go)}}`;
  }
  const formatted = (type: string) => (format === undefined ? type : `${type}~${format}`);
  switch (schema.type) {
    case 'string': {
      if (schema.format === 'byte') return 'y';
      if (schema.format === 'date-time') return 't';
      const type = go.fields.get(`${owner} ${field}`);
      if (type !== undefined && go.closed.has(type) && (go.values.get(type) ?? []).length > 0) return `=${type}`;
      return formatted('s');
    }
    case 'integer':
      return formatted(schema.format === 'int64' ? 'l' : 'i');
    case 'number':
      return 'n';
    case 'boolean':
      return 'b';
    case 'object':
      return 'o';
    default:
      return '*';
  }
}

/** Names in a type. */
const NAMES = /=?[a-z]+\/\w+\.\w+/g;

function print(releases: readonly Release[], go: GoTypes, lifecycles: ReadonlyMap<string, Lifecycle>): string {
  const newest = releases.at(-1)?.minor ?? 0;
  const oldest = releases[0]?.minor ?? 0;
  const range = (minors: readonly number[]) => {
    const [first = oldest, last = newest] = [Math.min(...minors), Math.max(...minors)];
    const since = first === oldest ? '' : String(first);
    const until = last === newest ? '' : `-${last}`;
    return since + until === '' ? '' : `@${since}${until}`;
  };

  const kinds = new Map<string, { type: string; minors: number[] }>();
  for (const { minor, kinds: own } of releases) {
    for (const [kind, type] of own) {
      const entry = kinds.get(kind) ?? { type, minors: [] };
      entry.minors.push(minor);
      kinds.set(kind, entry);
    }
  }
  const lines: string[] = [`^${oldest}-${newest}`];
  const printed = new Set<string>();
  for (const [kind, { type, minors }] of [...kinds].sort(byName)) {
    printed.add(type);
    lines.push(`:${kind} ${type}${range(minors)}${lifecycleOf(lifecycles.get(type))}`);
  }
  lines.push(...removedKinds(lifecycles, printed, kinds, oldest));

  const enums = new Set<string>();
  const queue = [...kinds.values()].map(({ type }) => type);
  queue.push('meta/v1.ObjectMeta', SCHEMA);
  const seen = new Set(queue);
  const types: string[] = [];
  for (let type = queue.shift(); type !== undefined; type = queue.shift()) {
    const fields = fieldsOf(type, releases, range);
    for (const name of fields.join(' ').match(NAMES) ?? []) {
      if (name.startsWith('=')) enums.add(name.slice(1));
      else if (!seen.has(name)) {
        seen.add(name);
        queue.push(name);
      }
    }
    const own = type.slice(0, type.indexOf('.') + 1);
    types.push(`${type} ${fields.map((field) => field.replaceAll(own, '.')).join(' ')}`.trimEnd());
  }
  for (const name of [...enums].sort())
    lines.push(`=${name} ${(go.values.get(name) ?? []).filter(Boolean).sort().join('|')}`);
  return [...lines, ...types.sort()].join('\n');
}

function fieldsOf(type: string, releases: readonly Release[], range: (minors: readonly number[]) => string): string[] {
  const present = releases.filter(({ types }) => types.has(type)).map(({ minor }) => minor);
  // Where versions differ in whether a field is required, it is the document that was mended: servers have always been as the newest says.
  const isRequired = new Map(
    releases.flatMap(({ types }) => (types.get(type) ?? []).map((field) => [field.name, field.isRequired])),
  );
  const variants = new Map<string, number[]>();
  for (const { minor, types } of releases) {
    for (const { name, type: own } of types.get(type) ?? []) {
      const key = `${name}${isRequired.get(name) ? '!' : ''}${own === 's' ? '' : `:${own}`}`;
      variants.set(key, [...(variants.get(key) ?? []), minor]);
    }
  }
  // Nobody sees a type outside of the versions that have it.
  return [...variants]
    .sort(byName)
    .map(([key, minors]) => key + (minors.length === present.length ? '' : range(minors)));
}

function lifecycleOf(lifecycle: Lifecycle | undefined): string {
  if (lifecycle === undefined) return '';
  const { deprecated, removed, successor } = lifecycle;
  const parts = [
    ...(deprecated === undefined ? [] : [`deprecated=${deprecated}`]),
    ...(removed === undefined ? [] : [`removed=${removed}`]),
    ...(successor === undefined ? [] : [`successor=${successor}`]),
  ];
  return parts.map((part) => ` ${part}`).join('');
}

/** Kinds that were gone before the oldest version. */
function removedKinds(
  lifecycles: ReadonlyMap<string, Lifecycle>,
  printed: ReadonlySet<string>,
  kinds: ReadonlyMap<string, unknown>,
  oldest: number,
): string[] {
  // `networking` is `networking.k8s.io`; `extensions` is no more, and was itself.
  const groups = new Map([
    ['extensions', 'extensions'],
    ...[...kinds.keys()]
      .map((kind) => kind.split(' ')[0] as string)
      .map((api) => [api.split(/[./]/)[0], api.split('/')[0] as string] as const),
  ]);
  const lines: string[] = [];
  for (const [type, lifecycle] of lifecycles) {
    const [pack = '', kind = ''] = type.split('.');
    const [group = '', version = ''] = pack.split('/');
    const isGone = !printed.has(type) && (lifecycle.removed ?? Number.POSITIVE_INFINITY) <= oldest;
    // Those of `admission` and the like are what servers and webhooks tell each other.
    if (!isGone || !groups.has(group) || /(List|Review|Rollback|Scale)$/.test(kind)) continue;
    lines.push(`:${groups.get(group) ?? group}/${version} ${kind} -${lifecycleOf(lifecycle)}`);
  }
  return lines.sort();
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
