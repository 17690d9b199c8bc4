import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { checkObjects, type GateObject, type RuleFamily, schemaFamily } from '../src/gate';
import { secretFamily } from '../src/gate/secrets';
import { parseYaml } from '../src/yaml/parse';
import { table } from './measure';

const OBJECTS = 100_000;

/**
 * Measures the gate's schemas, alone and with its rules for secrets, in process and on one core: real objects, again and
 * again. Nothing is remembered of an object that was seen, but what tells definitions apart.
 *
 * @param data folder with rendered charts (`*.yaml.gz`). @default - nothing is measured
 */
export function benchSchemas(data: string | undefined, log: (line: string) => void): string {
  if (data === undefined || !existsSync(data)) return 'No manifests were at hand.';
  const objects = readdirSync(data)
    .filter((name) => name.endsWith('.yaml.gz'))
    .flatMap((file) => parseYaml(gunzipSync(readFileSync(join(data, file))).toString('utf8')))
    .map((value) => ({ manifest: value as GateObject['manifest'], file: 'x.yaml' }));
  const definitions = objects.filter(({ manifest }) => manifest.kind === 'CustomResourceDefinition');
  const others = objects.filter(({ manifest }) => manifest.kind !== 'CustomResourceDefinition');
  const share = Math.round((100 * definitions.length) / objects.length);
  const rows: string[][] = [];
  const measure = (name: string, from: readonly GateObject[]) => {
    const many = Array.from({ length: OBJECTS }, (_, i) => from[i % from.length] as GateObject);
    const seconds = (families: readonly RuleFamily[]) => (time(many, families) / 1000).toFixed(1);
    // A family of its own, so that its types are read anew.
    const row = [name, seconds([schemaFamily()]), seconds([secretFamily]), seconds([secretFamily, schemaFamily()])];
    log(`schemas, ${OBJECTS} objects, ${row.join(', ')}`);
    rows.push(row);
  };
  measure(
    `${OBJECTS.toLocaleString('en')} of ${objects.length} of public charts, ${share} % of them definitions`,
    objects,
  );
  measure(`${OBJECTS.toLocaleString('en')} of them, CustomResourceDefinitions left out`, others);
  return table(['objects', 'schemas, s', 'secrets, s', 'both, s'], rows);
}

function time(objects: readonly GateObject[], families: readonly RuleFamily[]): number {
  // Time of the processor: others may use the machine at the same time.
  const started = process.cpuUsage();
  checkObjects(objects, { families });
  return process.cpuUsage(started).user / 1000;
}
