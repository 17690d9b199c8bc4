import { writeFileSync } from 'node:fs';
import type { IConstruct } from 'constructs';
import { type EncryptedSecretDeclaration, encryptedSecretOf } from '../model/secret-declaration';

/**
 * What a program declares, without rendering it: commands that make what rendering needs ask for it. The hook hangs on a
 * global symbol, for the program may come with its own copy of this package; programs that are processes of their own
 * find a file to write to in the environment.
 */
export interface Inspected {
  readonly platform: string;
  /** Id of the running source. */
  readonly source: string;
  readonly secrets: readonly EncryptedSecretDeclaration[];
}

/** Names the file that a program writes what it declares to. */
export const INSPECTION_VARIABLE = 'CDK8S_GITOPS_INSPECTION';

const INSPECTION = Symbol.for('cdk8s-gitops.inspection');
type Global = { [INSPECTION]?: (inspected: Inspected) => void };

/** Hands over what the platform declares, if that is all that is asked for; nothing is rendered then. */
export function inspect(root: IConstruct, of: Pick<Inspected, 'platform' | 'source'>): boolean {
  const receive = (globalThis as Global)[INSPECTION];
  const file = process.env[INSPECTION_VARIABLE];
  if (receive === undefined && file === undefined) return false;
  const secrets: EncryptedSecretDeclaration[] = [];
  for (const construct of root.node.findAll()) {
    const secret = encryptedSecretOf(construct);
    if (secret !== undefined) secrets.push(secret);
  }
  const inspected = { platform: of.platform, source: of.source, secrets };
  if (receive !== undefined) receive(inspected);
  else if (file !== undefined) writeFileSync(file, JSON.stringify(inspected), { flag: 'wx', mode: 0o600 });
  return true;
}

/** Runs `load` while `receive` is given what is declared. */
export async function withInspection<T>(receive: (inspected: Inspected) => void, load: () => Promise<T>): Promise<T> {
  const outer = (globalThis as Global)[INSPECTION];
  (globalThis as Global)[INSPECTION] = receive;
  try {
    return await load();
  } finally {
    (globalThis as Global)[INSPECTION] = outer;
  }
}
