import { describe, expect, test } from 'vitest';
import { publish } from '../../src/publish';
import { bareRepository, commitsOf, gitEnv } from '../helpers/git';
import { missingSshd, startSshd } from '../helpers/ssh-server';
import { failure, options } from './options';
import { tree, unit } from './trees';

const missing = missingSshd();

describe.skipIf(missing !== undefined)(`a real SSH server${missing === undefined ? '' : ` (${missing})`}`, () => {
  test('lets the key of the agent in, and nobody without it', async () => {
    const { url, env, forget } = await startSshd();
    const bare = bareRepository();
    const home = { ...gitEnv, ...env };
    const remote = `${url}${bare}`;
    const first = await publish(tree([unit('dev', 'a')]), options(remote, { env: home }));
    expect(first.outcome).toBe('published');
    const changed = tree([unit('dev', 'a', { 'a.yaml': 'x: 2\n' })]);
    expect((await publish(changed, options(remote, { env: home }))).outcome).toBe('published');
    expect((await publish(changed, options(remote, { env: home }))).outcome).toBe('unchanged');
    expect(commitsOf(bare)).toHaveLength(2);

    forget();
    const error = await failure(
      publish(tree([unit('dev', 'b')]), options(remote, { env: home })),
      'REMOTE_AUTHENTICATION',
    );
    expect(error.message).toContain('SSH key');
    expect(commitsOf(bare)).toHaveLength(2);
  });
});
