import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Real agents have a run of their own: npm run test:e2e.
    exclude: ['test/e2e/**'],
    // Tests run programs, servers and repositories of their own: half a minute is the bound, not the expectation.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // By default one core stays idle; most of the time is git's.
    maxWorkers: '100%',
    alias: { 'cdk8s-gitops': fileURLToPath(new URL('./src/index.ts', import.meta.url)) },
  },
});
