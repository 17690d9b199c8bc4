import { bodyOf, titleOf } from './content';

/** Longest texts that GitLab takes, in characters. */
export const GITLAB_LIMITS = { title: 255, body: 1_048_576 } as const;
/** Longest name of a label. */
const LONGEST_LABEL = 255;

/** A title that says nothing to GitLab but what it says: one that starts with `Draft:` would keep it from being merged. */
export function gitLabTitle(title: string): string {
  const line = titleOf(title, GITLAB_LIMITS.title);
  return /^(?:\[draft\]|\(draft\)|draft:)/i.test(line) ? titleOf(`“${line}”`, GITLAB_LIMITS.title) : line;
}

/** A comment that does nothing: GitLab runs lines that start with a slash as commands, `/merge` and `/approve` among them. */
export function gitLabComment(comment: string): string {
  return bodyOf(comment.replace(/^([ \t]*)\//gm, '$1\\/'), GITLAB_LIMITS.body);
}

/** Labels that GitLab can have, which takes them as one list with commas, and what is to be said of the others. */
export function gitLabLabels(labels: readonly string[]): { readonly usable: string[]; readonly warnings: string[] } {
  const trimmed = [...new Set(labels.map((label) => label.trim()))];
  const isUsable = (label: string): boolean =>
    label !== '' && label.length <= LONGEST_LABEL && !/[,\p{Cc}]/u.test(label);
  return {
    usable: trimmed.filter(isUsable),
    warnings: trimmed
      .filter((label) => !isUsable(label))
      .map((label) => `${JSON.stringify(label)} cannot be a label at GitLab; use up to 255 characters without a comma`),
  };
}
