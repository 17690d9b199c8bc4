// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates of the files of users
import { describe, expect, it } from 'vitest';
import { ADVERSARIES } from '../../bench/gate';
import { type CheckOptions, checkObjects as checkAll, type GateObject } from '../../src/gate';
import { secretFamily } from '../../src/gate/secrets';

const checkObjects = (objects: readonly GateObject[], options: CheckOptions = {}) =>
  checkAll(objects, { families: [secretFamily], ...options });
const TOO_LARGE = 'secret/too-large-to-check';
const configMap = (text: string) => ({
  file: 'x.yaml',
  manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data: { x: text } },
});

describe('texts made to be slow', () => {
  for (const [name, make] of Object.entries(ADVERSARIES)) {
    it(name, () => {
      const object = configMap(make());
      checkObjects([object]);
      const started = process.cpuUsage();
      checkObjects([object]);
      // The bound on a quiet machine is 50 ms (bench/gate.ts). Here others use it too: this finds what is not linear.
      expect(process.cpuUsage(started).user / 1000).toBeLessThan(500);
    });
  }

  it('do not pass for not having been looked at', () => {
    const [issue] = checkObjects([configMap('password: ${X}\n'.repeat(70_000))]);
    expect(issue).toMatchObject({ rule: TOO_LARGE, severity: 'error', object: { name: 'x' } });
    const issues = checkObjects([configMap('harmless text, a lot of it\n'.repeat(40_000))]);
    expect(issues).toEqual([]);
    expect(checkObjects([configMap('harmless text\n'.repeat(100))], { budget: { steps: 1000 } })[0]?.rule).toBe(
      TOO_LARGE,
    );
  });

  it('nested too deeply are refused', () => {
    let nested: unknown = 'x';
    for (let i = 0; i < 5000; i++) nested = { a: nested };
    const manifest = { apiVersion: 'v1', kind: 'X', metadata: { name: 'x' }, spec: nested };
    expect(checkObjects([{ manifest, file: 'x.yaml' }]).map(({ rule }) => rule)).toEqual([TOO_LARGE]);
  });

  it('keep what was found before the budget was spent', () => {
    const rules = checkObjects([configMap(`password: tram42!otter\n${'password: ${X}\n'.repeat(70_000)}`)]).map(
      ({ rule }) => rule,
    );
    expect(rules).toContain(TOO_LARGE);
    expect(rules).toContain('secret/named-literal');
  });
});
