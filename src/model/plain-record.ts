/**
 * Reads the few shapes of YAML that records are written in, many times faster than a YAML parser does. It is not a YAML
 * parser: what it returns may be wrong, so that whoever uses it has to write it out again and compare.
 * @returns undefined for anything else
 */
export function readPlainRecord(text: string): Record<string, unknown> | undefined {
  const value: Record<string, unknown> = {};
  let map: Record<string, unknown> | undefined;
  let list: string[] | undefined;
  let key = '';
  for (const line of text.split('\n')) {
    if (line === '') continue;
    if (line.startsWith('  - ')) {
      list ??= [];
      list.push(unquote(line.slice(4)));
      value[key] = list;
      continue;
    }
    const nested = line.startsWith('  ');
    const colon = line.indexOf(': ');
    const name = line.slice(nested ? 2 : 0, colon < 0 ? -1 : colon);
    // Whatever needs quotes, and names that objects have by themselves.
    if (!/^[\w./-]+$/.test(name) || name.startsWith('__')) return undefined;
    if (nested) {
      if (colon < 0) return undefined;
      map ??= {};
      map[name] = unquote(line.slice(colon + 2));
      value[key] = map;
      continue;
    }
    map = undefined;
    list = undefined;
    key = name;
    if (colon < 0) continue;
    const scalar = line.slice(colon + 2);
    value[name] = scalar === '[]' ? [] : scalar === '{}' ? {} : unquote(scalar);
  }
  return value;
}

/** Git ids that look like numbers are quoted. */
function unquote(text: string): string {
  return /^"[\w./-]*"$/.test(text) ? text.slice(1, -1) : text;
}
