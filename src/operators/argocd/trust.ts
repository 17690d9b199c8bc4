/** Who has to have signed commits. */
export interface ArgoCdTrust {
  /** Ids of GPG keys, of 16 hexadecimal digits or as fingerprints. Argo CD knows no other kind of signature. */
  readonly gpgKeys: readonly string[];
  /**
   * Which commits have to be signed: the one that is applied, or all of them, back to the first.
   *
   * @default head
   */
  readonly mode?: 'head' | 'strict';
}

/** Fields of a project that allow only signed commits of the environment repository. */
export function trustOf(url: string, trust: ArgoCdTrust | undefined): object {
  if (trust === undefined) return {};
  const gpg = { keys: [...trust.gpgKeys], mode: trust.mode ?? 'head' };
  return { sourceIntegrity: { git: { policies: [{ repos: [{ url }], gpg }] } } };
}

export function trustProblems(trust: ArgoCdTrust | undefined): string[] {
  if (trust === undefined) return [];
  const keys: readonly unknown[] = Array.isArray(trust.gpgKeys) ? trust.gpgKeys : [];
  const wrong = keys.filter((key) => typeof key !== 'string' || !/^(0x)?([0-9A-Fa-f]{16}|[0-9A-Fa-f]{40})$/.test(key));
  return [
    ...(keys.length === 0 ? ['`trust` names no keys, so that no commit would ever be applied: list `gpgKeys`'] : []),
    ...wrong.map((key) => `'${key}' is no id of a GPG key: write its 16 or 40 hexadecimal digits`),
  ];
}
