import type { Construct } from 'constructs';
import { GitOpsError, type Problem } from '../errors';

/** What is wrong with a construct; it is where the problem is. */
export type ConstructProblem = Omit<Problem, 'where'>;

/**
 * Lets a construct say what is wrong with it when the platform is synthesized. Validations of constructs give texts; one
 * that has a code to give throws an error for all it found, which synthesis takes apart again.
 *
 * @param problems is asked once for each synthesis, when the whole tree is there
 */
export function reportProblems(construct: Construct, problems: () => readonly ConstructProblem[]): void {
  construct.node.addValidation({
    validate: () => {
      const found = problems();
      if (found.every(({ code }) => code === undefined)) return found.map(({ message }) => message);
      const where = construct.node.path;
      throw GitOpsError.ofModel(
        where,
        found.map((problem) => ({ where, ...problem })),
      );
    },
  });
}
