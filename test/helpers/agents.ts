import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

/** Real programs that tests run against. `scripts/build-agents.sh` builds them. */

const root = resolve(__dirname, '../..');

/** Folder that holds the programs of an agent, and under `data` what they need. It may not be there yet. */
export function agentFolder(name: string): string {
  const source = join(root, 'test/e2e/agents', name);
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(source, file)));
  return join(root, '.cache/agents', `${name}-${hash.digest('hex').slice(0, 16)}`);
}

/**
 * Why tests that need these agents are to be skipped, if they are: on a developer's machine they may not be built. In CI
 * (`CI=true`) that is a failure, so that nobody takes tests that did not run for tests that passed.
 */
export function missingAgents(...names: string[]): string | undefined {
  const missing = names.filter((name) => !existsSync(agentFolder(name)));
  if (missing.length === 0) return undefined;
  const reason = `not built: scripts/build-agents.sh ${missing.join(' ')}`;
  if (process.env.CI === 'true') throw new Error(`agents that tests need are ${reason}`);
  return reason;
}

/** Fails with what to run when one of these agents is not built: for runs that are about nothing but them. */
export function requireAgents(...names: string[]): void {
  const missing = names.filter((name) => !existsSync(agentFolder(name)));
  if (missing.length === 0) return;
  throw new Error(`real agents are not built: run \`bash scripts/build-agents.sh ${missing.join(' ')}\` (needs Go)`);
}

/** Fails with what to install when there is no redis, which Argo CD keeps its cache in. */
export function requireRedis(): void {
  const folders = (process.env.PATH ?? '').split(delimiter);
  if (folders.some((folder) => existsSync(join(folder, 'redis-server')))) return;
  throw new Error('redis-server is not on the PATH: install it (Debian: `apt-get install redis-server`)');
}
