import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { originOf } from '../../src/synth/origin';
import { git, temporaryFolder } from '../helpers/git';

function repository(config?: string): string {
  const folder = temporaryFolder();
  git(folder, 'init', '--quiet');
  if (config !== undefined) writeFileSync(join(folder, '.git/config'), config);
  return folder;
}

describe('the source repository', () => {
  it('is the one around the folder', () => {
    const folder = repository();
    git(folder, 'remote', 'add', 'other', 'https://git.example.com/acme/other.git');
    git(folder, 'remote', 'add', 'origin', 'https://git.example.com/acme/shop.git');
    mkdirSync(join(folder, 'a/b'), { recursive: true });
    expect(originOf(join(folder, 'a/b'))).toBe('acme/shop');
  });

  it('is that of a linked work tree too', () => {
    const folder = repository();
    git(folder, 'remote', 'add', 'origin', 'git@git.example.com:acme/shop.git');
    git(folder, 'commit', '--quiet', '--allow-empty', '-m', 'first');
    const linked = join(temporaryFolder(), 'linked');
    git(folder, 'worktree', 'add', '--quiet', '--detach', linked);
    expect(originOf(linked)).toBe('acme/shop');
  });

  it.each([
    ['a comment behind it', '[remote "origin"]\n\turl = https://h/acme/shop.git # mirror\n'],
    ['quotes', '[remote "origin"]\n\turl = "https://h/acme/shop.git" ; x\n'],
    ['capitals', '[Remote "origin"]\nURL=https://h/acme/shop.git\n'],
    ['its section on the line', '[remote "origin"] url = https://h/acme/shop.git\n'],
    ['other line ends', '[remote "origin"]\r\n\turl = https://h/acme/shop.git\r\n'],
    [
      'other settings before',
      '[remote "origin"]\n\tpushurl = https://h/x/y\n\turl = https://h/acme/shop\n[branch "url"]\n',
    ],
  ])('is read where git writes %s', (_, config) => {
    expect(originOf(repository(config))).toBe('acme/shop');
  });

  it.each([
    '',
    '[remote "other"]\n\turl = https://h/a/b\n',
    '# [remote "origin"]\n# url = https://h/a/b\n',
    '[remote "origin"]\n',
  ])('is unknown where there is none: %j', (config) => {
    expect(originOf(repository(config))).toBeUndefined();
  });

  it('is unknown where .git is neither folder nor link to one', () => {
    for (const text of ['', 'gitdir: /nonexistent/folder\n', 'nonsense']) {
      const folder = temporaryFolder();
      writeFileSync(join(folder, '.git'), text);
      expect(originOf(folder)).toBeUndefined();
    }
  });
});
