import { GitOpsError } from '../errors';
import type { CommitLog } from '../publish/history';
import type { CommitSignature, SignatureChecker } from '../publish/signing/check';
import type { Finding } from './verify';

/** What a pipeline gives as the commit before the first one. */
const NOTHING = /^0{40}$/;
/** Commits that one run checks at most: each takes two processes. */
const MOST = 5_000;

/**
 * Checks who signed the newest commits.
 * @param since the last commit that need not be checked; without it, it is the newest one alone that is
 * @returns what is wrong, and how many were checked
 * @throws GitOpsError BRANCH_NOT_FOUND when there is no such commit
 */
export async function checkSignatures(
  log: CommitLog,
  checker: SignatureChecker,
  since?: string,
): Promise<{ readonly checked: number; readonly problems: readonly Finding[] }> {
  const { tip } = log;
  if (tip === null) return { checked: 0, problems: [] };
  const ids = since === undefined || NOTHING.test(since) ? [tip] : await commitsSince(log, tip, since);
  const problems: Finding[] = [];
  for (const id of ids) {
    const commit = await log.read(id);
    if (commit === undefined) continue;
    const signature = await checker.check(commit.body);
    const message = problemOf(signature);
    if (message !== undefined) problems.push({ path: `commit ${id}`, message });
  }
  return { checked: ids.length, problems };
}

async function commitsSince(log: CommitLog, tip: string, since: string): Promise<string[]> {
  let base = await log.resolve(since);
  while (base === undefined && (await log.deepen())) base = await log.resolve(since);
  if (base === undefined) {
    throw new GitOpsError(
      'BRANCH_NOT_FOUND',
      `there is no commit ${JSON.stringify(since)} here; name one that 'git log' shows, and fetch the whole history`,
    );
  }
  const ids = await log.between([tip], [base], MOST + 1);
  if (ids.length <= MOST) return ids;
  throw new GitOpsError('USAGE', `there are more than ${MOST} commits since ${since}; name a later one`);
}

function problemOf({ status, format, key }: CommitSignature): string | undefined {
  const by = key === undefined ? '' : ` (${key})`;
  switch (status) {
    case 'good':
      return undefined;
    case 'none':
      return 'is not signed: sign it, or publish with a key';
    case 'bad':
      return `has a signature${by} that is not good: what was signed is something else, or the key's time was over`;
    case 'unknown':
      return format === 'openpgp'
        ? `is signed by an OpenPGP key${by} that gpg's keyring does not hold, or does not trust`
        : `is signed by a key${by} of nobody among the allowed signers`;
  }
}
