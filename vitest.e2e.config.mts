import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Cheap files come first, so that a mistake is seen early; those that are not named here follow by name. */
const ORDER = ['control-plane', 'schemas', 'secrets', 'gitea'];
const LAST = ['agents'];

class CheapFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification) => {
      const name = basename(moduleId, '.test.ts');
      if (LAST.includes(name)) return ORDER.length + 1;
      return ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length;
    };
    return files.sort((a, b) => placeOf(a) - placeOf(b) || a.moduleId.localeCompare(b.moduleId));
  }
}

/** Real agents on a real control plane: one cluster at a time. */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    fileParallelism: false,
    sequence: { sequencer: CheapFirst },
    reporters: ['default', './test/e2e/cluster/times-reporter.ts'],
    alias: { 'cdk8s-gitops': fileURLToPath(new URL('./src/index.ts', import.meta.url)) },
  },
});
