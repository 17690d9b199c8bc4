import { checkConditions, checkLimits } from './constraints';
import { FORMATS } from './formats';
import { nearest } from './nearest';
import { placeOf } from './places';
import { type SchemaReport, shown } from './report';
import { ANYTHING, loaded, type Schema, schemaOf, TYPES } from './schema';

/** Deeper objects are refused: no real one is, and none may exhaust the stack. */
const DEEPEST = 200;
/** Names that are listed when nothing is like the one that was given. */
const MOST_NAMES = 12;

type Fields = { readonly [name: string]: unknown };

/** Checks values of one object. What it finds goes into the report. */
export class Checker {
  private depth = 0;
  /** Servers set the status: nobody has to give all of it. */
  private isStatus = false;

  constructor(
    private readonly report: SchemaReport,
    /** What every object has. */
    private readonly metadata: Schema,
    /** What SOPS has encrypted is text, whatever it was. */
    private readonly isEncrypted: boolean,
  ) {}

  check(schema: Schema, value: unknown): void {
    loaded(schema);
    if (typeof value === 'string') this.checkText(schema, value);
    else if (typeof value === 'object' && value !== null) this.checkNested(schema, value);
    else if (value === null || value === undefined) this.checkNothing(schema);
    else this.checkPlain(schema, value);
  }

  /** Checks a whole object, but for what every object has. */
  checkTop(schema: Schema, { apiVersion: _, kind: __, metadata, status, ...rest }: Fields): void {
    const { fields, required } = loaded(schema);
    // Metadata has been checked if it is there.
    const top = schemaOf({ ...schema, required: required.filter((name) => name !== 'status' && !EMBEDDED.has(name)) });
    this.checkFields(top, rest);
    this.checkRest(schema, { metadata, ...rest });
    const own = fields?.get('status');
    if (own === undefined || status === undefined || status === null) return;
    this.isStatus = true;
    this.report.trail.push('status');
    this.check(own, status);
    this.report.trail.pop();
    this.isStatus = false;
  }

  private checkFields(schema: Schema, value: Fields): void {
    const { trail } = this.report;
    const { fields = NONE, values } = loaded(schema);
    // What no type and no field is known of may be anything.
    const isOpen = schema.isOpen || (schema.types === 0 && schema.fields === undefined && values === undefined);
    for (const name in value) {
      const field = fields.get(name) ?? values;
      if (field !== undefined) {
        trail.push(name);
        if (values === field && schema.keys !== undefined) this.checkKey(schema.keys, name);
        this.check(field, value[name]);
        trail.pop();
      } else if (schema.isEmbedded && EMBEDDED.has(name)) this.checkEmbedded(name, value[name]);
      else if (!isOpen) this.addUnknown(schema, name);
    }
    if (this.isStatus) return;
    for (const name of schema.required) {
      if (isGiven(value[name], schema.refusesEmpty)) continue;
      const field = fields.get(name);
      if (field !== undefined && loaded(field).hasDefault) continue;
      this.report.add('missing-field', 'is missing, and has to be given', 'add it', name);
    }
  }

  private checkText(schema: Schema, value: string): void {
    if (this.isEncrypted && value.startsWith('ENC[AES256_GCM,')) return;
    if (!this.isOf(schema, TYPES.string)) {
      this.addWrongType(schema, 'a string', textRemedy(schema.types, value));
      return;
    }
    if (schema.choices !== undefined && !schema.choices.includes(value)) this.addChoices(schema.choices, value);
    if (schema.format !== undefined && value !== '') this.checkFormat(schema.format, value);
    this.checkRest(schema, value);
  }

  private checkPlain(schema: Schema, value: unknown): void {
    const isNumber = typeof value === 'number' || typeof value === 'bigint';
    const isWhole = typeof value === 'bigint' || Number.isInteger(value);
    const type = isNumber ? (isWhole ? TYPES.integer : TYPES.number) : TYPES.boolean;
    if (!this.isOf(schema, type)) {
      const name = isNumber ? (isWhole ? 'an integer' : 'a number') : 'a boolean';
      this.addWrongType(schema, name, plainRemedy(schema.types));
      return;
    }
    if (schema.choices !== undefined && !schema.choices.includes(value)) this.addChoices(schema.choices);
    if (isNumber && schema.format !== undefined) this.checkFormat(schema.format, Number(value));
    this.checkRest(schema, value);
  }

  private checkNested(schema: Schema, value: object): void {
    if (++this.depth > DEEPEST) {
      this.report.add(
        'too-deep',
        'is nested too deeply to be checked',
        'no object of Kubernetes is: look how it came about',
      );
    } else if (Array.isArray(value)) this.checkList(schema, value);
    else this.checkObject(schema, value as Fields);
    this.depth--;
  }

  private checkObject(schema: Schema, value: Fields): void {
    if (!this.isOf(schema, TYPES.object)) {
      this.addWrongType(schema, 'an object', plainRemedy(schema.types));
      return;
    }
    if (schema === ANYTHING) return;
    this.checkFields(schema, value);
    this.checkRest(schema, value);
  }

