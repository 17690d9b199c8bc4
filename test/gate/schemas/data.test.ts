import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { GateObject } from '../../../src/gate';
import { schemaFamily } from '../../../src/gate/schemas';
import { parseYaml } from '../../../src/yaml/parse';
import { ARGO_CD_DEFINITIONS, missingData } from '../../helpers/shared-data';

const missing = missingData();
const DATA = dirname(ARGO_CD_DEFINITIONS);

/** What upstream says that 1.27 does not know yet; servers leave it out with a warning. */
const LATER =
  /^(charts\/(cilium|datadog)\.yaml\.gz .*appArmorProfile|external-secrets\/crds\.yaml .*selectableFields)$/;

describe.skipIf(missing !== undefined)(
  `manifests of real projects${missing === undefined ? '' : ` (${missing})`}`,
  () => {
    const objects: GateObject[] = [];
    const errors = (kubernetesVersion?: string) => {
      const family = schemaFamily({ kubernetesVersion });
      family.prepare?.(objects);
      const issues = objects.flatMap((object) => [...(family.check?.(object, {}) ?? [])]);
      return issues
        .filter(({ severity }) => severity === 'error')
        .map(({ file, rule, field }) => `${file} ${rule} ${field}`);
    };

    it('are read', () => {
      for (const file of readdirSync(DATA, { recursive: true, encoding: 'utf8' })) {
        if (!/\.yaml(\.gz)?$/.test(file)) continue;
        const bytes = readFileSync(join(DATA, file));
        const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
        objects.push(...parseYaml(text).map((value) => ({ manifest: value as GateObject['manifest'], file })));
      }
      expect(objects.length).toBeGreaterThan(1000);
    });

    for (const version of ['1.34', '1.35', '1.36', '1.37']) {
      it(`are valid in Kubernetes ${version}`, () => {
        expect(errors(version)).toEqual([]);
      });
    }

    it('are valid in Kubernetes 1.27, but for fields that came later', () => {
      const found = errors('1.27');
      expect(found.filter((line) => !LATER.test(line))).toEqual([]);
      expect(found).toHaveLength(4);
    });
  },
);
