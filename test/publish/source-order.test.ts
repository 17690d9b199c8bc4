import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { publish, sourceHistory } from '../../src/publish';
import { bareRepository, commitsOf, contentOf, git, gitEnv, script, temporaryFolder } from '../helpers/git';
import { options } from './options';
import { Source } from './source-repository';
import { tree, unit } from './trees';

/** Publishing from real source repositories, in the order of their commits. */

const history = (dir: string, env: NodeJS.ProcessEnv = {}) => sourceHistory(dir, { ...gitEnv, ...env });

describe('publishing', () => {
  const declared = (content: string) => tree([unit('dev', 'a', { 'a.yaml': content })]);

  function run(environments: string, clone: string, content: string, env: NodeJS.ProcessEnv = {}) {
    return publish(
      declared(content),
      options(environments, {
        env: { ...gitEnv, ...env },
        sourceCommit: git(clone, 'rev-parse', 'HEAD'),
        sourceHistory: history(clone, env),
      }),
    );
  }

  test.each([
    ['a full clone', []],
    ['a shallow clone', ['--depth', '1']],
  ] as [string, string[]][])(
    'a revert that had nothing to publish is not undone by the run before it, from %s',
    async (_, how) => {
      const source = new Source();
      const environments = bareRepository();
      source.push('main.ts', 'v1\n');
      await run(environments, source.clone(...how), 'v1\n');

      source.push('main.ts', 'v2\n');
      const slow = source.clone(...how);
      const v3 = source.push('main.ts', 'v1\n');
      const quick = source.clone(...how);
      expect(await run(environments, quick, 'v1\n')).toMatchObject({ outcome: 'unchanged' });

      const late = await run(environments, slow, 'v2\n');
      expect(late).toMatchObject({ outcome: 'superseded', plan: { superseded: { 'dev/a': v3 } } });
      expect(contentOf(environments, 'environments/dev/a/a.yaml')).toBe('v1\n');
      expect(commitsOf(environments)).toHaveLength(1);
    },
  );

  test('a unit that a later commit removed does not come back', async () => {
    const source = new Source();
    const environments = bareRepository();
    source.push('main.ts', 'a and b');
    const slow = source.clone();
    source.push('main.ts', 'a');
    const both = tree([unit('dev', 'a'), unit('dev', 'b')]);
    await publish(both, options(environments));
    await publish(
      tree([unit('dev', 'a')]),
      options(environments, { sourceCommit: git(source.work, 'rev-parse', 'HEAD') }),
    );
    const sourceCommit = git(slow, 'rev-parse', 'HEAD');
    const result = await publish(both, options(environments, { sourceCommit, sourceHistory: history(slow) }));
    expect(result.outcome).toBe('superseded');
    expect(Object.keys(result.plan.superseded)).toEqual(['dev/b']);
  });

  test('a busy repository publishes, commit by commit, while others change its other folders', async () => {
    const source = new Source();
    const environments = bareRepository();
    for (const version of ['1\n', '2\n', '3\n']) {
      source.push('one/main.ts', version);
      const clone = source.clone('--depth', '1');
      for (let i = 0; i < 3; i++) source.push('two/main.ts', `${version}-${i}`);
      const sourceCommit = git(clone, 'rev-parse', 'HEAD');
      const sourceHistory = history(join(clone, 'one'));
      const result = await publish(declared(version), options(environments, { sourceCommit, sourceHistory }));
      expect(result.outcome).toBe('published');
    }
    expect(commitsOf(environments)).toHaveLength(3);
  });

  test('a branch that was pushed by force is published', async () => {
    const source = new Source();
    const environments = bareRepository();
    const base = source.push('main.ts', '0');
    source.push('main.ts', '1');
    await run(environments, source.clone(), '1\n');
    git(source.work, 'reset', '--quiet', '--hard', base);
    source.push('main.ts', '2', '--force');
    expect(await run(environments, source.clone(), '2\n')).toMatchObject({ outcome: 'published' });
    expect(await run(environments, source.clone('--depth', '1'), '3\n')).toMatchObject({ outcome: 'published' });
  });

  test('needs no origin', async () => {
    const source = new Source();
    const environments = bareRepository();
    source.push('main.ts', '1');
    const clone = source.clone();
    git(clone, 'remote', 'remove', 'origin');
    expect(await run(environments, clone, '1\n')).toMatchObject({ outcome: 'published' });
  });

  test("the token of the environment repository does not reach the source's origin", async () => {
    const source = new Source();
    source.push('main.ts', '1');
    const clone = source.clone();
    source.push('main.ts', '2');
    const log = join(temporaryFolder(), 'log');
    const wrapper = script(`env >> '${log}'; exec '${git('/', '--exec-path')}/git' "$@"`, 'git');
    const env = { PATH: `${dirname(wrapper)}:${gitEnv.PATH}`, CDK8S_GITOPS_TOKEN: 'ghp_verysecret' };
    expect(await history(clone, env).laterHead(git(clone, 'rev-parse', 'HEAD'))).toBeDefined();
    const seen = readFileSync(log, 'utf8');
    expect(seen).toContain('GIT_OBJECT_DIRECTORY');
    expect(seen).not.toContain('ghp_verysecret');
    expect(seen).not.toContain(Buffer.from('x-access-token:ghp_verysecret').toString('base64'));
  });
});
