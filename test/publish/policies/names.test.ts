import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sectionFlag, sectionName } from '../../../src/model/section';
import { capped, flag, shellWord, shown } from '../../../src/publish/policies/names';

test('names of sections need no quotes, and are told apart', () => {
  const owners = [
    { kind: 'unit', environment: 'environment', application: 'dev', cluster: 'eu-1' },
    { kind: 'environment', environment: 'dev', cluster: 'eu-1' },
    { kind: 'cluster', cluster: 'dev' },
    { kind: 'folder', path: 'apps/dev' },
  ] as const;
  const flags = owners.map(sectionFlag);
  expect(flags).toEqual(['environment/dev', 'environment:dev', 'cluster:dev', 'folder:apps/dev']);
  expect(flags.map(shellWord)).toEqual(flags);
  expect(owners.map(sectionName)).not.toEqual(flags);
});

test('a command line gives a shell the words that were meant', () => {
  // One shell for many words: whatever is in them, each comes out as it went in.
  const words = fc.sample(fc.string({ unit: 'grapheme', minLength: 1 }), { numRuns: 300, seed: 7 });
  const tricky = ["a'b", '$(id)', '`id`', '-n', '\\', "''", '"', '* ?', '!x', '~', '#', 'a\nb', ';'];
  const all = [...words, ...tricky].filter((word) => !word.includes('\0'));
  const printed = execFileSync('sh', ['-c', `printf '%s\\0' ${all.map(shellWord).join(' ')}`], { encoding: 'utf8' });
  expect(printed.split('\0').slice(0, -1)).toEqual(all);
});

test('what is shown is one line without control characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 1_000 }), (text) => {
      expect(shown(text)).not.toMatch(/\p{C}/u);
      expect(shown(text).length).toBeLessThanOrEqual(300);
    }),
  );
});

test('flags name each thing once, and lists are cut with a count', () => {
  expect(flag('delete', ['a/b', 'a b', 'a/b'])).toBe("--delete a/b 'a b'");
  expect(capped([1, 2, 3], (count) => -count, 2)).toEqual([1, 2, -1]);
  expect(capped([1, 2], (count) => -count, 2)).toEqual([1, 2]);
});
