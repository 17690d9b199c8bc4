import { readFileSync, writeFileSync } from 'node:fs';
import type { Issue } from '../model/issue';
import { layout } from '../model/layout';
import type { DesiredTree } from '../model/section';

/** Names the file to which a program that runs as a process of its own writes what the gate has to say. */
export const ISSUES_VARIABLE = 'CDK8S_GITOPS_ISSUES';
/** Lets such a program report what the gate refuses, too, and write nothing else. */
export const CHECK_VARIABLE = 'CDK8S_GITOPS_CHECK_ONLY';

/** What the gate has to say of a tree. */
export interface TreeIssues {
  readonly issues: readonly Issue[];
  /** Kubernetes objects of units. */
  readonly objects: number;
  readonly files: number;
}

/** True when the command that started the program only wants to look at what it declares. */
export function isCheckOnly(env: NodeJS.ProcessEnv = process.env): boolean {
  return env[CHECK_VARIABLE] === '1' && env[ISSUES_VARIABLE] !== undefined;
}

/** Leaves the issues where the command that started the program looks for them. */
export function handOverIssues(tree: DesiredTree, env: NodeJS.ProcessEnv = process.env): void {
  const file = env[ISSUES_VARIABLE];
  if (file !== undefined && file !== '') writeFileSync(file, JSON.stringify(issuesOf(tree)));
}

/** Reads what {@link handOverIssues} has left; undefined when there is nothing. */
export function readIssues(file: string): TreeIssues | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as TreeIssues;
  } catch {
    return undefined;
  }
}

export function issuesOf({ issues = [], sections }: DesiredTree): TreeIssues {
  let [objects, files] = [0, 0];
  for (const { owner, files: own } of sections) {
    files += own.size;
    if (owner.kind !== 'unit') continue;
    const folder = `${layout.unitFolder(owner.environment, owner.application)}/`;
    for (const path of own.keys()) if (path.startsWith(folder)) objects++;
  }
  return { issues, objects, files };
}
