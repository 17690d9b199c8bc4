import type { Label, PullRequest } from 'gitea-js';
import { GitOpsError } from '../../errors';
import type { GiteaClient } from './gitea-client';

const LABEL_COLOR = '#1d76db';

/**
 * Puts labels on that are missing; those that do not exist are made.
 * @returns whether there were any
 */
export async function addLabels(
  client: GiteaClient,
  pullRequest: PullRequest,
  wanted: readonly string[],
): Promise<boolean> {
  const present = new Set((pullRequest.labels ?? []).map(({ name }) => name));
  const missing = wanted.filter((label) => !present.has(label));
  if (missing.length === 0) return false;

  const ids = new Map<string, number>();
  const note = ({ name, id }: Label) => {
    if (name !== undefined && id !== undefined && !ids.has(name)) ids.set(name, id);
  };
  const own = client.list('reading the labels', (api, page) =>
    api.repos.issueListLabels(client.owner, client.repository, page),
  );
  for await (const label of own) note(label);
  if (missing.some((label) => !ids.has(label))) {
    // An organization's labels are those of its repositories; a person has none.
    for (const label of await labelsOfOrganization(client)) note(label);
  }
  for (const name of missing.filter((label) => !ids.has(label))) {
    note(
      await client.ask(`adding the label '${name}'`, (api) =>
        api.repos.issueCreateLabel(client.owner, client.repository, { name, color: LABEL_COLOR }),
      ),
    );
  }
  const labels = missing.flatMap((name) => ids.get(name) ?? []);
  await client.ask('labelling the pull request', (api) =>
    api.repos.issueAddLabel(client.owner, client.repository, pullRequest.number ?? 0, { labels }),
  );
  return true;
}

async function labelsOfOrganization(client: GiteaClient): Promise<Label[]> {
  const labels: Label[] = [];
  try {
    const all = client.list("reading the organization's labels", (api, page) =>
      api.orgs.orgListLabels(client.owner, page),
    );
    for await (const label of all) labels.push(label);
  } catch (error) {
    // The owner is a person, or the token may not look: then the repository gets a label of its own.
    if (!(error instanceof GitOpsError) || error.code !== 'FORGE_REJECTED') throw error;
  }
  return labels;
}
