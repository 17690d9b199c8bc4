import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { publish } from '../../../src/publish';
import { bareRepository, commitFiles, commitsOf, contentOf, filesOf, git, temporaryFolder } from '../../helpers/git';
import { serveGit } from '../../helpers/git-http-server';
import { failure, options } from '../options';
import { environment, tree, unit } from '../trees';

const object = (kind: string, name: string, more = '') =>
  `apiVersion: v1\nkind: ${kind}\nmetadata:\n  name: ${name}\n${more}`;
const FILES = {
  'configmap-a.yaml': object('ConfigMap', 'a', 'data:\n  x: "1"\n'),
  'secret-b.yaml': object('Secret', 'b', 'stringData:\n  password: hunter2\n'),
  'service-c.yaml': object('Service', 'c'),
};
const checkout = (files: Record<string, string> = {}) =>
  tree([unit('dev', 'checkout', { ...FILES, ...files }), unit('dev', 'cart')]);
const FOLDER = 'environments/dev/checkout';

async function published() {
  const bare = bareRepository();
  await publish(checkout(), options(bare));
  return bare;
}

describe('a unit that was changed by hand', () => {
  test('is refused, naming the objects and never their values', async () => {
    const bare = await published();
    commitFiles(bare, {
      [`${FOLDER}/secret-b.yaml`]: object('Secret', 'b', 'stringData:\n  password: letmein\n'),
      [`${FOLDER}/role-d.yaml`]: object('Role', 'd'),
      [`${FOLDER}/service-c.yaml`]: undefined,
    });
    const error = await failure(publish(checkout({ 'configmap-a.yaml': 'x: 2\n' }), options(bare)), 'CHANGED_BY_HAND');
    expect(error.problems.map(({ where, message }) => `${where}: ${message}`)).toEqual([
      `dev/checkout: added Role/d (${FOLDER}/role-d.yaml)`,
      `dev/checkout: changed Secret/b (${FOLDER}/secret-b.yaml)`,
      `dev/checkout: removed Service/c (${FOLDER}/service-c.yaml)`,
    ]);
    expect(error.message).toMatch(/with --overwrite dev\/checkout$/);
    expect(JSON.stringify([error.message, error.problems])).not.toMatch(/hunter2|letmein/);
    expect(commitsOf(bare)).toHaveLength(2);
  });

  test('the same over HTTP, where what was published has to be fetched from history', async () => {
    const bare = await published();
    const { url } = await serveGit(bare);
    commitFiles(bare, { [`${FOLDER}/service-c.yaml`]: undefined });
    const error = await failure(publish(checkout(), options(url)), 'CHANGED_BY_HAND');
    expect(error.message).toContain(`removed Service/c (${FOLDER}/service-c.yaml)`);
  });

  test('is overwritten when that is acknowledged, which the commit logs', async () => {
    const bare = await published();
    commitFiles(bare, { [`${FOLDER}/service-c.yaml`]: undefined });
    await publish(checkout(), options(bare, { acknowledged: { overwrite: ['dev/checkout'] } }));
    expect(filesOf(bare)[`${FOLDER}/service-c.yaml`]).toBeDefined();
    expect(git(bare, 'log', '-1', '--format=%(trailers:key=Overwrote)', 'main')).toContain('Overwrote: dev/checkout');
    expect((await publish(checkout(), options(bare))).outcome).toBe('unchanged');
  });

  test('is not overwritten by acknowledging another one', async () => {
    const bare = await published();
    commitFiles(bare, { [`${FOLDER}/service-c.yaml`]: undefined });
    const acknowledged = { overwrite: ['dev/cart'] };
    await failure(publish(checkout(), options(bare, { acknowledged })), 'CHANGED_BY_HAND');
  });

  test('keeps nobody from publishing the others', async () => {
    const bare = await published();
    commitFiles(bare, { [`${FOLDER}/service-c.yaml`]: undefined });
    const change = tree([unit('dev', 'checkout', FILES), unit('dev', 'cart', { 'new.yaml': 'x: 1\n' })]);
    const result = await publish(change, options(bare, { selection: { applications: ['cart'] } }));
    expect(result.outcome).toBe('published');
  });

  test('is fine when the edit is what is wanted now', async () => {
    const bare = await published();
    const wanted = { 'configmap-a.yaml': object('ConfigMap', 'a', 'data:\n  x: "2"\n') };
    commitFiles(bare, { [`${FOLDER}/configmap-a.yaml`]: wanted['configmap-a.yaml'] });
    expect((await publish(checkout(wanted), options(bare))).outcome).toBe('unchanged');
    // Together with a change of something else.
    const more = { ...wanted, 'service-c.yaml': object('Service', 'c', 'spec: {}\n') };
    expect((await publish(checkout(more), options(bare))).outcome).toBe('published');
    expect((await publish(checkout(), options(bare))).outcome).toBe('published');
  });

  test('is not removed either', async () => {
    const bare = await published();
    commitFiles(bare, { [`${FOLDER}/service-c.yaml`]: object('Service', 'c', 'spec: {}\n') });
    const without = tree([unit('dev', 'cart')]);
    const error = await failure(publish(without, options(bare)), 'CHANGED_BY_HAND');
    expect(error.message).toContain('changed Service/c');
    const acknowledged = { overwrite: ['dev/checkout'] };
    expect((await publish(without, options(bare, { acknowledged }))).outcome).toBe('published');
  });
});

