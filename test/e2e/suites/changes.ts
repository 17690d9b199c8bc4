import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { git, gitEnv, temporaryFolder } from '../../helpers/git';
import { app, claim, custom, definition, map } from '../cluster/applications';
import { cli } from '../cluster/bootstrap';
import type { System } from '../cluster/system';
import { measure, note } from '../cluster/times';

/** What becomes of changes: in the program, in the repository, in the cluster. */
export function changes(get: () => System): void {
  const image = async () => {
    const [deployment] = await get().plane.list('deployments', 'dev-checkout');
    return deployment?.spec.template.spec.containers[0].image;
  };

  test('change: what is published arrives', async (context) => {
    const system = get();
    system.checkout = 'ghcr.io/acme/checkout:2.0.0';
    await system.release();
    await measure(
      context,
      'from the webhook to the Deployment in the cluster',
      () => system.until('the new image', async () => (await image()) === system.checkout),
      15,
    );
    await measure(context, 'and until it is healthy', () => system.healthy(['dev.checkout']));
  });

  test('revert: `git revert` in the environment repository brings the old state back', async (context) => {
    const system = get();
    const before = system.tip();
    const clone = join(temporaryFolder(), 'clone');
    git('/', 'clone', '--quiet', system.bare, clone);
    execFileSync('git', ['revert', '--no-edit', 'HEAD'], { cwd: clone, env: gitEnv, stdio: 'ignore' });
    git(clone, 'push', '--quiet', 'origin', 'HEAD:main');
    await system.notify(before);
    await measure(context, 'from the webhook to the old image', () =>
      system.until('the old image', async () => (await image()) === 'ghcr.io/acme/checkout:1.4.2'),
    );
    await system.healthy(['dev.checkout']);
    // The program says the same from here on: nothing is left to publish.
    system.checkout = undefined;
    expect((await system.release()).outcome).toBe('unchanged');
  });

  test('drift: what is changed by hand is healed', async (context) => {
    const system = get();
    const name = 'storefront-web';
    await system.plane.kubectl('scale', '-n', 'prod-storefront', `deployment/${name}`, '--replicas=1');
    const isHealed = async () => (await system.plane.get('deployment', name, 'prod-storefront'))?.spec.replicas === 6;
    await measure(context, 'from the change to the healed object', async () => {
      // Argo CD watches; Flux looks at intervals, or when it is told to.
      if (system.kind.kind === 'flux') await system.kind.refresh(system.plane, 'prod.storefront');
      await system.until('six replicas', isHealed);
    });
    await system.plane.kubectl('delete', '-n', 'prod-storefront', `deployment/${name}`);
    if (system.kind.kind === 'flux') await system.kind.refresh(system.plane, 'prod.storefront');
    await measure(context, 'from the deletion to the new object', () => system.until('the Deployment', isHealed));
    await system.healthy(['prod.storefront']);
  });

  test('publish: without a kubeconfig', async (context) => {
    const system = get();
    const before = system.tip();
    // No KUBECONFIG, an empty home, and no kubectl either.
    const env = {
      ...{ PATH: process.env.PATH, HOME: temporaryFolder(), CHECKOUT_DEV_IMAGE: 'ghcr.io/acme/checkout:3.0.0' },
      ...{ E2E_AGENT: system.kind.kind, E2E_URL: system.url },
    };
    await measure(context, 'the command line, from start to end', () => cli(['publish'], { cwd: system.project, env }));
    expect(system.tip()).not.toBe(before);
    system.checkout = env.CHECKOUT_DEV_IMAGE;
    await system.notify(before);
    await system.until('the new image', async () => (await image()) === system.checkout);
    expect((await system.release()).outcome).toBe('unchanged');
  });

  test('prune: a unit goes, and what cannot be made anew waits, or stays', async (context) => {
    const system = get();
    const { plane, kind } = system;
    const stateful = app('stateful', {}, {}, (application) => {
      map(application, 'settings');
      claim(application);
      definition(application, 'Relic');
      custom(application, 'Relic', 'old');
    });
    await system.lab({ stateful });
    await system.healthy(['lab.stateful']);
    const namespace = 'lab-stateful';
    const kept = async () => {
      const found = [
        await plane.get('namespace', namespace),
        await plane.get('persistentvolumeclaim', 'data', namespace),
        await plane.get('customresourcedefinition', 'relics.relic.example.com'),
      ];
      return found.map((object) => object !== undefined && object.metadata.deletionTimestamp === undefined);
    };
    expect(await kept()).toEqual([true, true, true]);
    await system.withdraw(
      ['stateful'],
      'lab/stateful/PersistentVolumeClaim/data',
      'lab/stateful/CustomResourceDefinition/relics.relic.example.com',
    );
    await measure(context, 'from the webhook to the last of what goes', () =>
      system.until('the end of the Deployment', async () => {
        const left = [
          await plane.get('deployment', 'web', namespace),
          await plane.get('configmap', 'settings', namespace),
          await system.unit('lab.stateful'),
        ];
        return left.every((object) => object === undefined);
      }),
    );
    await new Promise((done) => setTimeout(done, 10_000));
    expect(await kept()).toEqual([true, true, true]);
    if (kind.kind === 'flux') {
      note(context, 'Namespace, claim and definition stay');
      await system.bury('stateful');
      await plane.kubectl('delete', 'customresourcedefinition', 'relics.relic.example.com');
      return;
    }
    note(context, 'Namespace and claim wait for a confirmation, the definition stays');
    const waiting = (await system.units()).filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
    expect(waiting.map(({ metadata }) => metadata.name)).toContain('lab.stateful.kept');
    await system.kind.confirm(plane, 'lab.stateful');
    await measure(context, 'from the confirmation to the end of it all', () =>
      system.until('the end', async () => {
        const units = (await system.units()).filter(({ metadata }) => metadata.name.includes('lab.stateful'));
        return units.length === 0 && (await plane.get('namespace', namespace)) === undefined;
      }),
    );
    // Argo CD never deletes a definition along with an Application.
    expect(await plane.get('customresourcedefinition', 'relics.relic.example.com')).toBeDefined();
    await plane.kubectl('delete', 'customresourcedefinition', 'relics.relic.example.com');
  });
}
