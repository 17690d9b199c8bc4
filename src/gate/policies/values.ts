/** Manifests may hold anything anywhere: these read what is there as what it should be, or as nothing. */

export type Fields = Readonly<Record<string, unknown>>;

const NOTHING: Fields = {};

export function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : NOTHING;
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Labels as they are: all texts. */
export function labels(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(fields(value)).map(([key, each]) => [key, String(each)]));
}

/** The values that occur more than once, with the index of the second time. */
export function repeated(values: readonly string[]): { readonly value: string; readonly index: number }[] {
  const seen = new Set<string>();
  const told = new Set<string>();
  return values.flatMap((value, index) => {
    if (value === '' || !seen.has(value)) {
      seen.add(value);
      return [];
    }
    if (told.has(value)) return [];
    told.add(value);
    return [{ value, index }];
  });
}
