import { describe, expect, it } from 'vitest';
import { applyWaivers, type Issue, type Waiver } from '../../src/gate';
import { matchesGlob } from '../../src/gate/waivers';

const TODAY = '2026-11-23';
const issue = (fields: Partial<Issue> = {}): Issue => ({
  rule: 'secret/named-literal',
  severity: 'error',
  file: 'environments/dev/shop/configmap-app.yaml',
  path: 'shop/dev/app/config',
  field: 'data.x',
  message: 'm',
  remedy: 'r',
  ...fields,
});
const waiver = (fields: Partial<Waiver> = {}): Waiver => ({
  rule: 'secret/named-literal',
  path: 'shop/dev/app',
  reason: 'a public key of the test environment',
  expires: '2026-12-31',
  ...fields,
});
const rules = (issues: readonly Issue[], ...waivers: Waiver[]) =>
  applyWaivers(issues, waivers, TODAY).map(({ rule }) => rule);

describe('waivers', () => {
  it('take away what they are for', () => {
    expect(rules([issue()], waiver())).toEqual([]);
    expect(rules([issue()], waiver({ path: 'shop/dev/app/config' }))).toEqual([]);
    expect(rules([issue()], waiver({ path: 'environments/dev/**' }))).toEqual([]);
    expect(rules([issue()], waiver({ path: 'environments/*/shop/configmap-*.yaml' }))).toEqual([]);
    expect(rules([issue()], waiver({ rule: 'secret/*' }))).toEqual([]);
    expect(rules([issue()], waiver({ expires: TODAY }))).toEqual([]);
  });

  it('take away nothing else, and warn when there is nothing', () => {
    const both = ['secret/named-literal', 'waiver/unused'];
    expect(rules([issue()], waiver({ path: 'shop/dev/ap' }))).toEqual(both);
    expect(rules([issue()], waiver({ rule: 'secret/argument' }))).toEqual(both);
    expect(rules([issue()], waiver({ path: 'environments/*.yaml' }))).toEqual(both);
    expect(applyWaivers([], [waiver()], TODAY)).toMatchObject([
      { rule: 'waiver/unused', severity: 'warning', path: 'shop/dev/app' },
    ]);
  });

  it('fail when they have expired, and say which', () => {
    const [kept, expired] = applyWaivers([issue()], [waiver({ expires: '2026-11-22' })], TODAY);
    expect(kept?.rule).toBe('secret/named-literal');
    expect(expired).toMatchObject({ rule: 'waiver/expired', severity: 'error', path: 'shop/dev/app' });
    expect(expired?.message).toContain('secret/named-literal at shop/dev/app');
  });

  it('are refused when they are not complete', () => {
    for (const fields of [
      { reason: ' ' },
      { expires: '2026-02-30' },
      { expires: 'never' },
      { path: '' },
      { rule: '*' },
    ]) {
      expect(rules([issue()], waiver(fields))).toEqual(['secret/named-literal', 'waiver/invalid']);
    }
  });

  it('never cover a plain Secret', () => {
    const plain = issue({ rule: 'secret/plain-secret' });
    expect(rules([plain], waiver({ rule: 'secret/plain-secret' }))).toEqual([
      'secret/plain-secret',
      'waiver/not-waivable',
    ]);
    expect(rules([plain], waiver({ rule: 'secret/*' }))).toEqual(['secret/plain-secret', 'waiver/unused']);
  });

  it('match files by folder and name', () => {
    expect(matchesGlob('**/x.yaml', 'a/b/x.yaml')).toBe(true);
    expect(matchesGlob('**', 'a')).toBe(true);
    expect(matchesGlob('a/**/b', 'a/b')).toBe(true);
    expect(matchesGlob('a/*', 'a/b/c')).toBe(false);
    expect(matchesGlob('a*a', 'a')).toBe(false);
    expect(matchesGlob(`${'**/'.repeat(200)}x`, 'a/'.repeat(200))).toBe(false);
  });
});
