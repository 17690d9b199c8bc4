import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes longest starts first, so that nothing is left to wait for at the end; the rest follows by name. */
const FIRST = ['agent-argocd', 'alerts', 'agent-flux'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification) => {
      const place = FIRST.indexOf(basename(moduleId, '.test.ts'));
      return place < 0 ? FIRST.length : place;
    };
    return files.sort((a, b) => placeOf(a) - placeOf(b) || a.moduleId.localeCompare(b.moduleId));
  }
}

/**
 * What programs keep lies in memory, where there is enough of it: databases, clones and unpacked artifacts of whole clusters
 * wait for a disk rather than for each other. It is gone with the run.
 */
const MEMORY = '/dev/shm';
const ENOUGH = 6 * 2 ** 30;
if (existsSync(MEMORY) && freeIn(MEMORY) > ENOUGH) {
  process.env.TMPDIR = mkdtempSync(join(MEMORY, 'cdk8s-gitops-e2e-'));
  process.once('exit', () => rmSync(process.env.TMPDIR ?? '', { recursive: true, force: true }));
}

function freeIn(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Real agents on real control planes, two files at a time: most of it is waiting. */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    reporters: ['verbose', './test/e2e/cluster/times-reporter.ts'],
    alias: { 'cdk8s-gitops': fileURLToPath(new URL('./src/index.ts', import.meta.url)) },
  },
});
