import { type Answer, describeRepository, invalid, notFound, ok, refused } from './answers';
import { tipOf } from './git';
import { mergeOperations } from './merging';
import { pullOperations } from './pulls';
import type { Account, FakeRepository } from './state';

export interface Call {
  readonly repository: FakeRepository;
  /** Whose token it is. */
  readonly account: Account;
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Answers by the id that GitHub gives an operation. */
export type Operations = Readonly<Record<string, (call: Call) => Answer>>;

const settingOperations: Operations = {
  'repos/get': ({ repository, account }) => {
    const { allowAutoMerge, allowMergeCommit, allowRebaseMerge, allowSquashMerge } = repository.settings;
    // GitHub tells those who may push.
    const told = {
      allow_auto_merge: allowAutoMerge,
      allow_merge_commit: allowMergeCommit,
      allow_rebase_merge: allowRebaseMerge,
      allow_squash_merge: allowSquashMerge,
    };
    return ok({ ...describeRepository(repository), ...(account.role === 'read' ? {} : told) });
  },

  'repos/get-branch': ({ repository, parameters }) => {
    const { branch = '' } = parameters;
    const commit = tipOf(repository.bare, branch);
    if (commit === undefined) return refused(404, 'Branch not found');
    return ok({ name: branch, commit: { sha: commit }, protected: repository.protection.has(branch) });
  },

  'repos/get-branch-rules': ({ repository, parameters }) => {
    const { rulesets } = repository.settings;
    if (rulesets === 'upgrade') {
      return refused(403, 'Upgrade to GitHub Pro or make this repository public to enable this feature.');
    }
    if (!rulesets) return notFound();
    return ok((repository.rules.get(parameters.branch ?? '') ?? []).map((type) => ({ type })));
  },

  'repos/list-deploy-keys': ({ repository, account }) => {
    // Who may not administer is not even told that there are any.
    if (account.role !== 'admin') return notFound();
    return ok(repository.keys.map(({ id, title, key, readOnly }) => ({ id, title, key, read_only: readOnly })));
  },

  'repos/create-deploy-key': ({ repository, account, body }) => {
    if (account.role !== 'admin') return notFound();
    const {
      title = '',
      key,
      read_only: readOnly = false,
    } = body as { title?: string; key: string; read_only?: boolean };
    if (!/^ssh-\w+ [\w+/=]+$/.test(key)) {
      return invalid({
        resource: 'PublicKey',
        code: 'custom',
        field: 'key',
        message: 'key is invalid. You must supply a key in OpenSSH public key format',
      });
    }
    if (repository.keys.some((one) => one.key === key)) {
      return invalid({ resource: 'PublicKey', code: 'custom', field: 'key', message: 'key is already in use' });
    }
    const added = { id: repository.next(), title, key, readOnly };
    repository.keys.push(added);
    return ok({ id: added.id, title, key, read_only: readOnly }, 201);
  },

  'repos/delete-deploy-key': ({ repository, account, parameters }) => {
    const index = repository.keys.findIndex(({ id }) => id === Number(parameters.key_id));
    if (account.role !== 'admin' || index < 0) return notFound();
    repository.keys.splice(index, 1);
    return { status: 204 };
  },
};

export const OPERATIONS: Operations = { ...pullOperations, ...mergeOperations, ...settingOperations };
