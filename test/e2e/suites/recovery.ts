import { expect, test } from 'vitest';
import { Application, moved } from '../../../src';
import { app, claim, map } from '../cluster/applications';
import { lastingObjects } from '../cluster/objects';
import type { Declares, System } from '../cluster/system';
import { measure, note } from '../cluster/times';

/** What survives: an agent that dies, a unit that is renamed, a cluster that is lost. */
export function recovery(get: () => System): void {
  test('move: an object that goes to another unit stays the same object', async () => {
    const system = get();
    const { plane } = system;
    const shared = { namespace: 'lab-shared' };
    const from = { application: 'old' };
    const unit =
      (name: string, hasData: boolean, isMoving = false): Declares =>
      (environment) => {
        const application = new Application(environment, name, shared);
        map(application, `of-${name}`);
        if (hasData) {
          claim(application);
          map(application, 'data');
        }
        if (isMoving) moved(application, { from, name: 'data', settle: 0 });
        return application;
      };
    const step = (isMoving: boolean) => ({
      old: unit('old', !isMoving),
      owner: unit('owner', isMoving, isMoving),
    });
    // Somebody else's: a unit brings a namespace of its own, or uses one that is there.
    await plane.kubectl('create', 'namespace', shared.namespace);
    await system.lab(step(false));
    await system.healthy(['lab.old', 'lab.owner']);
    // Flux never prunes claims: for it, the first step is about the ConfigMap alone.
    const objects = () => plane.list('persistentvolumeclaims,configmaps', shared.namespace);
    const data = async () => (await objects()).filter(({ metadata }) => metadata.name === 'data');
    const before = await data();
    expect(before.map(({ kind }) => kind).sort()).toEqual(['ConfigMap', 'PersistentVolumeClaim']);

    const first = await system.lab(step(true));
    expect(first.warnings.join('\n')).toMatch(/step 1 of 2/);
    const keep = system.kind.kind === 'flux' ? 'kustomize.toolkit.fluxcd.io/prune' : 'argocd.argoproj.io/sync-options';
    await system.until('their protection', async () =>
      (await data()).every(({ metadata }) => /disabled|Prune=false/.test(metadata.annotations?.[keep] ?? '')),
    );
    // All of it has to be applied before the second step is taken: that is what `settle` is for, which is none here.
    await system.until('an owner that may take what is shared', async () => {
      const owner = await system.unit('lab.owner');
      return owner !== undefined && !JSON.stringify(owner.spec).includes('FailOnSharedResource');
    });
    await system.healthy(['lab.old', 'lab.owner']);
    const second = await system.release();
    expect(second.warnings.join('\n')).toMatch(/step 2 of 2/);
    await system.until('the new owner', async () =>
      (await data()).every(({ metadata: { annotations = {}, labels = {} } }) =>
        `${annotations['argocd.argoproj.io/tracking-id']} ${labels['kustomize.toolkit.fluxcd.io/name']}`.includes(
          'lab.owner',
        ),
      ),
    );
    await system.healthy(['lab.old', 'lab.owner']);
    const uids = (found: Awaited<ReturnType<typeof data>>) => found.map(({ metadata: { uid } }) => uid).sort();
    const after = await data();
    expect(uids(after)).toEqual(uids(before));
    expect(after.map(({ metadata }) => metadata.deletionTimestamp)).toEqual([undefined, undefined]);
  });

  test('crash: an agent that is killed in the middle of a sync finishes it after its restart', async (context) => {
    const system = get();
    const { plane, agent } = system;
    const count = 300;
    const many = app('many', {}, {}, (application) => {
      for (let index = 0; index < count; index++) map(application, `map-${index}`, { text: 'x'.repeat(500) });
    });
    const present = async () => {
      const names = await plane.kubectl('get', 'configmaps', '-n', 'lab-many', '-o', 'name').catch(() => '');
      return names.split('\n').filter((name) => name.includes('/map-')).length;
    };
    await system.lab({ many });
    const atDeath = await system.until('the first objects', async () => (await present()) || undefined);
    await agent.program(agent.applier).stop('SIGKILL');
    const left = await present();
    note(context, `${atDeath} objects were seen, ${left} of ${count} there when it was dead`);
    expect(left).toBeLessThan(count);
    await agent.restart(agent.applier);
    await measure(context, 'from the restart to all objects', () =>
      system.until('all objects', async () => (await present()) === count),
    );
    await system.healthy(['lab.many']);
    await system.withdraw(['many']);
    await system.until('their end', async () => (await present()) === 0);
    await system.bury('many');
  });

  test('disaster: a lost cluster comes back as it was', async (context) => {
    const system = get();
    await system.healthy([]);
    const before = await lastingObjects(system.plane, system.kind);
    await system.newControlPlane();
    // People's own, if there was one.
    if (before.has('Namespace lab-shared')) await system.plane.kubectl('create', 'namespace', 'lab-shared');
    expect((await lastingObjects(system.plane, system.kind)).size).toBeLessThan(before.size / 4);
    await measure(context, 'from the first command to all Healthy', async () => {
      await system.bootstrap();
      await system.healthy([...before.keys()].filter((id) => id.startsWith('unit ')).map((id) => id.slice(5)));
      await system.healthy([]);
    });
    const after = await lastingObjects(system.plane, system.kind);
    expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
    for (const [id, object] of before) expect(`${id} ${after.get(id)}`).toBe(`${id} ${object}`);
    note(context, `${before.size} objects are as they were`);
  });
}
