import { escapeLine } from '../diff/escape';
import { type Script, type ScriptStep, scriptText } from '../toolkit/bootstrap/script';
import type { SwitchScript } from '../toolkit/operator-switch';

/** Scripts for people: what they are for, and their steps. */

export function bootstrapText({ cluster, operator, repository, steps, platform }: Script): string {
  return text(
    [
      `Starts ${operator} on the cluster ${cluster} of ${platform}: in a clone of`,
      `${repository.url}, at ${repository.branch}.`,
      'Save it, and run it with sh -eu, or line by line. It is safe to run again.',
    ],
    steps,
  );
}

export function switchText({ cluster, from, to, steps }: SwitchScript): string {
  return text(
    [
      `From ${from} to ${to} on the cluster ${cluster}, without deleting a workload.`,
      'Step by step: look at what each of them says before the next one.',
    ],
    steps,
  );
}

/** Names come from programs and repositories, and must not act on a terminal. */
function text(heading: readonly string[], steps: readonly ScriptStep[]): string {
  return scriptText(heading.join('\n'), steps).split('\n').map(escapeLine).join('\n');
}
