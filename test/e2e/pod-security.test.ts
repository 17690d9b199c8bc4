import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Level, PODS } from '../gate/policies/pods';
import { temporaryFolder } from '../helpers/git';
import { type ControlPlane, startControlPlane } from './cluster/control-plane';

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane(temporaryFolder());
});
afterAll(() => plane?.stop());

/** The server of these tests runs nothing privileged anywhere, so that it never comes to the question of levels. */
const isBarred = (title: string): boolean => /^privileged|process of a Windows node/.test(title);

/** Numbers of the samples that the server refuses in a namespace of the level. */
async function refused(level: Level): Promise<number[]> {
  const labels = {
    'pod-security.kubernetes.io/enforce': level,
    'pod-security.kubernetes.io/enforce-version': 'latest',
  };
  await plane.apply(JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: level, labels } }));
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: level } };
  await plane.apply(JSON.stringify(account), '--force-conflicts');
  const numbers: number[] = [];
  for (const [number, { spec, annotations, title }] of PODS.entries()) {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `p${number}`, namespace: level, annotations },
      spec,
    };
    try {
      await plane.apply(JSON.stringify(pod), '--dry-run=server');
    } catch (error) {
      if (isBarred(title) && String(error).includes('disallowed by cluster policy')) continue;
      // Refused for anything else, a sample would say nothing.
      expect(String(error), title).toContain('violates PodSecurity');
      numbers.push(number);
    }
  }
  return numbers;
}

test('Kubernetes judges the samples of Pod Security levels as they say', async () => {
  const titles = (numbers: readonly number[]) => numbers.map((number) => PODS[number]?.title);
  const expected = (...levels: Level[]) =>
    PODS.map(({ level, title }) => (levels.includes(level) && !isBarred(title) ? title : '')).filter(
      (title) => title !== '',
    );
  expect(titles(await refused('privileged'))).toEqual([]);
  expect(titles(await refused('baseline'))).toEqual(expected('privileged'));
  expect(titles(await refused('restricted'))).toEqual(expected('privileged', 'baseline'));
});
