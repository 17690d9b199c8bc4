import { GitOpsError } from '../errors';
import { declarationOf, type MoveDeclaration } from '../model/declaration';
import { isLabel } from '../model/layout';
import type { Application } from './application';

export interface MovedProps {
  /** The application that the objects belonged to so far. */
  readonly from: {
    /** Its name. It need not be declared any more. */
    readonly application: string;

    /**
     * Its environment, one of the same cluster.
     *
     * @default - the environment of the application that the objects move to
     */
    readonly environment?: string;
  };

  /**
   * Kind of the objects, e.g. `PersistentVolumeClaim`.
   *
   * @default - every kind
   */
  readonly kind?: string;

  /**
   * Name of the object.
   *
   * @default - every object, of the kind if one is given
   */
  readonly name?: string;

  /**
   * Minutes that the operator is given to apply the first step of the move, before a publish takes the second.
   *
   * @default 10
   */
  readonly settle?: number;
}

/**
 * Declares that objects of an application belonged to another one before, on the same cluster and in the same namespace:
 * they are handed over, where the operator would delete and recreate them otherwise. Without a kind and a name, that is
 * a renamed application.
 *
 * It takes two publishes. The first protects the objects where they are; once the operator has applied that, a later one
 * moves them. What each did, and what to do next, is among its warnings.
 * @throws GitOpsError MODEL_INVALID when the first argument is no application
 */
export function moved(application: Application, props: MovedProps): void {
  const declaration = declarationOf(application);
  if (declaration?.kind !== 'application') {
    throw new GitOpsError(
      'MODEL_INVALID',
      'moved() takes the Application that the objects move to as its first argument',
    );
  }
  const problems = problemsOf(props, declaration.name);
  application.node.addValidation({ validate: () => problems });
  if (problems.length > 0) return;
  const { from, kind, name, settle } = props;
  const move: MoveDeclaration = {
    from: { application: from.application, environment: from.environment },
    kind,
    name,
    settle,
  };
  declaration.moves.push(move);
}

function problemsOf(props: MovedProps, self: string): string[] {
  const { from, kind, name, settle } = props ?? {};
  const label = (value: unknown) => typeof value === 'string' && isLabel(value);
  const problems: string[] = [];
  if (!label(from?.application)) {
    problems.push(`moved() comes from no application: write \`from: { application: '…' }\`, with its name`);
  } else if (from.application === self && (from.environment === undefined || from.environment === '')) {
    problems.push(`moved() comes from '${self}' itself: name the application that the objects belonged to`);
  }
  if (from?.environment !== undefined && !label(from.environment)) {
    problems.push(`'${from.environment}' is no environment that objects could have moved from: write its name`);
  }
  for (const [what, value] of Object.entries({ kind, name })) {
    if (value !== undefined && (typeof value !== 'string' || value === '')) {
      problems.push(`the ${what} of moved() is empty: write it as the object has it, or leave it out`);
    }
  }
  if (settle !== undefined && !(Number.isFinite(settle) && settle >= 0)) {
    problems.push(`'${settle}' is no number of minutes: let \`settle\` of moved() be 0 or more`);
  }
  return problems;
}
