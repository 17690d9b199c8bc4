import { ANYTHING, loaded, type Schema, schemaOf, TYPES } from './schema';

/**
 * The types of several Kubernetes versions as a text, one per line:
 *
 *     ^27-37                                    minor versions it is about
 *     :apps/v1 Deployment apps/v1.Deployment    a kind and its type; `-` when no version has it any more
 *     =core/v1.Protocol SCTP|TCP|UDP            a closed set of values
 *     core/v1.Container name!:s~dnsLabel args:[s] ports:[.ContainerPort] restartPolicy@28
 *
 * A field is a name, `!` when it is required, `:` and a type unless that is a string, and `@28`, `@-31` or `@28-31` when
 * only some versions have it. Types: `s`tring, `i`nt32, `l`ong, `n`umber, `b`oolean, `q`uantity, `x` integer or string,
 * `t`ime, `m`icroseconds of time, b`y`tes, `o`bject of any kind, `*` anything, `[list]`, `{map}`, `=values`, the name of a type (`.Name` in the package at
 * hand), `a|b` either; `~` and a format. Kinds may say `deprecated=25 removed=28 successor=group/version/Kind`.
 */
export class TypeTable {
  /** Minor versions. */
  readonly oldest: number;
  readonly newest: number;
  private readonly kinds = new Map<string, KindLine>();
  private readonly lines = new Map<string, string>();
  private readonly types = new Map<string, Schema>();
  private readonly expressions = new Map<string, Schema>();

  /** @param minor the version to look at. @default - the newest */
  constructor(
    text: string,
    readonly minor?: number,
  ) {
    const lines = text.split('\n');
    const [oldest = 0, newest = 0] = (lines[0] ?? '').slice(1).split('-').map(Number);
    this.oldest = oldest;
    this.newest = newest;
    for (const line of lines) {
      if (line.startsWith(':')) this.addKind(line);
      else {
        const end = line.indexOf(' ');
        this.lines.set(end < 0 ? line : line.slice(0, end), line);
      }
    }
  }

  /** Minor version that is looked at. */
  get version(): number {
    return Math.min(this.minor ?? this.newest, this.newest);
  }

  /** @param apiVersion such as `apps/v1` */
  kind(apiVersion: string, kind: string): KindLine | undefined {
    return this.kinds.get(`${apiVersion} ${kind}`);
  }

  /** All kinds, those that this version does not have among them. */
  allKinds(): Iterable<KindLine> {
    return this.kinds.values();
  }

  has({ type, since, until }: KindLine): boolean {
    return type !== undefined && since <= this.version && this.version <= until;
  }

  type(name: string): Schema {
    const known = this.types.get(name);
    if (known !== undefined) return known;
    const schema = schemaOf({ types: TYPES.object, load: (own) => this.loadType(own, name) });
    this.types.set(name, schema);
    return schema;
  }

  private addKind(line: string): void {
    const [apiVersion = '', kind = '', place = '', ...rest] = line.slice(1).split(' ');
    const [type = '', range] = place.split('@');
    const notes = Object.fromEntries(rest.map((note) => note.split('=') as [string, string]));
    this.kinds.set(`${apiVersion} ${kind}`, {
      apiVersion,
      kind,
      type: type === '-' ? undefined : type,
      ...rangeOf(range),
      deprecated: Number(notes.deprecated ?? Number.POSITIVE_INFINITY),
      removed: Number(notes.removed ?? Number.POSITIVE_INFINITY),
      successor: notes.successor,
    });
  }

