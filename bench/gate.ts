// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what the programs of users have in their files
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { checkObjects, type GateObject } from '../src/gate';
import { secretFamily } from '../src/gate/secrets';
import { parseYaml } from '../src/yaml/parse';
import { table } from './measure';

const OBJECTS = 100_000;
const MEGABYTE = 1_000_000;

/**
 * Measures the gate's rules for secrets alone, in process and on one core: many real objects, and texts made to be slow.
 *
 * @param data folder with rendered charts (`*.yaml.gz`). @default - the first part is left out when there is none
 */
export function benchGate(data: string | undefined, log: (line: string) => void): string {
  const parts: string[] = [];
  if (data !== undefined && existsSync(data)) parts.push(benchCharts(data, log), '');
  const rows = Object.entries(ADVERSARIES).map(([name, make]) => {
    const text = make();
    const times = Array.from({ length: 5 }, () => time([{ manifest: manifest(text), file: 'x.yaml' }]));
    const [median = 0] = times.sort((a, b) => a - b).slice(2);
    log(`gate, ${name}: ${median.toFixed(0)} ms`);
    return [name, median.toFixed(0)];
  });
  parts.push(table(['1 MB of', 'ms'], rows));
  return parts.join('\n');
}

function benchCharts(data: string, log: (line: string) => void): string {
  const objects = readdirSync(data)
    .filter((name) => name.endsWith('.yaml.gz'))
    .flatMap((file) => parseYaml(gunzipSync(readFileSync(join(data, file))).toString('utf8')))
    .map((value) => ({ manifest: value as GateObject['manifest'], file: 'x.yaml' }));
  // Copies of their own: nothing is remembered of an object that was seen.
  const many = Array.from({ length: OBJECTS }, (_, i) => objects[i % objects.length] as GateObject);
  const bytes = objects.reduce((sum, { manifest }) => sum + JSON.stringify(manifest).length, 0) / objects.length;
  const all = time(many) / 1000;
  const small = many.filter(({ manifest }) => manifest.kind !== 'CustomResourceDefinition');
  const workloads = time(Array.from({ length: OBJECTS }, (_, i) => small[i % small.length] as GateObject)) / 1000;
  log(`gate, ${OBJECTS} objects: ${all.toFixed(1)} s, ${workloads.toFixed(1)} s without definitions`);
  return table(
    ['objects', 'bytes each (mean)', 's'],
    [
      [`${OBJECTS.toLocaleString('en')} of ${objects.length} of public charts`, bytes.toFixed(0), all.toFixed(1)],
      [`${OBJECTS.toLocaleString('en')} of them, CustomResourceDefinitions left out`, '', workloads.toFixed(1)],
    ],
  );
}

function time(objects: readonly GateObject[]): number {
  // Time of the processor: others may use the machine at the same time.
  const started = process.cpuUsage();
  checkObjects(objects, { families: [secretFamily] });
  return process.cpuUsage(started).user / 1000;
}

const manifest = (text: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'x' },
  data: { x: text },
});
const repeat = (text: string) => text.repeat(Math.ceil(MEGABYTE / text.length));

/** Texts that make scanners slow. */
export const ADVERSARIES: Readonly<Record<string, () => string>> = {
  'one letter': () => repeat('a'),
  colons: () => repeat(':'),
  'names of passwords': () => repeat('password:'),
  'names with values': () => repeat('password: ${X}\n'),
  'names in one line': () => repeat('token=a '),
  'open templates': () => `password: ${repeat('{{')}`,
  'open quotes': () => repeat('password="'),
  'tokens, nearly': () => repeat('ghp_aB1'),
  'URLs, nearly': () => repeat('http://a:'),
  'URLs with at signs': () => repeat('http://a/@'),
  'JSON Web Tokens, nearly': () => repeat('eyJhbGciOiJIUzI1NiJ9.'),
  'private keys, nearly': () => repeat('-----BEGIN PRIVATE KEY-----'),
  'nested base64': () => {
    let text = 'password: hunter2';
    while (text.length < MEGABYTE * 0.75) text = Buffer.from(`${text} ${text}`).toString('base64');
    return text;
  },
  'short base64': () => repeat(`${Buffer.from('hello world, again').toString('base64')} `),
  commands: () => repeat('curl -u '),
  'commands in lines': () => repeat('mysql -p$X && curl -u $A:$B x\n'),
  'nested JSON': () => '[{"a":'.repeat(150_000),
  'nested JSON, closed': () => `${'['.repeat(500_000)}${']'.repeat(500_000)}`,
  'strings of JSON': () => JSON.stringify(Array.from({ length: 60_000 }, (_, i) => `token: a${i}`)),
  'nested YAML': () => Array.from({ length: 1400 }, (_, i) => `${' '.repeat(i)}secret:`).join('\n'),
  'spelt-out Secret': () => `kind: Secret\ndata:\n${repeat('  a: b\n')}`,
  'padding of base64': () => `${repeat('=')}a`,
  'spaces within values': () => repeat(`password: x${' '.repeat(4000)}y\n`),
  'spaces before comments': () => repeat(`password: x${' #'.repeat(2000)}\n`),
  spaces: () => repeat('password: '.padEnd(4000)),
  placeholders: () => repeat(`password: ${'dummy-'.repeat(20)}\n`),
  'hashes, nearly': () => repeat('$2y$10$abc'),
};
