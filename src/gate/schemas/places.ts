import { loaded, type Schema } from './schema';

/** Fields deeper than this are no likely place for one that went astray. */
const DEEPEST = 3;
const MOST_SCHEMAS = 300;

/** Where below an object there is a field of that name: `template.spec`. */
export function placeOf(schema: Schema, name: string): string | undefined {
  let level: [schema: Schema, path: string][] = [[schema, '']];
  const seen = new Set<Schema>([schema]);
  for (let depth = 0; depth < DEEPEST; depth++) {
    const next: [Schema, string][] = [];
    for (const [own, path] of level) {
      for (const [key, field] of own.fields ?? []) {
        const list = loaded(field).items;
        const inner = list ?? field;
        if (seen.has(inner) || seen.size > MOST_SCHEMAS) continue;
        seen.add(inner);
        const below = `${path === '' ? '' : `${path}.`}${key}${list === undefined ? '' : '[]'}`;
        if (loaded(inner).fields?.has(name)) return below;
        next.push([inner, below]);
      }
    }
    level = next;
  }
  return undefined;
}
