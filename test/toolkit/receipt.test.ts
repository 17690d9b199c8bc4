import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { publish } from '../../src/toolkit';
import type { PublishResult } from '../../src/toolkit/publish';
import { type Receipt, receiptOf } from '../../src/toolkit/receipt';
import { git, gitEnv } from '../helpers/git';
import { sshKey } from '../publish/keys';
import { tree, unit as unitOf } from '../publish/trees';
import { failure } from './failure';
import { cli, shop, shopProject, write } from './project';

const read = (folder: string): Receipt => JSON.parse(readFileSync(join(folder, 'receipt.json'), 'utf8'));

describe('a receipt', () => {
  it('says what was published, so that git agrees', async () => {
    const { folder: cwd, remote, url } = shopProject();
    git(cwd, 'init', '--quiet');
    git(cwd, 'commit', '--quiet', '--allow-empty', '-m', 'x');
    const key = sshKey();
    const result = await publish({ cwd, env: gitEnv, receipt: 'receipt.json', signingKey: key.file });
    const receipt = read(cwd);
    expect(receipt).toMatchObject({
      apiVersion: 'cdk8s-gitops/v1',
      kind: 'Receipt',
      outcome: 'published',
      repository: url,
      branch: 'main',
      commit: git(remote, 'rev-parse', 'main'),
      source: { repository: 'acme/shop', commit: git(cwd, 'rev-parse', 'HEAD') },
      generator: expect.stringMatching(/^cdk8s-gitops \d/),
      objects: 4,
      attempts: 1,
      signature: { format: 'ssh', key: key.fingerprint },
    });
    expect(Math.abs(Date.now() - Date.parse(receipt.time))).toBeLessThan(60_000);
    expect(receipt.units).toHaveLength(4);
    expect(receipt.units[0]).toMatchObject({
      environment: 'dev',
      application: 'checkout',
      change: 'added',
      objects: 1,
      images: ['ghcr.io/acme/checkout:1.0.0'],
    });
    expect(receipt.shared.map(({ name }) => name)).toEqual(['cluster eu-1', 'environment dev', 'environment prod']);
    const contents = [...receipt.units, ...receipt.shared].flatMap(({ content }) => Object.entries(content ?? {}));
    expect(contents.length).toBeGreaterThan(4);
    for (const [path, id] of contents) expect(git(remote, 'rev-parse', `main:${path}`), path).toBe(id);
    const { units: _, shared: __, ...rest } = result;
    expect(receipt).toMatchObject(JSON.parse(JSON.stringify(rest)));
    expect(readdirSync(cwd).filter((name) => name.startsWith('.receipt'))).toEqual([]);
  });

  it('is written when nothing changes, as well', async () => {
    const { folder: cwd, remote, url } = shopProject();
    const options = { cwd, env: gitEnv, receipt: 'receipt.json' };
    await publish(options);
    const commit = git(remote, 'rev-parse', 'main');
    await publish(options);
    expect(read(cwd)).toMatchObject({ outcome: 'unchanged', commit, attempts: 0 });
    expect(read(cwd)).not.toHaveProperty('signature');
    expect(read(cwd).units[0]?.content).toHaveProperty(['environments/dev/checkout']);
    write(cwd, { 'main.mts': shop({ url, tag: '2.0.0' }) });
    await publish({ ...options, dryRun: true });
    expect(read(cwd)).toMatchObject({ outcome: 'planned', commit });
    expect(read(cwd)).not.toHaveProperty('plan');
    expect(git(remote, 'rev-parse', 'main')).toBe(commit);
  });

  it('lists what a unit holds unless it went', () => {
    const unit = { environment: 'dev', application: 'a', objects: 1 };
    const result: PublishResult = {
      outcome: 'published',
      repository: 'https://git.example.com/x.git',
      branch: 'main',
      commit: 'a'.repeat(40),
      source: { repository: 'acme/checkout' },
      units: [
        { ...unit, change: 'changed' },
        { ...unit, application: 'gone', change: 'removed' },
        { ...unit, application: 'late', change: 'superseded' },
      ],
      shared: [],
      objects: 1,
      attempts: 1,
      pullRequests: [{ scope: 'prod', branch: 'x', change: 'opened', number: 7, sections: ['prod/a'] }],
      warnings: ['something'],
      issues: [],
      time: '2026-01-01T00:00:00.000Z',
      generator: 'cdk8s-gitops 1',
    };
    const declared = tree([unitOf('dev', 'a'), unitOf('dev', 'late')]);
    const { units, ...rest } = receiptOf(result, declared);
    expect(rest).toMatchObject({ pullRequests: result.pullRequests, warnings: ['something'] });
    expect(units.map(({ content }) => content !== undefined)).toEqual([true, false, false]);
    expect(units[0]?.content).toHaveProperty(['environments/dev/a']);
  });

  it('that cannot be written is a warning, and what was published stays published', async () => {
    const { folder: cwd, remote } = shopProject();
    mkdirSync(join(cwd, 'taken'));
    const warnings: string[] = [];
    const host = { warn: (message: string) => void warnings.push(message) };
    for (const receipt of ['nowhere/receipt.json', 'taken']) {
      expect((await publish({ cwd, env: gitEnv, host, receipt })).commit).toBe(git(remote, 'rev-parse', 'main'));
    }
    expect(warnings).toEqual([
      expect.stringMatching(/^the receipt nowhere\/receipt\.json was not written/),
      expect.stringMatching(/^the receipt taken was not written/),
    ]);
    expect(readdirSync(cwd).filter((name) => name.startsWith('.taken'))).toEqual([]);
  });

  it('is not written of what failed, and holds no credentials', async () => {
    const { folder: cwd, remote } = shopProject();
    const env = { ...gitEnv, CDK8S_GITOPS_TOKEN: 'hunter2', CDK8S_GITOPS_SIGNING_KEY: sshKey().pem };
    const bad = { cwd, env, receipt: 'receipt.json', remote: 'https://jane:hunter2@git.example.com/acme/envs.git' };
    await failure(publish(bad), 'REMOTE_INVALID');
    expect(readdirSync(cwd)).not.toContain('receipt.json');
    const { code, stdout, stderr } = await cli(cwd, ['publish', '--receipt', 'receipt.json', '--remote', remote], env);
    expect(code, stderr).toBe(0);
    expect(readFileSync(join(cwd, 'receipt.json'), 'utf8') + stdout + stderr).not.toMatch(/hunter2|PRIVATE/);
    expect(read(cwd).signature?.format).toBe('ssh');
  });
});
