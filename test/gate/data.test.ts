import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { checkObjects, type GateObject } from '../../src/gate';
import { secretFamily } from '../../src/gate/secrets';
import { parseYaml } from '../../src/yaml/parse';

/** Manifests of real projects. They are no part of this repository: the folder is given, or lies beside it. */
const DATA = process.env.CDK8S_GITOPS_DATA ?? resolve(__dirname, '../../../shared/data');

/** What is a leak all the same: default passwords. */
const REAL = [/^charts\/apisix-dashboard\.yaml\.gz ConfigMap apisix-dashboard$/];

function missingData(): string | undefined {
  if (existsSync(join(DATA, 'charts'))) return undefined;
  const reason = 'no manifests of real projects: set CDK8S_GITOPS_DATA';
  if (process.env.CI === 'true') throw new Error(reason);
  return reason;
}

const missing = missingData();

describe.skipIf(missing !== undefined)(
  `manifests of real projects${missing === undefined ? '' : ` (${missing})`}`,
  () => {
    it('raise a false alarm for three in a thousand at most', () => {
      const alarms = new Set<string>();
      let objects = 0;
      for (const file of readdirSync(DATA, { recursive: true, encoding: 'utf8' }).filter((path) =>
        /\.yaml(\.gz)?$/.test(path),
      )) {
        const bytes = readFileSync(join(DATA, file));
        for (const value of parseYaml((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'))) {
          const manifest = value as GateObject['manifest'];
          objects++;
          for (const { severity, object } of checkObjects([{ manifest, file }], { families: [secretFamily] })) {
            if (severity === 'error') alarms.add(`${file} ${object?.kind} ${object?.name}`);
          }
        }
      }
      const found = [...alarms].filter((alarm) => REAL.some((real) => real.test(alarm)));
      const wrong = [...alarms].filter((alarm) => !found.includes(alarm));
      expect(objects).toBeGreaterThan(1000);
      expect(found).toHaveLength(REAL.length);
      expect(wrong.length / objects, wrong.join('\n')).toBeLessThanOrEqual(0.003);
    });
  },
);
