import { generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseSecretFile, recipientsOf, serializeSecretFile, wrappedKeysOf } from '../../src/model/secret-files';
import { identitiesIn, isNativeRecipient, unwrapDataKey } from '../../src/secrets/age';
import { decryptSops, encryptSops } from '../../src/secrets/sops';
import { numbers, someValues } from './values';

let [identity, recipient, other, otherRecipient] = ['', '', '', ''];
beforeAll(async () => {
  identity = await generateX25519Identity();
  recipient = await identityToRecipient(identity);
  other = await generateX25519Identity();
  otherRecipient = await identityToRecipient(other);
});

const base = { kind: 'sops', name: 'db', namespace: 'dev-checkout', type: 'Opaque', scope: 'strict' } as const;

async function encrypted(values: ReadonlyMap<string, Uint8Array>, recipients = [recipient]) {
  const { data, sops } = await encryptSops(values, recipients);
  return serializeSecretFile({ ...base, values: data, sops, certificates: {}, commitments: {} });
}

async function decrypted(text: string, identities = [identity]) {
  const { sops, document = {}, order } = parseSecretFile(text, 'db.yaml');
  const dataKey = await unwrapDataKey(wrappedKeysOf(sops), identities);
  return dataKey && decryptSops(document, dataKey, 'db.yaml', order);
}

const sample = new Map([
  ['password', Buffer.from('p4ss')],
  ['user', Buffer.from('bob')],
  ['Zone', Buffer.from([0, 255])],
]);

describe('SOPS', () => {
  it('gives back every value', async () => {
    const next = numbers(1);
    for (let n = 0; n < 60; n++) {
      const values = someValues(next);
      const back = await decrypted(await encrypted(values));
      expect([...(back ?? [])]).toEqual([...values].sort(([a], [b]) => (a < b ? -1 : 1)));
    }
  });

  it('digests values in the order that they are written in, whatever keys look like', async () => {
    const values = new Map(['10', '9', '-a', 'b', '.c'].map((key) => [key, Buffer.from(`value of ${key}`)]));
    const text = await encrypted(values);
    expect((await decrypted(text))?.size).toBe(5);
    expect(parseSecretFile(text, 'x').order).toEqual(['9', '10', '-a', '.c', 'b']);
  });

  it('encrypts to each recipient, and to no one else', async () => {
    const text = await encrypted(sample, [recipient, otherRecipient]);
    expect(recipientsOf(parseSecretFile(text, 'x').sops)).toEqual([recipient, otherRecipient].sort());
    expect((await decrypted(text, [other]))?.get('user')).toEqual(Buffer.from('bob'));
    expect(await decrypted(await encrypted(sample), [other])).toBeUndefined();
    expect(await decrypted(text, [])).toBeUndefined();
  });

  it('knows recipients that resist quantum computers', async () => {
    const hybrid = await generateHybridIdentity();
    const its = await identityToRecipient(hybrid);
    expect(isNativeRecipient(its)).toBe(true);
    expect((await decrypted(await encrypted(sample, [its]), [hybrid]))?.get('user')).toEqual(Buffer.from('bob'));
  });

  it('tells recipients of plugins and SSH apart', () => {
    expect(isNativeRecipient(recipient)).toBe(true);
    for (const each of [
      'age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t',
      'ssh-ed25519 AAAA',
      '',
    ]) {
      expect(isNativeRecipient(each)).toBe(false);
    }
  });

  it('refuses a recipient whose checksum is wrong', async () => {
    const wrong = `${recipient.slice(0, -1)}${recipient.endsWith('q') ? 'p' : 'q'}`;
    await expect(encryptSops(sample, [wrong])).rejects.toMatchObject({ code: 'SOPS_RECIPIENTS_INVALID' });
  });

  it.each([
    ['a value that was exchanged for another one', (lines: string[]) => swap(lines, 'password', 'user')],
    ['a value that was removed', (lines: string[]) => lines.filter((line) => !line.startsWith('  user:'))],
    ['a value that was emptied', (lines: string[]) => lines.map((line) => line.replace(/^( {2}user:).*/, '$1 ""'))],
    [
      'an older digest',
      (lines: string[]) => lines.map((line) => line.replace(/lastmodified: "\d{4}/, 'lastmodified: "2001')),
    ],
    [
      'a flipped character',
      (lines: string[]) =>
        lines.map((line) =>
          line.replace(/^( {2}user: ENC\[AES256_GCM,data:)(.)/, (_, a, b) => `${a}${b === 'A' ? 'B' : 'A'}`),
        ),
    ],
  ])('refuses %s', async (_, change) => {
    const text = await encrypted(sample);
    const changed = change(text.split('\n')).join('\n');
    expect(changed).not.toBe(text);
    const error = await decrypted(changed).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'SECRET_FILE_INVALID' });
    expect(String(error)).not.toMatch(/p4ss|bob/);
  });

  it('lets labels and the order of fields change', async () => {
    const text = await encrypted(sample);
    expect((await decrypted(text.replace('  name: db\n', '  name: db\n  labels:\n    a: b\n')))?.size).toBe(3);
  });

  it('reads identities as key files have them', () => {
    const file = `# created: 2026\n# public key: ${recipient}\n${identity}\n#${other}\n`;
    expect(identitiesIn(file)).toEqual([identity]);
    expect(identitiesIn(`${identity}  ${other}`)).toEqual([identity, other]);
  });
});

function swap(lines: string[], a: string, b: string): string[] {
  const lineOf = (key: string) => lines.find((line) => line.startsWith(`  ${key}: `))?.split(': ')[1] ?? '';
  const [ofA, ofB] = [lineOf(a), lineOf(b)];
  return lines.map((line) =>
    line.startsWith(`  ${a}: `) ? `  ${a}: ${ofB}` : line.startsWith(`  ${b}: `) ? `  ${b}: ${ofA}` : line,
  );
}