  private loadType(schema: Schema, name: string): void {
    const own = name.slice(0, name.indexOf('.'));
    const fields = new Map<string, Schema>();
    const required: string[] = [];
    const elsewhere = new Map<string, string>();
    const [, ...parts] = (this.lines.get(name) ?? name).split(' ');
    for (const part of parts) {
      const [, field = '', bang, type = 's', range] = /^([^!:@]+)(!)?(?::([^@]+))?(?:@(.+))?$/.exec(part) ?? [];
      const { since, until } = rangeOf(range);
      if (this.version < since) elsewhere.set(field, `Kubernetes has it since 1.${since}`);
      else if (this.version > until) elsewhere.set(field, `Kubernetes had it up to 1.${until}`);
      else {
        fields.set(field, this.expression(type, own));
        if (bang !== undefined) required.push(field);
      }
    }
    schema.fields = fields;
    schema.required = required;
    schema.refusesEmpty = true;
    if (elsewhere.size > 0) schema.explain = (field) => elsewhere.get(field);
  }

  private expression(text: string, own: string): Schema {
    const full = text.replace(/(^|[[{,=|])\./g, `$1${own}.`);
    const known = this.expressions.get(full);
    if (known !== undefined) return known;
    const schema = this.parse(full);
    this.expressions.set(full, schema);
    return schema;
  }

  private parse(text: string): Schema {
    const inner = text.slice(1, -1);
    if (text.startsWith('[') && !text.includes(']|')) {
      return schemaOf({ types: TYPES.array, items: this.expression(inner, '') });
    }
    if (text.startsWith('{')) {
      const [, keys, values = ''] = /^(?:~(\w+),)?(.*)$/.exec(inner) ?? [];
      return schemaOf({ types: TYPES.object, keys, values: this.expression(values, '') });
    }
    const either = text.split('|');
    if (either.length > 1) return this.union(either);
    if (text.startsWith('=')) return schemaOf({ types: TYPES.string, choices: this.choices(text) });
    const [type = '', format] = text.split('~');
    const simple = SIMPLE[type];
    return simple === undefined ? this.type(type) : simple(format);
  }

  private choices(text: string): readonly string[] {
    const line = this.lines.get(text) ?? '';
    // Nothing given is as good as no field.
    return ['', ...line.slice(text.length + 1).split('|')];
  }

  private union(texts: readonly string[]): Schema {
    return schemaOf({
      load: (schema) => {
        for (const text of texts) {
          const { types, fields, items, required } = loaded(this.expression(text, ''));
          schema.types |= types;
          schema.fields ??= fields;
          schema.items ??= items;
          if (required.length > 0) schema.required = required;
        }
      },
    });
  }
}

/** What the table says of a kind. */
export interface KindLine {
  readonly apiVersion: string;
  readonly kind: string;
  /** @default - no version has it any more */
  readonly type: string | undefined;
  /** Minor versions that have it. */
  readonly since: number;
  readonly until: number;
  /** Minor versions, infinite when there is none. */
  readonly deprecated: number;
  readonly removed: number;
  /** `group/version/Kind` */
  readonly successor: string | undefined;
}

function rangeOf(text = ''): { since: number; until: number } {
  const [since = '', until = ''] = text.includes('-') ? text.split('-') : [text];
  return { since: Number(since || 0), until: until === '' ? Number.POSITIVE_INFINITY : Number(until) };
}

const SIMPLE: Readonly<Record<string, (format: string | undefined) => Schema>> = {
  s: (format) => schemaOf({ types: TYPES.string, format }),
  i: (format) => schemaOf({ types: TYPES.integer, format: format ?? 'int32' }),
  l: (format) => schemaOf({ types: TYPES.integer, format }),
  n: () => schemaOf({ types: TYPES.number | TYPES.integer }),
  b: () => schemaOf({ types: TYPES.boolean }),
  q: () => schemaOf({ types: TYPES.string | TYPES.number | TYPES.integer, format: 'quantity' }),
  x: (format) => schemaOf({ types: TYPES.string | TYPES.integer, format }),
  t: () => schemaOf({ types: TYPES.string, format: 'date-time' }),
  m: () => schemaOf({ types: TYPES.string, format: 'microTime' }),
  y: () => schemaOf({ types: TYPES.string, format: 'byte' }),
  o: () => schemaOf({ types: TYPES.object, isOpen: true }),
  '*': () => ANYTHING,
};
