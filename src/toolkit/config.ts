import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GitOpsError } from '../errors';
import { parseYaml } from '../yaml/parse';

export const CONFIG_FILE = 'cdk8s.yaml';

/** What `cdk8s.yaml` says that concerns us. */
export interface Config {
  /** The program, or the command that runs it. */
  readonly app?: string;
  /** Folder that synthesis writes to. */
  readonly output?: string;
}

/**
 * Reads `cdk8s.yaml` as cdk8s does; fields of other commands are left alone.
 * @returns undefined when there is no such file
 * @throws GitOpsError CONFIG_INVALID
 */
export function readConfig(folder: string): Config | undefined {
  let text: string;
  try {
    text = readFileSync(join(folder, CONFIG_FILE), 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new GitOpsError('CONFIG_INVALID', `${CONFIG_FILE} cannot be read: ${(cause as Error).message}`, { cause });
  }
  let documents: unknown[];
  try {
    documents = parseYaml(text);
  } catch (cause) {
    throw new GitOpsError('CONFIG_INVALID', `${CONFIG_FILE} is not YAML: ${(cause as Error).message}`, { cause });
  }
  const [value = {}] = documents;
  if (documents.length > 1 || typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new GitOpsError('CONFIG_INVALID', `${CONFIG_FILE} has to hold one map, e.g. 'app: main.ts'`);
  }
  return { app: textField(value, 'app'), output: textField(value, 'output') };
}

function textField(config: object, field: string): string | undefined {
  const value = (config as Record<string, unknown>)[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value.trim() !== '') return value.trim();
  throw new GitOpsError('CONFIG_INVALID', `${field} in ${CONFIG_FILE} has to be a text, not ${JSON.stringify(value)}`);
}
