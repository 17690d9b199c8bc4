import { describe, expect, it } from 'vitest';
import { checkObjects } from '../../../src/gate';
import { policyFamily } from '../../../src/gate/policies';
import { type Level, PODS } from './pods';

const LEVELS: readonly Level[] = ['privileged', 'baseline', 'restricted'];

function wrong({ spec, annotations }: (typeof PODS)[number], level: Level | undefined) {
  const template = { metadata: { labels: { app: 'a' }, annotations }, spec };
  const manifests = [
    { apiVersion: 'v1', kind: 'Pod', ...template, metadata: { ...template.metadata, name: 'a' } },
    { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'a' }, spec: { jobTemplate: { spec: { template } } } },
  ];
  return manifests.map((manifest) =>
    checkObjects([{ manifest, file: 'x.yaml' }], { families: [policyFamily], group: { podSecurity: level } }).filter(
      ({ rule }) => rule.startsWith('policy/pod-security-'),
    ),
  );
}

// That Kubernetes judges likewise is shown in test/e2e/pod-security.test.ts.
describe('Pod Security levels', () => {
  for (const pod of PODS) {
    it(`${pod.title}: ${pod.level}`, () => {
      for (const [index, level] of LEVELS.entries()) {
        const allowed = index <= LEVELS.indexOf(pod.level);
        const [alone, made] = wrong(pod, level);
        expect(alone?.length === 0, level).toBe(allowed);
        expect(made?.length === 0, level).toBe(allowed);
        for (const { severity, field } of made ?? []) {
          expect(severity).toBe('error');
          expect(field).toMatch(/^spec\.jobTemplate\.spec\.template\./);
        }
      }
    });
  }

  it('that are not known forbid what takes over a node', () => {
    const rules = new Set(
      PODS.flatMap((pod) => wrong(pod, undefined).flatMap((issues) => issues.map(({ rule }) => rule))),
    );
    expect(rules).toEqual(
      new Set([
        'policy/pod-security-privileged',
        'policy/pod-security-host-namespaces',
        'policy/pod-security-host-path',
      ]),
    );
  });
});
