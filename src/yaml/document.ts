import { type Alias, isAlias, isMap, isNode, isScalar, isSeq, type Node, type Scalar, visit, type YAMLMap } from 'yaml';
import { keyName, type Resolved, resolvePlain, resolveTagged } from './resolve';

/** Something that cannot be read, and where in the source it is. */
export class UnreadableAt extends Error {
  constructor(
    readonly offset: number,
    message: string,
  ) {
    super(message);
  }
}

/** How much of all that was read may come from aliases: go-yaml's own limits, against small files that mean huge ones. */
const aliasesAllowed = (nodes: number): number =>
  0.99 - 0.89 * (Math.min(Math.max(nodes - 400_000, 0), 3_600_000) / 3_600_000);

/** Gives the syntax tree of one document its meaning, as Kubernetes has it. */
export class DocumentReader {
  private targets?: ReadonlyMap<Alias, Node>;
  private readonly expanding = new Set<Node>();
  private nodes = 0;
  private aliased = 0;

  /** @param unended offset of the source's end, when its last line has no line end */
  constructor(
    private readonly root: Node | null,
    private readonly unended?: number,
  ) {}

  read(): unknown {
    return this.value(this.root);
  }

  private value(node: unknown): unknown {
    if (!isNode(node)) return null;
    this.count(node);
    if (isAlias(node)) return this.expand(node, (target) => this.value(target));
    if (isScalar(node)) return this.scalar(node);
    if (isSeq(node)) return node.items.map((item) => this.value(item));
    const members = new Map<string, unknown>();
    this.members(node as YAMLMap, members);
    return toObject(members);
  }

  private scalar(node: Scalar): unknown {
    const value = jsonOf(node);
    // To go-yaml the last line of a block ends only where there is a line end.
    const isBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
    if (isBlock && typeof value === 'string' && node.range?.[1] === this.unended) return value.replace(/\n$/, '');
    return value;
  }

  /** Adds the members of a map, in the order they stand in. */
  private members(map: YAMLMap, into: Map<string, unknown>): void {
    const own = new Set<string>();
    for (const { key, value } of map.items) {
      if (isMergeKey(key)) {
        this.merge(value, key, into);
      } else {
        const name = this.name(key, map);
        if (own.has(name)) throw new UnreadableAt(offsetOf(key, map), `key ${JSON.stringify(name)} is there twice`);
        own.add(name);
        into.set(name, this.value(value));
      }
    }
  }

  private name(key: unknown, map: YAMLMap): string {
    const node = isAlias(key) ? this.target(key) : key;
    const name = isScalar(node) ? keyName(scalar(node)) : undefined;
    if (name === undefined) throw new UnreadableAt(offsetOf(key, map), 'a key has to be a string: write it in quotes');
    return name;
  }

  /** `<<`: members of other maps. To go-yaml they replace what stands above them, and are replaced by what follows. */
  private merge(source: unknown, key: Node, into: Map<string, unknown>): void {
    // Where the maps of a list disagree, the first one wins.
    const maps = isSeq(source) ? [...source.items].reverse() : [source];
    for (const map of maps) {
      const node = isAlias(map) ? this.target(map) : map;
      if (!isMap(node)) throw new UnreadableAt(offsetOf(map, key), '<< takes a map or a list of maps');
      this.count(node);
      if (isAlias(map)) this.expand(map, () => this.members(node, into));
      else this.members(node, into);
    }
  }

  private expand<T>(alias: Alias, read: (target: Node) => T): T {
    const target = this.target(alias);
    if (this.expanding.has(target)) throw new UnreadableAt(offsetOf(alias), `*${alias.source} contains itself`);
    this.expanding.add(target);
    const result = read(target);
    this.expanding.delete(target);
    return result;
  }

  private target(alias: Alias): Node {
    this.targets ??= bindAliases(this.root);
    const target = this.targets.get(alias);
    if (!target) throw new UnreadableAt(offsetOf(alias), `there is no &${alias.source} above for *${alias.source}`);
    return target;
  }

  private count(node: Node): void {
    this.nodes++;
    if (this.expanding.size > 0) this.aliased++;
    if (this.aliased > 100 && this.nodes > 1000 && this.aliased / this.nodes > aliasesAllowed(this.nodes)) {
      throw new UnreadableAt(offsetOf(node), 'its aliases would expand to far more than the document holds');
    }
  }
}

/** The node each alias means: the last one above it that has its name. */
function bindAliases(root: Node | null): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(root, {
    Node(_, node) {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target) targets.set(node, target);
      } else if (node.anchor) {
        anchors.set(node.anchor, node);
      }
    },
  });
  return targets;
}

function toObject(members: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const [name, value] of members) {
    // Assigned, it would become the prototype.
    if (name === '__proto__') Object.defineProperty(object, name, { value, ...MEMBER });
    else object[name] = value;
  }
  return object;
}
const MEMBER = { configurable: true, enumerable: true, writable: true } as const;

const CORE_TAG = 'tag:yaml.org,2002:';
const coreTag = (tag: string): string => (tag.startsWith(CORE_TAG) ? tag.slice(CORE_TAG.length) : 'str');

const isMergeKey = (key: unknown): key is Scalar<string> =>
  isScalar(key) && key.value === '<<' && (key.tag ? coreTag(key.tag) === 'merge' : key.type === 'PLAIN');

/** The text of a scalar is still as it was written: the schema it was parsed with has only strings. */
function scalar(node: Scalar): Resolved {
  const text = String(node.value ?? '');
  if (!node.tag) return node.type === 'PLAIN' ? resolvePlain(text) : { kind: 'str', value: text };
  const resolved = resolveTagged(coreTag(node.tag), text);
  if (typeof resolved === 'string') throw new UnreadableAt(offsetOf(node), resolved);
  return resolved;
}

function jsonOf(node: Scalar): string | number | boolean | null {
  const { value } = scalar(node);
  if (typeof value === 'bigint') {
    const number = Number(value);
    if (String(number) === String(value)) return number;
    throw new UnreadableAt(offsetOf(node), `${value} would be read as ${number}: write that, or put it in quotes`);
  }
  if (typeof value !== 'number') return value;
  if (!Number.isFinite(value)) throw new UnreadableAt(offsetOf(node), 'JSON, and so Kubernetes, has no such number');
  // -0 is 0.
  return value || 0;
}

const offsetOf = (node: unknown, otherwise?: Node): number =>
  (isNode(node) ? node.range?.[0] : undefined) ?? otherwise?.range?.[0] ?? 0;
