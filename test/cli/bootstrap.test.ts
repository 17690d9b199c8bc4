import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { bareRepository } from '../helpers/git';
import { cli, project, shop, write } from '../toolkit/project';

/** `bootstrap` and `operator switch` on the command line, as far as that goes without a cluster. */

function shopOn(remote: string) {
  const url = `file://${remote}`;
  return { url, folder: project({ 'cdk8s.yaml': 'app: main.mts\n', 'main.mts': shop({ url }) }) };
}

describe('bootstrap', () => {
  it('prints commands that a shell takes, and needs neither the remote nor a cluster for that', async () => {
    const { folder } = shopOn('/nonexistent/environments.git');
    const { code, stdout } = await cli(folder, ['bootstrap', 'eu-1', '--context', 'eu 1'], {
      KUBECONFIG: '/nonexistent',
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^# Starts argo-cd on the cluster eu-1 of shop/);
    expect(stdout).toContain("kubectl '--context=eu 1' apply --server-side --force-conflicts");
    expect(stdout).toContain('--filename=clusters/eu-1/bootstrap');
    execFileSync('sh', ['-n', '-c', stdout]);
    const { steps, files, operator } = JSON.parse((await cli(folder, ['bootstrap', 'eu-1', '--json'])).stdout);
    expect(operator).toBe('argo-cd');
    expect(files).toContain('clusters/eu-1/bootstrap/application-root.shop.yaml');
    expect(steps.at(-1)).toMatchObject({ title: 'Everything becomes healthy' });
  });

  it.each([
    [['bootstrap', 'eu-1', '--apply'], 2, /--apply needs --context/],
    [['bootstrap', 'eu-1', '--timeout', 'soon'], 2, /10m/],
    [['bootstrap'], 2, /missing required argument/],
    [['bootstrap', 'us-1'], 1, /error CLUSTER_UNKNOWN: the program declares no cluster 'us-1': there are eu-1/],
  ])('%j is refused', async (args, exitCode, message) => {
    const { folder } = shopOn('/nonexistent/environments.git');
    const { code, stderr } = await cli(folder, args);
    expect(stderr).toMatch(message);
    expect(code).toBe(exitCode);
  });

  it('applies what is published, and nothing when that is nothing', async () => {
    const { folder } = shopOn(bareRepository());
    const { code, stderr } = await cli(folder, ['bootstrap', 'eu-1', '--apply', '--context', 'test'], {
      KUBECONFIG: '/nonexistent',
    });
    expect({ code, text: stderr.split('\n').at(-2) }).toMatchObject({
      code: 1,
      text: expect.stringMatching(/CLUSTER_UNPUBLISHED.*run 'cdk8s-gitops publish' first/),
    });
  });
});

describe('operator switch', () => {
  it('has nothing to do where the operator stays', async () => {
    const { folder } = shopOn(bareRepository());
    expect((await cli(folder, ['operator', 'switch', 'eu-1'])).stderr).toContain('CLUSTER_UNPUBLISHED');
    await cli(folder, ['publish']);
    const { code, stderr } = await cli(folder, ['operator', 'switch', 'eu-1']);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('there is nothing to switch') });
  });

  it('names every object of the operator that is to go, the root first', async () => {
    const { folder, url } = shopOn(bareRepository());
    await cli(folder, ['publish']);
    write(folder, { 'main.mts': shop({ url }).replace('new gitops.ArgoCd(cluster)', 'new gitops.Flux(cluster)') });
    const { code, stdout, stderr } = await cli(folder, ['operator', 'switch', 'eu-1', '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { from, to, steps } = JSON.parse(stdout) as { from: string; to: string; steps: { commands: string[] }[] };
    expect([from, to]).toEqual(['argo-cd', 'flux']);
    const [pause, publish, bootstrap, removal] = steps.map(({ commands }) => commands.join('\n'));
    expect(pause).toMatch(/applications\.argoproj\.io\s+(\\\n\s+)?root\.shop/);
    for (const unit of ['dev.checkout', 'dev.search', 'prod.checkout', 'prod.search']) {
      expect(pause).toContain(unit);
      expect(removal).toContain(unit);
    }
    expect(publish).toBe('cdk8s-gitops publish');
    expect(bootstrap).toBe('cdk8s-gitops bootstrap eu-1 --apply --context <context>');
    const text = (await cli(folder, ['operator', 'switch', 'eu-1', '--context', 'eu'])).stdout;
    expect(text).toMatch(/^# From argo-cd to flux on the cluster eu-1/);
    execFileSync('sh', ['-n', '-c', text]);
    const other = await cli(folder, ['operator', 'switch', 'eu-1', '--from', 'flux']);
    expect(other.stderr).toContain('not flux, but argo-cd is published');
  });
});
