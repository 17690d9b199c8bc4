import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gitEnv, temporaryFolder } from '../../helpers/git';
import { PUBLISHERS, ROUNDS, race } from './servers';

describe('servers without this or that still have a queue', () => {
  test.each([
    ['no filters, silently', { 'uploadpack.allowFilter': 'false' }],
    ['no filters, with an error', { 'uploadpackfilter.allow': 'false' }],
    ['no tree filters', { 'uploadpackfilter.tree.allow': 'false' }],
    ['no atomic pushes', { 'receive.advertiseAtomic': 'false' }],
  ])('%s', async (_, config: Record<string, string>) => {
    expect(await race({ config })).toBe(PUBLISHERS * ROUNDS);
  });

  test('no atomic pushes, over HTTP', async () => {
    expect(await race({ config: { 'receive.advertiseAtomic': 'false' } }, true)).toBe(PUBLISHERS * ROUNDS);
  });

  test('no objects by id, and no filters', async () => {
    const file = join(temporaryFolder(), 'config');
    writeFileSync(file, '[protocol]\n\tversion = 0\n');
    const config = { 'uploadpack.allowFilter': 'false', 'uploadpack.allowAnySHA1InWant': 'false' };
    expect(await race({ config, env: { ...gitEnv, GIT_CONFIG_GLOBAL: file } })).toBe(PUBLISHERS * ROUNDS);
  });
});
