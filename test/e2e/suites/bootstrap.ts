import { expect, test } from 'vitest';
import { ADDRESS } from '../cluster/agents';
import { SHOP_UNITS } from '../cluster/shop';
import type { System } from '../cluster/system';
import { measure } from '../cluster/times';

/** From nothing to all Healthy, and that the operator is set up as the repository says. */
export function bootstrapping(get: () => System): void {
  test('bootstrap: examples/shop, from nothing to all Healthy', { timeout: 900_000 }, async (context) => {
    const system = get();
    expect((await system.release()).outcome).toBe('published');
    await measure(
      context,
      'from the first command to all Healthy',
      async () => {
        await system.bootstrap();
        await system.healthy(SHOP_UNITS);
        await system.healthy([]);
      },
      90,
    );
    for (const { spec, status } of await system.plane.list('deployments', 'prod-checkout')) {
      expect({ wanted: spec.replicas, ready: status.readyReplicas }).toEqual({ wanted: 6, ready: 6 });
    }
  });

  test("settings: the repository's are the ones in force", async () => {
    const { plane, kind, agent } = get();
    if (kind.kind === 'argo-cd') {
      const map = (await plane.get('configmap', 'argocd-cm', kind.namespace)) as { data?: object } | undefined;
      expect(map?.data).toMatchObject({ url: ADDRESS, 'application.resourceTrackingMethod': 'annotation+label' });
      const told = (await (await fetch(`${agent.api}/api/v1/settings`)).json()) as { execEnabled?: boolean };
      // Nobody logs in: `admin` is turned off, and there is nothing else to log in with.
      expect(told).toMatchObject({ url: ADDRESS, trackingMethod: 'annotation+label', userLoginsDisabled: true });
      expect(told.execEnabled ?? false).toBe(false);
      // Objects are known by an annotation and a label.
      const [deployment] = await plane.list('deployments', 'dev-checkout');
      expect(deployment?.metadata.annotations?.['argocd.argoproj.io/tracking-id']).toMatch(/^[^:]+:apps\/Deployment:/);
      expect(deployment?.metadata.labels?.['app.kubernetes.io/instance']).toBe('dev.checkout');
      return;
    }
    // Flux is set up by flags of its Deployments, with which its processes were started. Nobody acts as Flux unasked:
    const deployment = await plane.get('deployment', 'kustomize-controller', kind.namespace);
    expect(deployment?.spec.template.spec.containers[0].args).toContain('--default-service-account=default');
    const probe = (name: string, reference: string) => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: ${name}, namespace: default }
spec:
  interval: 1h
  path: environments/dev/catalog
  prune: true
  sourceRef: { kind: GitRepository, name: environments${reference} }
`;
    await plane.apply(probe('elsewhere', ', namespace: flux-system'));
    const refused = await get().until('the refusal', async () => {
      const found = await plane.get(kind.resource, 'elsewhere', 'default');
      return JSON.stringify(found?.status?.conditions ?? []).includes('AccessDenied') && found;
    });
    expect(kind.complaints(refused)).toMatch(/cross-namespace/i);
    await plane.kubectl('delete', '-n', 'default', 'kustomization/elsewhere');
    await plane.apply(probe('nobody', '').replace('namespace: default', 'namespace: flux-system'));
    await get().until('the refusal', async () => {
      const found = await plane.get(kind.resource, 'nobody', 'flux-system');
      return /forbidden/i.test(JSON.stringify(found?.status?.conditions ?? []));
    });
    await plane.kubectl('delete', '-n', 'flux-system', 'kustomization/nobody');
  });
}
