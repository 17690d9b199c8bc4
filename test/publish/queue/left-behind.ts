import type { Section } from '../../../src/model/section';
import { readDesired } from '../../../src/publish/desired';
import { treeObject } from '../../../src/publish/git/objects';
import { commitMessage } from '../../../src/publish/message';
import { makePlan } from '../../../src/publish/planning';
import { buildOwnEntry } from '../../../src/publish/queue/own-entry';
import { newTicket } from '../../../src/publish/queue/refs';
import { RemoteRepository } from '../../../src/publish/remote-repository';
import type { Signer } from '../../../src/publish/signing';
import { gitEnv } from '../../helpers/git';
import { tree } from '../trees';
import { PREFIX } from './fixture';

export interface LeftBehind {
  readonly source: string;
  readonly sections: readonly Section[];
  /** @default - now */
  readonly ticket?: string;
  readonly signer?: Signer;
  /** Changes the message of the entry's commit to come. */
  readonly message?: string;
}

/** Puts an entry into a repository's queue, as a publisher does that is killed right after. */
export async function leaveEntry(bare: string, { source, sections, ticket, signer, message }: LeftBehind) {
  const stamp = { generator: 'cdk8s-gitops 0.1.0' };
  const repository = await RemoteRepository.open(
    { url: `file://${bare}`, branch: 'main' },
    { env: gitEnv, queue: PREFIX },
  );
  try {
    const desired = readDesired(tree(sections, source), stamp);
    const planned = await makePlan(repository, source, desired, { branch: 'main', stamp });
    const entry = await buildOwnEntry({
      planned,
      snapshot: repository.snapshot,
      prefix: PREFIX,
      branch: 'main',
      ticket: ticket ?? newTicket(),
      source,
      author: 'Killed <killed@example.com> 1700000000 +0000',
      message: message ?? commitMessage(planned.plan, source, stamp),
      signer,
    });
    if (entry === undefined || repository.queue === undefined) throw new Error('there is no entry for this');
    const trees = desired.flatMap((section) => section.contentRoots.flatMap((root) => [...section.trees(root)]));
    const objects = new Map(
      [...entry.objects, ...trees.map(([, entries]) => treeObject(entries))].map((o) => [o.id, o]),
    );
    await repository.write([...objects.values()]);
    if ((await repository.queue.pushEntry(entry, [])) !== 'pushed') throw new Error('the entry was refused');
    return entry;
  } finally {
    await repository.close();
  }
}
