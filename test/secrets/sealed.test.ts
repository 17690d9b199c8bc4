import { describe, expect, it } from 'vitest';
import { seal, sealingLabel } from '../../src/secrets/sealed';
import { makeCertificate } from './certificate';
import { unseal } from './unseal';
import { numbers, someValue } from './values';

const { publicKey, privateKey } = makeCertificate();

describe('sealed values', () => {
  it('are bound to what their scope says', () => {
    expect(sealingLabel('dev-checkout', 'db', 'strict')).toBe('dev-checkout/db');
    expect(sealingLabel('dev-checkout', 'db', 'namespace-wide')).toBe('dev-checkout');
    expect(sealingLabel('dev-checkout', 'db', 'cluster-wide')).toBe('');
  });

  it.each(['a/b', 'a', ''])('are unsealed under the label %j, and under no other', (label) => {
    const next = numbers(label.length + 1);
    for (let n = 0; n < 40; n++) {
      const value = someValue(next);
      const sealed = seal(value, publicKey, label);
      expect(unseal(sealed, privateKey, label)).toEqual(value);
      expect(unseal(sealed, privateKey, `${label}x`)).toBeUndefined();
    }
  });

  it('are refused with any bit flipped', () => {
    const next = numbers(7);
    const sealed = Buffer.from(seal(someValue(next), publicKey, 'a/b'), 'base64');
    for (let n = 0; n < 100; n++) {
      const bit = Math.floor(next() * sealed.length * 8);
      const flipped = Buffer.from(sealed);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(unseal(flipped.toString('base64'), privateKey, 'a/b')).toBeUndefined();
    }
  });

  it('never come out the same', () => {
    const value = Buffer.from('same');
    expect(seal(value, publicKey, 'a/b')).not.toBe(seal(value, publicKey, 'a/b'));
  });
});
