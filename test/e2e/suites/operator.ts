import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { System } from '../cluster/system';
import { measure } from '../cluster/times';

const replicasOf = async ({ kind, plane }: System) =>
  (await plane.get('deployment', kind.scaled, kind.namespace))?.spec.replicas;

/** Operators that look after themselves. Their own pods are simulated; the processes beside them are real. */
export function operator(get: () => System): void {
  const hasReplicas = (count: number) => () =>
    get().until(`${count} replicas`, async () => (await replicasOf(get())) === count);

  test('operator: changes itself when its props change', async (context) => {
    const system = get();
    system.operator = { ...system.operator, replicas: 3 };
    await system.release();
    await measure(context, 'from the webhook to its own Deployment', hasReplicas(3));
    await system.healthy(['operator.shop', 'root.shop']);
  });

  test('operator: undoes what is changed by hand', async (context) => {
    const { kind, plane } = get();
    await plane.kubectl('scale', 'deployment', kind.scaled, '-n', kind.namespace, '--replicas=5');
    if (kind.kind === 'flux') await kind.refresh(plane, 'operator.shop');
    await measure(context, 'from the change to the healed Deployment', hasReplicas(3));
  });
}

/** Comes last: the operator is in nobody's care from then on. */
export function leaving(get: () => System): void {
  test('operator: stays in the cluster when it leaves the repository', async () => {
    const system = get();
    const { kind, plane } = system;
    const replicas = await replicasOf(system);
    const definitions = (await plane.list('customresourcedefinitions')).length;
    system.operator = { ...system.operator, isInstalled: false };
    // That it goes has to be said: the guard names what would be lost.
    const refusal = await system.release().then(
      () => '',
      (error: Error) => error.message,
    );
    expect(refusal).toContain(`Namespace/${kind.namespace}`);
    await system.release({ deleting: refusal.split('--delete ').at(-1)?.split(' ') ?? [] });
    await kind.refresh(plane, 'root.shop');
    const tip = system.tip() ?? '';
    await system.until('the root', async () => {
      const root = await system.unit('root.shop');
      const { lastAppliedRevision, sync } = root?.status ?? {};
      if (`${lastAppliedRevision} ${sync?.revision}`.includes(tip)) return true;
      throw new Error(JSON.stringify([root?.spec, root?.status]).slice(0, 3000));
    });
    await kind.refresh(plane, 'root.shop');
    await setTimeout(5_000);
    expect(await replicasOf(system)).toBe(replicas);
    expect((await plane.list('customresourcedefinitions')).length).toBe(definitions);
    expect(await plane.get('namespace', kind.namespace)).toMatchObject({ status: { phase: 'Active' } });
    expect(await plane.get('deployment', 'checkout-api', 'dev-checkout')).toBeDefined();
  });
}
