import { expect } from 'vitest';
import { type ErrorCode, GitOpsError } from '../../src/errors';
import type { PublishOptions } from '../../src/publish';
import { gitEnv } from '../helpers/git';

export const COMMIT = 'a'.repeat(40);

/** Options of a publish into a bare repository. */
export function options(remote: string, more: Partial<PublishOptions> = {}): PublishOptions {
  return {
    remote: { url: remote.startsWith('/') ? `file://${remote}` : remote, branch: 'main' },
    generator: 'cdk8s-gitops 0.1.0',
    sourceCommit: COMMIT,
    env: gitEnv,
    ...more,
  };
}

/** The coded error that something ends with. */
export async function failure(promise: Promise<unknown>, code: ErrorCode): Promise<GitOpsError> {
  let error: unknown;
  try {
    await promise;
  } catch (thrown) {
    error = thrown;
  }
  if (!GitOpsError.is(error)) throw error ?? new Error(`it succeeded, and should have failed with ${code}`);
  expect(error.code, error.message).toBe(code);
  return error;
}