describe('what was deleted by hand', () => {
  test('is a change as long as the record is there', async () => {
    const bare = await published();
    commitFiles(bare, Object.fromEntries(Object.keys(FILES).map((name) => [`${FOLDER}/${name}`, undefined])));
    const error = await failure(publish(checkout(), options(bare)), 'CHANGED_BY_HAND');
    expect(error.problems).toHaveLength(3);
    // To remove the rest of it is what was wanted.
    expect((await publish(tree([unit('dev', 'cart')]), options(bare))).outcome).toBe('published');
  });

  test('with its record, is published anew', async () => {
    const bare = await published();
    const all = Object.keys(filesOf(bare)).filter((path) => path.includes('checkout'));
    commitFiles(bare, Object.fromEntries(all.map((path) => [path, undefined])));
    const result = await publish(checkout(), options(bare));
    expect(result.units[0]).toMatchObject({ application: 'checkout', change: 'added' });
  });
});

test('a record that was removed does not make the rest anybody’s', async () => {
  const bare = await published();
  commitFiles(bare, { 'releases/dev/checkout.yaml': undefined });
  const error = await failure(publish(checkout({ 'configmap-a.yaml': 'x: 2\n' }), options(bare)), 'CHANGED_BY_HAND');
  expect(error.problems.map(({ message }) => message)).toEqual([`added ConfigMap/a (${FOLDER}/configmap-a.yaml)`]);
  // Putting the record back is all there is to do when nothing else differs.
  expect((await publish(checkout(), options(bare))).outcome).toBe('published');
});

test('registrations and environments are looked at as well', async () => {
  const bare = bareRepository();
  const all = (stage = 'test') => tree([environment('dev', { stage }), unit('dev', 'checkout', FILES)]);
  await publish(all(), options(bare));
  const registration = 'clusters/eu-1/applications/dev.checkout.yaml';
  commitFiles(bare, {
    [registration]: object('Application', 'dev.checkout', 'spec: {}\n'),
    'clusters/eu-1/environments/dev/project.yaml': object('AppProject', 'dev', 'spec: {}\n'),
  });
  const error = await failure(publish(all('x'), options(bare)), 'CHANGED_BY_HAND');
  expect(error.problems.map(({ where, message }) => `${where}: ${message}`)).toEqual([
    'environment:dev: changed AppProject/dev (clusters/eu-1/environments/dev/project.yaml)',
    `dev/checkout: changed Application/dev.checkout (${registration})`,
  ]);
  const acknowledged = { overwrite: ['environment:dev', 'dev/checkout'] };
  expect((await publish(all('x'), options(bare, { acknowledged }))).outcome).toBe('published');
});

test('a mode alone is a change too', async () => {
  const bare = await published();
  const path = 'clusters/eu-1/applications/dev.checkout.yaml';
  const clone = join(temporaryFolder(), 'clone');
  git('/', 'clone', '--quiet', bare, clone);
  git(clone, 'update-index', '--chmod=+x', path);
  git(clone, 'commit', '--quiet', '-m', 'by hand');
  git(clone, 'push', '--quiet', 'origin', 'HEAD:main');
  const error = await failure(publish(checkout(), options(bare)), 'CHANGED_BY_HAND');
  expect(error.message).toContain(`changed ${path}`);
});

test('where what was published cannot be had any more, the folder is named', async () => {
  const bare = await published();
  const path = 'releases/dev/checkout.yaml';
  const record = contentOf(bare, path);
  // As after a history that was rewritten; and as somebody would write it who wants to be read something else.
  for (const id of ['b'.repeat(40), git(bare, 'rev-parse', `main:${path}`)]) {
    commitFiles(bare, { [path]: record.replace(/(dev\/checkout: )"?[0-9a-f]{40}"?/, `$1"${id}"`) });
    const error = await failure(publish(checkout({ 'new.yaml': 'x: 1\n' }), options(bare)), 'CHANGED_BY_HAND');
    expect(error.problems.map(({ message }) => message)).toEqual([`changed ${FOLDER}`]);
  }
  await publish(checkout({ 'new.yaml': 'x: 1\n' }), options(bare, { acknowledged: { overwrite: ['dev/checkout'] } }));
});

test('hostile files are named by their path, on one line and bounded', async () => {
  const bare = await published();
  const evil = 'metadata: {name: "x\\u001b[2J\\n  [dev/cart] all is well"}\nkind: "A\\u0007"\napiVersion: v1\n';
  commitFiles(bare, {
    [`${FOLDER}/evil.yaml`]: evil,
    [`${FOLDER}/deep.yaml`]: `a: ${'['.repeat(20_000)}`,
    [`${FOLDER}/bomb.yaml`]: `a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n`,
    [`${FOLDER}/odd\u001b[31m.yaml`]: 'x: 1\n',
    ...Object.fromEntries(Array.from({ length: 80 }, (_, i) => [`${FOLDER}/many-${i}.yaml`, `x: ${i}\n`])),
  });
  const error = await failure(publish(checkout(), options(bare)), 'CHANGED_BY_HAND');
  expect(error.message).not.toMatch(/[^\P{C}\n]/u);
  expect(error.message.split('\n')).toHaveLength(53);
  expect(error.message).toContain('  and 34 more\n');
});
