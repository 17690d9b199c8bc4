import { describe, expect, it } from 'vitest';
import { type CommitmentContext, commit, isCommitted } from '../../src/secrets/commitment';

const key = Buffer.from('k'.repeat(32));
const plaintext = Buffer.from('p4ss');
const context: CommitmentContext = {
  backend: 'sealed-secret',
  recipients: ['sha256:aa'],
  cluster: 'eu-1',
  namespace: 'dev-checkout',
  name: 'db',
  key: 'password',
  scope: 'strict',
};
const made = commit(key, context, 'ciphertext', plaintext);

describe('commitments', () => {
  it('are the same for the same, whatever the order of recipients', () => {
    expect(isCommitted(made, key, context, 'ciphertext', plaintext)).toBe(true);
    const [one, two] = [
      ['a', 'b'],
      ['b', 'a'],
    ].map((recipients) => commit(key, { ...context, recipients }, 'c', plaintext));
    expect(one).toBe(two);
  });

  it.each<[string, Partial<CommitmentContext>]>([
    ['backend', { backend: 'sops' }],
    ['recipients', { recipients: ['sha256:ab'] }],
    ['cluster', { cluster: 'eu-2' }],
    ['namespace', { namespace: 'prod-checkout' }],
    ['name', { name: 'dc' }],
    ['key', { key: 'user' }],
    ['scope', { scope: 'cluster-wide' }],
  ])('differ by %s', (_, change) => {
    expect(isCommitted(made, key, { ...context, ...change }, 'ciphertext', plaintext)).toBe(false);
  });

  it('differ by key, ciphertext and plaintext', () => {
    expect(isCommitted(made, Buffer.from('K'.repeat(32)), context, 'ciphertext', plaintext)).toBe(false);
    expect(isCommitted(made, key, context, 'ciphertexT', plaintext)).toBe(false);
    expect(isCommitted(made, key, context, 'ciphertext', Buffer.from('p4st'))).toBe(false);
    for (const other of [undefined, '', 'x', made.slice(4)]) {
      expect(isCommitted(other, key, context, 'ciphertext', plaintext)).toBe(false);
    }
  });

  it('cannot run one part of the context into the next', () => {
    const moved = commit(key, { ...context, namespace: 'dev-checkoutd', name: 'b' }, 'ciphertext', plaintext);
    expect(moved).not.toBe(made);
    expect(commit(key, { ...context, recipients: ['a', 'b'] }, 'c', plaintext)).not.toBe(
      commit(key, { ...context, recipients: ['a","b'] }, 'c', plaintext),
    );
  });
});
