import { describe, expect, it } from 'vitest';
import { checkObjects, type GateObject, type Issue } from '../../src/gate';
import { secretFamily } from '../../src/gate/secrets';
import { PATTERNS } from '../../src/gate/secrets/patterns';
import { INNOCENTS as FIRST_INNOCENTS } from './corpus/innocents';
import { LATER_INNOCENTS, LATER_LEAKS } from './corpus/later';
import { LEAKS as FIRST_LEAKS } from './corpus/leaks';
import { THIRD_INNOCENTS, THIRD_LEAKS } from './corpus/third';
import { TOKENS } from './corpus/tokens';

const LEAKS = [...FIRST_LEAKS, ...LATER_LEAKS, ...THIRD_LEAKS];
const INNOCENTS = [...FIRST_INNOCENTS, ...LATER_INNOCENTS, ...THIRD_INNOCENTS];

const check = (manifest: object): Issue[] =>
  checkObjects([{ manifest: manifest as GateObject['manifest'], file: 'x.yaml' }], { families: [secretFamily] });
const isError = ({ severity }: Issue) => severity === 'error';
const label = ({ group, title }: { group: string; title: string }) => `${group}: ${title}`;

describe('leaks', () => {
  it('are more than 150, and 98 of 100 are caught', () => {
    const missed = LEAKS.filter(({ manifest }) => !check(manifest).some(isError)).map(label);
    expect(LEAKS.length).toBeGreaterThanOrEqual(150);
    expect(missed.length / LEAKS.length, missed.join('\n')).toBeLessThanOrEqual(0.02);
  });

  it('in plain Secrets are all caught, under a rule that cannot be waived', () => {
    const plain = LEAKS.filter(({ group }) => group === 'plain Secret');
    expect(plain.length).toBeGreaterThan(10);
    const missed = plain.filter(({ manifest }) => !check(manifest).some(({ rule }) => rule === 'secret/plain-secret'));
    expect(missed.map(label)).toEqual([]);
  });

  it('are never part of an issue, in any encoding', () => {
    for (const leak of LEAKS) {
      const text = JSON.stringify(check(leak.manifest));
      for (const value of leak.values) {
        const forms = [
          value,
          value.trim(),
          encodeURIComponent(value),
          Buffer.from(value).toString('base64'),
          Buffer.from(value).toString('hex'),
        ];
        for (const form of forms) expect(text.includes(form), label(leak)).toBe(false);
        // Nor is a part of one.
        const parts =
          value.length < 12 ? [] : Array.from({ length: value.length - 9 }, (_, i) => value.slice(i, i + 10));
        expect(
          parts.filter((part) => text.includes(part)),
          label(leak),
        ).toEqual([]);
      }
    }
  });

  it('say where they are', () => {
    for (const leak of LEAKS) {
      for (const { field, file, message, remedy, object } of check(leak.manifest)) {
        expect(file).toBe('x.yaml');
        expect(object?.kind, label(leak)).toBe(leak.manifest.kind);
        expect([message, remedy].every((text) => text.length > 10)).toBe(true);
        if (leak.group !== 'plain Secret') expect(field, label(leak)).not.toBe('');
      }
    }
  });

  it('that are tokens are known as what they are', () => {
    expect(PATTERNS.length).toBeGreaterThanOrEqual(60);
    expect(new Set(PATTERNS.map(({ id }) => id)).size).toBe(PATTERNS.length);
    for (const [id, make] of TOKENS) {
      const rules = check({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'x' },
        data: { note: `see ${make()} there` },
      }).map(({ rule }) => rule);
      expect(rules, id).toContain(`secret/pattern/${id}`);
    }
  });
});

describe('innocents', () => {
  it('are more than 150, and none is an error', () => {
    expect(INNOCENTS.length).toBeGreaterThanOrEqual(150);
    const alarms = INNOCENTS.flatMap((sample) =>
      check(sample.manifest)
        .filter(isError)
        .map(({ rule, field }) => `${label(sample)}: ${rule} ${field}`),
    );
    expect(alarms).toEqual([]);
  });
});
