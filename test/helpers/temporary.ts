import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, expect } from 'vitest';
import { temporaryFolder } from './git';

/** What this tool has in a folder for temporary files. */
export function leftIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('cdk8s-gitops-'));
}

/** Gives every test of a file a folder for temporary files of its own, and fails where anything is left in it. */
export function watchTemporary(): { readonly path: string } {
  const watched = { path: '' };
  let before: string | undefined;
  beforeEach(() => {
    before = process.env.TMPDIR;
    watched.path = temporaryFolder();
    process.env.TMPDIR = watched.path;
  });
  afterEach(() => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    expect(leftIn(watched.path)).toEqual([]);
  });
  return watched;
}
