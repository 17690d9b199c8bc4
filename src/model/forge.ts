/** Forges that there are; Forgejo speaks as Gitea does. `none`: the repository is plain git, whatever its host. */
export const FORGE_KINDS = ['github', 'gitlab', 'gitea', 'forgejo', 'none'] as const;
export type ForgeKind = (typeof FORGE_KINDS)[number];

/** On which forge a repository lies, where its URL does not tell. */
export interface ForgeChoice {
  /** @default - by the host's name: `gitlab.acme.io` is a GitLab */
  readonly kind?: ForgeKind;

  /**
   * Address of the API, e.g. `https://git.acme.io/api/v3`; for GitLab and Gitea, the server's own will do.
   *
   * @default - by the host's name
   */
  readonly apiUrl?: string;
}

/** What is wrong with a choice, which may come from untyped code. */
export function forgeProblems(choice: ForgeChoice | undefined): string[] {
  const problems: string[] = [];
  const { kind, apiUrl } = choice ?? {};
  if (kind !== undefined && !FORGE_KINDS.includes(kind)) {
    problems.push(`'${kind}' is not a forge of the environment repository: use one of ${FORGE_KINDS.join(', ')}`);
  }
  if (apiUrl !== undefined && (typeof apiUrl !== 'string' || !/^https?:\/\/[^/@?#\s]+(\/[^@?#\s]*)?$/i.test(apiUrl))) {
    problems.push(
      "the `apiUrl` of the environment repository's forge has to be like https://git.acme.io, without credentials",
    );
  }
  return problems;
}
