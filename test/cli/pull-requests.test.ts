import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { git } from '../helpers/git';
import { cli, shop, shopProject, write } from '../toolkit/project';

const BRANCH = 'cdk8s-gitops/main/acme--shop/prod';

/** A program whose prod is delivered by pull requests. */
function proposing(options: Parameters<typeof shop>[0]): string {
  const direct = '{ cluster, promotesFrom }';
  const text = shop(options).replace(
    direct,
    `{ cluster, promotesFrom, ...(name === 'prod' ? { delivery: gitops.Delivery.pullRequest() } : {}) }`,
  );
  if (text === shop(options)) throw new Error(`the program has no ${direct}`);
  return text;
}

describe('publish', () => {
  it('tells of pull requests: as lines, as JSON and in the summary of a job', async () => {
    const { folder, remote, url } = shopProject();
    write(folder, { 'main.mts': proposing({ url }) });
    const planned = await cli(folder, ['publish', '--dry-run']);
    expect(planned.stdout).toContain(`to open pull request prod: ${BRANCH}\n`);
    expect(git(remote, 'for-each-ref')).toBe('');

    const summary = join(folder, 'summary.md');
    const first = await cli(folder, ['publish'], { GITHUB_STEP_SUMMARY: summary });
    expect(first.code).toBe(0);
    expect(first.stdout).toContain(`opened pull request prod: ${BRANCH}\n`);
    expect(first.stderr).toContain(`merge the branch ${BRANCH} into main`);
    expect(readFileSync(summary, 'utf8')).toContain(`| prod | opened | ${BRANCH} |`);

    const second = await cli(folder, ['publish', '--json']);
    const result = JSON.parse(second.stdout);
    expect(result).toMatchObject({ outcome: 'unchanged', warnings: [expect.stringContaining('prod waits')] });
    expect(result.pullRequests).toEqual([
      {
        scope: 'prod',
        branch: BRANCH,
        change: 'unchanged',
        commit: git(remote, 'rev-parse', BRANCH),
        sections: ['environment prod', 'prod/checkout', 'prod/search'],
      },
    ]);
    const third = await cli(folder, ['publish']);
    expect(third.stdout).toContain('unchanged: nothing is new for');
    expect(third.stdout).not.toContain('holds all');
  });
});

describe('diff', () => {
  it('tells of dangerous changes below the diff, and in JSON', async () => {
    const { folder, url } = shopProject();
    await cli(folder, ['publish']);
    // Both, or the gate would say that the one does not select the other.
    const program = shop({ url }).replaceAll('{ app: name }', "{ app: name, tier: 'api' }");
    write(folder, { 'main.mts': program });
    const text = await cli(folder, ['diff']);
    expect(text.stdout).toMatch(
      /\nlook at these first\n! immutable-field dev\/checkout Deployment \S+: spec\.selector/,
    );
    const { dangers } = JSON.parse((await cli(folder, ['diff', '--json'])).stdout);
    expect(dangers).toHaveLength(4);
    expect(dangers[0]).toMatchObject({ rule: 'immutable-field', object: { kind: 'Deployment' } });
  });
});
