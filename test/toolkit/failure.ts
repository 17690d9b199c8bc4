import { expect } from 'vitest';
import { type ErrorCode, GitOpsError } from '../../src/errors';

/** The coded error that something ends with. */
export async function failure(promise: Promise<unknown>, code: ErrorCode): Promise<GitOpsError> {
  const error = await promise.then(
    () => new Error(`it succeeded, and should have failed with ${code}`),
    (thrown: unknown) => thrown,
  );
  if (!GitOpsError.is(error)) throw error;
  expect(error.code, error.message).toBe(code);
  return error;
}
