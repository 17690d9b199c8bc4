import { ApiObject } from 'cdk8s';
import { expect, test } from 'vitest';
import { Application } from '../../../src';
import { commitFiles, contentOf } from '../../helpers/git';
import { app, custom, definition } from '../cluster/applications';
import type { System } from '../cluster/system';
import { measure } from '../cluster/times';

/** What waits for what, and what does not. */
export function order(get: () => System): void {
  test('order: definitions come before what they define', async () => {
    const system = get();
    await system.lab({
      widgets: app('widgets', {}, {}, (application) => {
        custom(application, 'Widget', 'a');
        definition(application, 'Widget');
      }),
    });
    await system.healthy(['lab.widgets']);
    const widget = await system.plane.get('widgets.widget.example.com', 'a', 'lab-widgets');
    const crd = await system.plane.get('customresourcedefinition', 'widgets.widget.example.com');
    expect(at(widget?.metadata.creationTimestamp)).toBeGreaterThanOrEqual(at(crd?.metadata.creationTimestamp));
  });

  test('order: a unit comes after the ones that it depends on are healthy', async () => {
    const system = get();
    await system.lab({
      second: app('second', {}, { dependsOn: ['first'] }),
      first: app('first', { slowness: 8 }),
    });
    await system.healthy(['lab.first', 'lab.second']);
    const first = await system.plane.get('deployment', 'web', 'lab-first');
    const second = await system.plane.get('deployment', 'web', 'lab-second');
    const available = first?.status.conditions.find(({ type }: { type: string }) => type === 'Available');
    expect(at(available.lastTransitionTime) - at(first?.metadata.creationTimestamp)).toBeGreaterThanOrEqual(7_000);
    expect(at(second?.metadata.creationTimestamp)).toBeGreaterThanOrEqual(at(available.lastTransitionTime));
  });

  test('isolation: a sick unit holds nobody else up', async (context) => {
    const system = get();
    const { plane, kind } = system;
    const exists = async (name: string) => (await plane.get('deployment', 'web', `lab-${name}`)) !== undefined;
    await system.lab({ sick: app('sick', { isSick: true }), bystander: app('bystander') });
    await measure(context, 'until a unit that was published with it is healthy', () =>
      system.healthy(['lab.bystander']),
    );
    await system.until('the sick one', () => exists('sick'));
    // It depends on the sick one: it alone has to wait.
    await system.lab({ waiting: app('waiting', {}, { dependsOn: ['sick'] }), later: app('later') });
    await measure(context, 'until a unit that was published later is healthy', () => system.healthy(['lab.later']));
    await system.lab({ bystander: app('bystander', { replicas: 3 }) });
    await measure(context, 'until a change of another unit has arrived', () =>
      system.until(
        'three replicas',
        async () => (await plane.get('deployment', 'web', 'lab-bystander'))?.spec.replicas === 3,
      ),
    );
    await system.withdraw(['later']);
    await measure(context, 'until another unit is pruned', () =>
      system.until('the end of the Deployment', async () => !(await exists('later'))),
    );
    expect(await exists('waiting')).toBe(false);
    const sick = await system.unit('lab.sick');
    expect(sick !== undefined && kind.isHealthy(sick)).toBe(false);
    await system.lab({ sick: app('sick') });
    await measure(context, 'once it is well, until who depends on it is healthy', () =>
      system.healthy(['lab.sick', 'lab.waiting']),
    );
  });

  test('isolation: a deletion that waits to be confirmed holds nobody up', async (context) => {
    const system = get();
    // With Argo CD, the namespace of `later` waits since it was withdrawn.
    const { plane, kind } = system;
    expect((await plane.get('namespace', 'lab-later'))?.status.phase).toBe('Active');
    await system.lab({ afterwards: app('afterwards') });
    await measure(context, 'until a unit that was published meanwhile is healthy', () =>
      system.healthy(['lab.afterwards']),
    );
    await system.withdraw(['afterwards']);
    await measure(context, 'until another unit is pruned', () =>
      system.until(
        'the end of the Deployment',
        async () => (await plane.get('deployment', 'web', 'lab-afterwards')) === undefined,
      ),
    );
    // With Argo CD it has to be gone first; with Flux it takes over the namespace that was left.
    if (kind.kind === 'argo-cd') await system.bury('later');
    await system.lab({ later: app('later', { replicas: 2 }) });
    await measure(context, 'until a unit is back that was gone', () => system.healthy(['lab.later']));
    await system.bury('afterwards');
  });

  test("tenancy: an object in another application's namespace is refused", async () => {
    const system = get();
    const { plane, kind } = system;
    // Where no object names a namespace, Flux puts them all into the unit's own, strangers as well.
    await system.lab({
      guest: (environment) => {
        const application = new Application(environment, 'guest');
        const metadata = { name: 'own', namespace: 'lab-guest' };
        new ApiObject(application, 'own', { apiVersion: 'v1', kind: 'ConfigMap', metadata });
        return application;
      },
    });
    await system.healthy(['lab.guest']);
    const path = 'environments/lab/guest/configmap-intruder.yaml';
    const intruder = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: intruder\n  namespace: prod-checkout\n';
    const other = 'environments/lab/first/deployment-web.yaml';
    const asPublished = contentOf(system.bare, other);
    expect(asPublished).toContain('replicas: 1');
    const commit = async (files: Record<string, string | undefined>) => {
      const before = system.tip();
      commitFiles(system.bare, files);
      await system.notify(before);
    };
    await commit({ [path]: intruder });
    try {
      await system.until('the refusal', async () => {
        const unit = await system.unit('lab.guest');
        return unit !== undefined && /not permitted|forbidden/i.test(kind.complaints(unit));
      });
      expect(await plane.get('configmap', 'intruder', 'prod-checkout')).toBeUndefined();
      // Others go on.
      await commit({ [other]: asPublished.replace('replicas: 1', 'replicas: 2') });
      await system.until(
        'two replicas',
        async () => (await plane.get('deployment', 'web', 'lab-first'))?.spec.replicas === 2,
      );
      expect(contentOf(system.bare, path)).toBe(intruder);
    } finally {
      await commit({ [path]: undefined, [other]: asPublished });
    }
    await system.healthy(['lab.guest']);
    expect(await plane.get('configmap', 'intruder', 'prod-checkout')).toBeUndefined();
  });
}

function at(time: string | undefined): number {
  return Date.parse(time ?? '');
}
