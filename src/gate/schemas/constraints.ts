import { SchemaReport } from './report';
import type { Conditions, Limits, Schema } from './schema';

/** Checks the bounds that a definition sets. */
export function checkLimits(limits: Limits, value: unknown, report: SchemaReport): void {
  if (typeof value === 'number') checkNumber(limits, value, report);
  else if (typeof value === 'string') {
    // Counted in characters, as Go's runes are.
    checkCount(limits.minLength, limits.maxLength, value.length, () => [...value].length, 'characters', report);
  } else if (Array.isArray(value)) {
    checkCount(limits.minItems, limits.maxItems, value.length, () => value.length, 'items', report);
    if (limits.uniqueItems === true && new Set(value.map((item) => JSON.stringify(item))).size < value.length) {
      report.add('duplicate', 'has the same item twice', 'leave one of them out');
    }
  } else if (typeof value === 'object' && value !== null) {
    const count = () => Object.keys(value).length;
    if (limits.minProperties !== undefined || limits.maxProperties !== undefined) {
      checkCount(limits.minProperties, limits.maxProperties, count(), count, 'fields', report);
    }
  }
}

function checkNumber(limits: Limits, value: number, report: SchemaReport): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = limits;
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    report.add('range', 'is too small', `it has to be ${exclusiveMinimum ? 'more than' : 'at least'} ${minimum}`);
  }
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    report.add('range', 'is too large', `it has to be ${exclusiveMaximum ? 'less than' : 'at most'} ${maximum}`);
  }
  if (multipleOf !== undefined && multipleOf > 0 && !Number.isInteger(value / multipleOf)) {
    report.add('range', `is no multiple of ${multipleOf}`, `use a multiple of ${multipleOf}`);
  }
}

/** @param rough at least as much as the count, and cheap */
function checkCount(
  least: number | undefined,
  most: number | undefined,
  rough: number,
  count: () => number,
  what: string,
  report: SchemaReport,
): void {
  if (least !== undefined && (rough < least || count() < least)) {
    report.add('length', `has too few ${what}`, `it has to have ${least} at least`);
  } else if (most !== undefined && rough > most && count() > most) {
    report.add('length', `has too many ${what}`, `it may have ${most} at most`);
  }
}

/**
 * Checks what a definition asks for in other words: all of these, any, exactly one, not this.
 * @param check checks the value against a schema
 */
export function checkConditions(
  conditions: Conditions,
  report: SchemaReport,
  check: (schema: Schema, report: SchemaReport) => void,
): void {
  const holds = (schema: Schema) => {
    const own = new SchemaReport({ manifest: {}, file: '' });
    check(schema, own);
    return own.issues.length === 0;
  };
  const { allOf = [], anyOf, oneOf, not } = conditions;
  for (const schema of allOf) check(schema, report);
  if (anyOf !== undefined && !anyOf.some(holds)) {
    report.add('alternatives', 'is none of the things it may be', hintOf(anyOf));
  }
  const holding = oneOf?.filter(holds).length ?? 1;
  if (oneOf !== undefined && holding !== 1) {
    const message = holding === 0 ? 'is none of the things it may be' : 'is more than one of the things it may be';
    report.add('alternatives', message, hintOf(oneOf));
  }
  if (not !== undefined && holds(not)) {
    report.add('alternatives', 'is what it must not be', 'see what its definition excludes');
  }
}

function hintOf(alternatives: readonly Schema[]): string {
  const sets = alternatives.map(({ required }) => required.map((name) => `\`${name}\``).join(' and '));
  if (sets.every((set) => set !== '')) return `give ${sets.join(', or ')}`;
  return 'see the alternatives in its definition';
}
