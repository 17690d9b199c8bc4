import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Signer } from '../../../src/publish/signing';
import { bareRepository, commitsOf, git, temporaryFolder } from '../../helpers/git';
import { failure } from '../options';
import { unit } from '../trees';
import { publishRound, queueRefs } from './fixture';
import { leaveEntry } from './left-behind';

const retry = { minDelay: 20, maxDelay: 200 };
const start = () => bareRepository({ files: { 'NOTES.md': 'x\n' } });

/** A key of somebody's, who signs with it. */
function somebody(name: string): { signer: Signer; allowed: string } {
  const folder = temporaryFolder();
  const key = join(folder, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', key]);
  const [type, text] = readFileSync(`${key}.pub`, 'utf8').split(' ');
  const signer: Signer = {
    format: 'ssh',
    sign: async (payload) => {
      const file = join(temporaryFolder(), 'payload');
      writeFileSync(file, payload);
      execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-n', 'git', '-f', key, file], { stdio: 'ignore' });
      return readFileSync(`${file}.sig`, 'utf8');
    },
  };
  return { signer, allowed: `${name}@example.com namespaces="git" ${type} ${text}\n` };
}

function signersFile(...people: readonly { readonly allowed: string }[]): string {
  const file = join(temporaryFolder(), 'allowed-signers');
  writeFileSync(file, people.map(({ allowed }) => allowed).join(''));
  return file;
}

/** An entry of a publisher that was killed. */
function left(bare: string, publisher: number, signer?: Signer) {
  const source = `acme/app-${publisher}`;
  const sections = [unit('dev', `app-${publisher}`, { 'a.yaml': `of: ${publisher}\n` }, { source })];
  return leaveEntry(bare, { source, sections, signer });
}

describe('with allowed signers', () => {
  test('their entries are landed and signed anew; unsigned ones, and those of others, are passed over', async () => {
    const bare = start();
    const [leader, friend, stranger] = [somebody('leader'), somebody('friend'), somebody('stranger')];
    const allowedSigners = signersFile(leader, friend);
    const unsigned = await left(bare, 0);
    const foreign = await left(bare, 1, stranger.signer);
    const forged = await left(bare, 2, {
      format: 'openpgp',
      sign: async () => '-----BEGIN PGP SIGNATURE-----\n\naGVsbG8=\n-----END PGP SIGNATURE-----\n',
    });
    const stolen = await left(bare, 3, {
      format: 'ssh',
      sign: () => friend.signer.sign(Buffer.from('something else\n')),
    });
    await left(bare, 4, friend.signer);

    const queue = { lease: 300, allowedSigners, protectedBranch: true };
    const result = await publishRound(bare, 5, 0, { queue, retry, signer: leader.signer });
    expect(result.outcome).toBe('published');
    const passedOver = [unsigned, foreign, forged, stolen];
    expect(result.warnings).toHaveLength(passedOver.length);
    for (const { ref } of passedOver) {
      expect(result.warnings).toContain(
        `the queue entry ${ref} was passed over: none of the allowed signers signed it`,
      );
    }
    expect(queueRefs(bare)).toEqual(passedOver.map(({ ref }) => ref).sort());

    const [, ...commits] = commitsOf(bare);
    expect(commits.map((commit) => git(bare, 'log', '-1', '--format=%an/%cn', commit))).toEqual([
      'Killed/Publisher 5',
      'Publisher 5/Publisher 5',
    ]);
    for (const commit of commits) {
      git(bare, '-c', `gpg.ssh.allowedSignersFile=${signersFile(leader)}`, 'verify-commit', commit);
      expect(git(bare, 'log', '-1', '--format=%(trailers:key=Queued,valueonly)', commit)).not.toBe('');
    }
    expect(git(bare, 'fsck', '--full', '--strict', '--no-dangling')).toBe('');
  });

  test('one that is passed over does not seem to lead: nobody waits for it', async () => {
    const bare = start();
    const leader = somebody('leader');
    await left(bare, 0);
    const queue = { lease: 60_000, allowedSigners: signersFile(leader) };
    const result = await publishRound(bare, 1, 0, { queue, retry, signer: leader.signer });
    expect(result.outcome).toBe('published');
    expect(result.warnings).toHaveLength(1);
  });

  test("one's own source's unsigned entries are not deleted either", async () => {
    const bare = start();
    const leader = somebody('leader');
    const { ref } = await left(bare, 1);
    const queue = { lease: 300, allowedSigners: signersFile(leader) };
    await publishRound(bare, 1, 0, { queue, retry, signer: leader.signer });
    expect(queueRefs(bare)).toEqual([ref]);
  });

  test('a run that does not sign stays away from the queue', async () => {
    const bare = start();
    await left(bare, 0);
    const queue = { mode: 'always', allowedSigners: signersFile(somebody('leader')) } as const;
    const result = await publishRound(bare, 1, 0, { queue, retry });
    expect(result.outcome).toBe('published');
    expect(git(bare, 'log', '-1', '--format=%(trailers:key=Queued)')).toBe('');
    expect(queueRefs(bare)).toHaveLength(1);
  });

  test('a file of theirs that is not there is a coded error', async () => {
    const error = await failure(
      publishRound(start(), 0, 0, { queue: { allowedSigners: '/nowhere/signers' } }),
      'CONFIG_INVALID',
    );
    expect(error.message).toContain('/nowhere/signers');
  });
});

test('a protected branch without allowed signers has no queue', async () => {
  const bare = start();
  await left(bare, 0);
  const result = await publishRound(bare, 1, 0, { queue: { mode: 'always', protectedBranch: true }, retry });
  expect(result).toMatchObject({ outcome: 'published', warnings: [] });
  expect(commitsOf(bare)).toHaveLength(2);
  expect(queueRefs(bare)).toHaveLength(1);
  expect(git(bare, 'log', '-1', '--format=%(trailers:key=Queued)')).toBe('');
});

test('whether a branch is protected is asked when the queue is to be joined, and once', async () => {
  const bare = start();
  let asked = 0;
  const queue = {
    mode: 'always' as const,
    protectedBranch: async () => {
      asked++;
      return true;
    },
  };
  expect(await publishRound(bare, 1, 0, { queue: { ...queue, mode: 'auto' }, retry })).toMatchObject({
    outcome: 'published',
  });
  expect(asked).toBe(0);
  await left(bare, 0);
  expect(await publishRound(bare, 1, 1, { queue, retry })).toMatchObject({ outcome: 'published', warnings: [] });
  expect(asked).toBe(1);
  expect(queueRefs(bare)).toHaveLength(1);
  expect(git(bare, 'log', '-1', '--format=%(trailers:key=Queued)')).toBe('');
});

test.each(['queue', 'refs/', 'refs/queue', '-x', 'refs/a b/c', 'refs/a/../b', `refs/a/${'x'.repeat(300)}`])(
  'the prefix %s is refused',
  async (prefix) => {
    await failure(publishRound(start(), 0, 0, { queue: { prefix } }), 'CONFIG_INVALID');
  },
);

test('entries themselves are signed by their publisher', async () => {
  const bare = start();
  const leader = somebody('leader');
  const entry = await left(bare, 0, leader.signer);
  git(bare, '-c', `gpg.ssh.allowedSignersFile=${signersFile(leader)}`, 'verify-commit', entry.id);
});
