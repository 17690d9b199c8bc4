import { declarationOf } from '../../model/declaration';
import { isLabel } from '../../model/layout';
import type { Environment } from '../environment';
import type { ConstructProblem } from '../problems';

/**
 * Namespaces that a cluster's store serves. A namespace has to meet one condition, and of that any one part.
 */
export interface StoreCondition {
  /** Names, or patterns with `*`: `checkout`, `team-a-*`. */
  readonly namespaces?: readonly string[];

  /** Environments, with the namespaces that their applications have: `<environment>-<application>`, and those they list. */
  readonly environments?: readonly Environment[];

  /** Regular expressions for names of namespaces, from `^` to `$`. */
  readonly namespaceRegexes?: readonly string[];

  /** Labels that namespaces have. */
  readonly namespaceSelector?: NamespaceSelector;
}

/** A label selector, as Kubernetes has it. */
export interface NamespaceSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
    readonly values?: readonly string[];
  }[];
}

/** A condition as the operator reads it. */
interface RenderedCondition {
  readonly namespaces?: readonly string[];
  readonly namespaceRegexes?: readonly string[];
  readonly namespaceSelector?: NamespaceSelector;
}

/** Names that nothing has in common but being names: what matches them all, matches any. */
const ANY = ['a', 'kube-system', 'default', '0', 'zebra-7-quilt'];

export class StoreConditions {
  readonly rendered: readonly RenderedCondition[];
  private readonly found: ConstructProblem[] = [];

  constructor(conditions: readonly StoreCondition[] | undefined) {
    const given = Array.isArray(conditions) ? (conditions as readonly StoreCondition[]) : [];
    if (given.length === 0) this.unscoped('`conditions` is missing');
    this.rendered = given.map((condition, index) => this.render(condition ?? {}, `conditions[${index}]`));
  }

  get problems(): readonly ConstructProblem[] {
    return this.found;
  }

  /** Whether a namespace may read from the store; undefined when that is up to labels, which are not known here. */
  serves(namespace: string): boolean | undefined {
    const named = this.rendered.some(
      ({ namespaces = [], namespaceRegexes = [] }) =>
        namespaces.includes(namespace) || namespaceRegexes.some((regex) => regexOf(regex)?.test(namespace) ?? true),
    );
    if (named) return true;
    return this.rendered.some(({ namespaceSelector }) => namespaceSelector) ? undefined : false;
  }

  private render(condition: StoreCondition, at: string): RenderedCondition {
    const { namespaces = [], environments = [], namespaceRegexes = [], namespaceSelector } = condition;
    const patterns = [...namespaces, ...environments.flatMap((environment) => this.namespacesOf(environment, at))];
    const names = patterns.filter((name) => !`${name}`.includes('*'));
    const globs = patterns.filter((name) => `${name}`.includes('*'));
    for (const name of names) {
      if (!isLabel(`${name}`)) this.report(`${at}: '${name}' is neither a namespace nor a pattern like 'team-*'`);
    }
    for (const glob of globs) {
      if (!/^[a-z0-9*-]+$/.test(glob)) this.report(`${at}: '${glob}' is no pattern of namespaces like 'team-*'`);
    }
    for (const regex of namespaceRegexes) this.checkRegex(regex, at);
    const regexes = [...globs.map((glob) => `^${glob.replaceAll('*', '.*')}$`), ...namespaceRegexes];
    for (const regex of regexes) {
      if (ANY.every((name) => regexOf(regex)?.test(name))) this.unscoped(`${at}: '${regex}' matches every namespace`);
    }
    if (namespaceSelector && isEmpty(namespaceSelector)) {
      this.unscoped(`${at}: an empty \`namespaceSelector\` selects every namespace`);
    }
    if (names.length + regexes.length === 0 && !namespaceSelector) {
      this.found.push({ message: `${at} names no namespaces: name those that may read`, code: 'STORE_UNSCOPED' });
    }
    return {
      ...(names.length === 0 ? {} : { namespaces: [...new Set(names)].sort() }),
      ...(regexes.length === 0 ? {} : { namespaceRegexes: [...new Set(regexes)].sort() }),
      ...(namespaceSelector ? { namespaceSelector } : {}),
    };
  }

  private namespacesOf(environment: Environment, at: string): string[] {
    const declaration = declarationOf(environment);
    if (declaration?.kind === 'environment') return [`${declaration.name}-*`, ...declaration.namespaces];
    this.report(`${at}: \`environments\` holds something that is no Environment`);
    return [];
  }

  private checkRegex(regex: string, at: string): void {
    if (regexOf(regex) === undefined) this.report(`${at}: '${regex}' is no regular expression`);
    else if (!regex.startsWith('^') || !regex.endsWith('$')) {
      // Go looks for a match anywhere in the name.
      this.report(`${at}: '${regex}' also matches in the middle of other names: write it from \`^\` to \`$\``);
    }
  }

  private report(message: string): void {
    this.found.push({ message });
  }

  private unscoped(what: string): void {
    const message = `${what}: every namespace of the cluster could read what the store can; name those that may`;
    this.found.push({ message, code: 'STORE_UNSCOPED' });
  }
}

function isEmpty({ matchLabels = {}, matchExpressions = [] }: NamespaceSelector): boolean {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
}

function regexOf(regex: string): RegExp | undefined {
  try {
    return new RegExp(regex);
  } catch {
    return undefined;
  }
}
