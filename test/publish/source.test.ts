import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repositoryId } from '../../src/model/source-id';
import { readSource } from '../../src/publish';
import { bareRepository, git, gitEnv, temporaryFolder } from '../helpers/git';

test.each([
  ['https://github.com/acme/checkout.git', 'acme/checkout'],
  ['https://user:pw@github.com/acme/checkout.git/', 'acme/checkout'],
  ['https://gitlab.com/group/sub/project', 'group/sub/project'],
  ['https://git.example.com:8443/acme/checkout', 'acme/checkout'],
  ['ssh://git@github.com:22/acme/checkout.git', 'acme/checkout'],
  ['git@github.com:acme/checkout.git', 'acme/checkout'],
  ['git@github.com:/acme/checkout', 'acme/checkout'],
  ['github.com:acme/checkout', 'acme/checkout'],
  ['file:///srv/git/acme/checkout.git', 'acme/checkout'],
  ['/srv/git/acme/checkout.git', 'acme/checkout'],
  ['../acme/checkout', 'acme/checkout'],
  ['checkout', 'checkout'],
  ['', undefined],
])('%s is %s', (url, id) => {
  expect(repositoryId(url)).toBe(id);
});

test('a clone is described by its origin, its commit, and whether it is clean', async () => {
  const bare = bareRepository({ files: { 'a.txt': 'a\n' } });
  const clone = join(temporaryFolder(), 'clone');
  git('/', 'clone', '--quiet', bare, clone);
  git(clone, 'remote', 'set-url', 'origin', 'git@github.com:acme/checkout.git');
  const commit = git(clone, 'rev-parse', 'HEAD');
  expect(await readSource(clone, gitEnv)).toEqual({ repository: 'acme/checkout', commit, dirty: false });
  writeFileSync(join(clone, 'a.txt'), 'b\n');
  expect(await readSource(clone, gitEnv)).toMatchObject({ dirty: true });
});

test('what is not there is left out, and nothing is thrown', async () => {
  expect(await readSource(temporaryFolder(), gitEnv)).toEqual({});
  expect(await readSource('/nowhere/at/all', gitEnv)).toEqual({});
  expect(await readSource(temporaryFolder(), { PATH: '' })).toEqual({});
  const empty = temporaryFolder();
  git(empty, 'init', '--quiet');
  expect(await readSource(empty, gitEnv)).toEqual({ dirty: false });
});