  private checkList(schema: Schema, value: readonly unknown[]): void {
    if (!this.isOf(schema, TYPES.array)) {
      this.addWrongType(schema, 'a list', plainRemedy(schema.types));
      return;
    }
    const { trail } = this.report;
    if (schema.items !== undefined) {
      for (const [index, item] of value.entries()) {
        trail.push(index);
        this.check(schema.items, item);
        trail.pop();
      }
    }
    this.checkRest(schema, value);
  }

  /** Nothing is as good as no field; in a list it is an item with no fields, or none at all. */
  private checkNothing(schema: Schema): void {
    if (typeof this.report.trail.at(-1) !== 'number') return;
    if (!schema.isNullable) this.addWrongType(schema, 'null', 'give it a value, or leave the item out');
    else if (schema.required.length > 0) this.checkFields(schema, {});
  }

  private checkEmbedded(name: string, value: unknown): void {
    this.report.trail.push(name);
    if (name === 'metadata') this.check(this.metadata, value);
    else if (typeof value !== 'string')
      this.report.add('wrong-type', 'is no string, and has to be one', 'put it in quotes');
    this.report.trail.pop();
  }

  private checkRest(schema: Schema, value: unknown): void {
    const { pattern, limits, conditions } = schema;
    if (pattern !== undefined && typeof value === 'string' && !pattern.matches(value)) {
      this.report.add('pattern', 'is not of the form it has to have', `it has to match ${pattern.source}`);
    }
    if (limits !== undefined) checkLimits(limits, value, this.report);
    if (conditions !== undefined) {
      checkConditions(conditions, this.report, (own, report) =>
        new Checker(report, this.metadata, this.isEncrypted).check(own, value),
      );
    }
  }

  private checkFormat(name: string, value: string | number): void {
    const format = FORMATS[name];
    if (format !== undefined && !format.isValid(value)) this.report.add(format.rule, format.message, format.remedy);
  }

  private checkKey(name: string, key: string): void {
    const format = FORMATS[name];
    if (format !== undefined && !format.isValid(key))
      this.report.add(format.rule, `its key ${format.message}`, format.remedy);
  }

  private isOf({ types }: Schema, type: number): boolean {
    return types === 0 || (types & type) !== 0;
  }

  private addWrongType({ types }: Schema, found: string, remedy: string): void {
    this.report.add('wrong-type', `is ${found}, and has to be ${namesOf(types)}`, remedy);
  }

  private addChoices(choices: readonly unknown[], value?: string): void {
    if (this.report.isFull) return;
    const names = choices.filter((choice) => choice !== '').map(String);
    const meant = value === undefined ? undefined : nearest(value, names);
    const list = names.length > MOST_NAMES ? `${names.slice(0, MOST_NAMES).join(', ')}, …` : names.join(', ');
    const remedy = meant === undefined ? `use one of: ${list}` : `did you mean \`${meant}\`? there are: ${list}`;
    this.report.add('unknown-value', 'is none of the values there are', remedy);
  }

  private addUnknown(schema: Schema, name: string): void {
    if (this.report.isFull) return;
    const why = schema.explain?.(name);
    if (why !== undefined) {
      this.report.add(
        'unknown-field',
        `is not known to this version: ${why}`,
        'remove it, or state the version that the cluster has',
        name,
      );
      return;
    }
    const names = [...(schema.fields?.keys() ?? [])];
    const meant = nearest(name, names);
    const place = meant === undefined ? placeOf(schema, name) : undefined;
    let remedy = 'remove it';
    if (meant !== undefined) remedy = `did you mean \`${meant}\`?`;
    else if (place !== undefined) remedy = `there is one in \`${place}\`: move it there, or remove it`;
    else if (names.length > 0 && names.length <= MOST_NAMES) remedy = `remove it; there are: ${names.join(', ')}`;
    this.report.add('unknown-field', `there is no field \`${shown(name)}\` here`, remedy, name);
  }
}

const NONE: ReadonlyMap<string, Schema> = new Map();
const EMBEDDED: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);

function isGiven(value: unknown, refusesEmpty: boolean): boolean {
  return value !== undefined && value !== null && !(refusesEmpty && value === '');
}

function namesOf(types: number): string {
  const names: [number, string][] = [
    [TYPES.string, 'a string'],
    [TYPES.number, 'a number'],
    [TYPES.integer, (types & TYPES.number) === 0 ? 'an integer' : ''],
    [TYPES.boolean, 'a boolean'],
    [TYPES.object, 'an object'],
    [TYPES.array, 'a list'],
  ];
  return names
    .filter(([type, name]) => (types & type) !== 0 && name !== '')
    .map(([, name]) => name)
    .join(' or ');
}

function textRemedy(types: number, value: string): string {
  if ((types & (TYPES.integer | TYPES.number)) !== 0 && /^-?\d+(\.\d+)?$/.test(value)) return 'write it without quotes';
  if ((types & TYPES.boolean) !== 0 && /^(true|false)$/i.test(value)) return 'write it without quotes';
  return plainRemedy(types);
}

function plainRemedy(types: number): string {
  if ((types & TYPES.string) !== 0) return 'put it in quotes';
  if ((types & TYPES.array) !== 0) return 'write a list, each item after `- `, even if there is but one';
  if ((types & TYPES.object) !== 0) return 'write its fields below it';
  return (types & TYPES.boolean) !== 0 ? 'write true or false' : 'write a number';
}
