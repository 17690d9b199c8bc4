import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Reads from Kubernetes' own Go sources what its OpenAPI documents leave out: closed sets of values, and lifecycles. */

/** Package and type, such as `core/v1.PullPolicy`. */
type TypeName = string;

export interface GoTypes {
  /** Type of a field, by struct and JSON name: `core/v1.Container imagePullPolicy`. */
  readonly fields: ReadonlyMap<string, TypeName>;
  /** Constants of types that are strings. */
  readonly values: ReadonlyMap<TypeName, readonly string[]>;
  /** Types that are marked as having these values only. */
  readonly closed: ReadonlySet<TypeName>;
}

export interface Lifecycle {
  /** Minor versions. */
  readonly deprecated?: number;
  readonly removed?: number;
  /** `group/version/Kind` */
  readonly successor?: string;
}

/** @param packages folder of each package, by its short name such as `core/v1` */
export function readGoTypes(packages: ReadonlyMap<string, string>): GoTypes {
  const fields = new Map<string, TypeName>();
  const values = new Map<TypeName, string[]>();
  const closed = new Set<TypeName>();
  for (const [name, folder] of packages) {
    for (const text of sources(folder)) {
      const imports = importsOf(text);
      const qualify = (type: string) => {
        const bare = type.replace(/^(\[\]|\*)*/, '');
        const [alias, own] = bare.split('.');
        return own === undefined ? `${name}.${bare}` : `${imports.get(alias ?? '') ?? alias}.${own}`;
      };
      for (const [, type = ''] of text.matchAll(/\/\/ ?\+enum\b[^\n]*\n(?:\/\/[^\n]*\n)*type (\w+) string/g)) {
        closed.add(`${name}.${type}`);
      }
      for (const [, type = '', value = ''] of text.matchAll(/^\s*(?:const\s+)?\w+\s+([\w.]+)\s*=\s*"([^"\n]*)"/gm)) {
        const key = qualify(type);
        values.set(key, [...(values.get(key) ?? []), value]);
      }
      // Conversions say the type on the other side: `X = Y("value")`.
      for (const [, type = '', value = ''] of text.matchAll(/^\s*(?:const\s+)?\w+\s*=\s*(\w+)\("([^"\n]*)"\)/gm)) {
        const key = qualify(type);
        values.set(key, [...(values.get(key) ?? []), value]);
      }
      for (const [, struct = '', body = ''] of text.matchAll(/^type (\w+) struct \{\n([\s\S]*?)^\}/gm)) {
        for (const [, type = '', json = ''] of body.matchAll(/^\t\w+\s+(\S+)\s+`[^`]*json:"([^",]+)/gm)) {
          fields.set(`${name}.${struct} ${json}`, qualify(type));
        }
      }
    }
  }
  return { fields, values, closed };
}

/** Lifecycles by `package.Kind`, such as `batch/v1beta1.CronJob`. */
export function readLifecycles(packages: ReadonlyMap<string, string>): Map<string, Lifecycle> {
  const found = new Map<string, { deprecated?: number; removed?: number; successor?: string }>();
  for (const [name, folder] of packages) {
    const file = join(folder, 'zz_generated.prerelease-lifecycle.go');
    if (!existsSync(file)) continue;
    const methods = readFileSync(file, 'utf8').matchAll(
      /func \(in \*(\w+)\) APILifecycle(\w+)\(\)[^{]*\{\n\treturn ([^\n]+)/g,
    );
    for (const [, kind = '', what = '', value = ''] of methods) {
      const entry = found.get(`${name}.${kind}`) ?? {};
      found.set(`${name}.${kind}`, entry);
      const minor = Number(/^1, (\d+)$/.exec(value)?.[1] ?? Number.NaN);
      if (what === 'Deprecated') entry.deprecated = minor;
      if (what === 'Removed') entry.removed = minor;
      if (what !== 'Replacement') continue;
      const [, group = '', version = '', successor = ''] =
        /Group: "([^"]*)", Version: "([^"]*)", Kind: "([^"]*)"/.exec(value) ?? [];
      // A few of them name the list of the kind.
      const own = kind.endsWith('List') ? successor : successor.replace(/List$/, '');
      entry.successor = [group, version, own].filter((part) => part !== '').join('/');
    }
  }
  return found;
}

function sources(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.go') && !/^zz_|_test\.go$|\.pb\.go$/.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8'));
}

/** Packages by the names that a file gives them. */
function importsOf(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, alias, path = ''] of text.matchAll(/^\s*(\w+)?\s*"(k8s\.io\/[^"]+)"/gm)) {
    const short = shortPackage(path);
    found.set(alias ?? (short.split('/').at(-1) as string), short);
  }
  return found;
}

/** `core/v1` for `k8s.io/api/core/v1`. */
export function shortPackage(path: string): string {
  return path
    .replace(/^k8s\.io\/(api|kube-aggregator|apiextensions-apiserver|apimachinery)\//, '')
    .replace(/^pkg\/(util|runtime|api)\b.*/, 'other')
    .replace(/^pkg\/apis\//, '');
}
