import type { IConstruct } from 'constructs';
import { GitOpsError } from '../errors';
import { declarationOf, type PlatformDeclaration } from '../model/declaration';
import type { Policy } from '../model/gate';

export interface AllowProps {
  /** The rule as issues name it, such as `secret/named-literal`; or several, such as `secret/pattern/*`. */
  readonly rule: string;

  /**
   * Construct path, what lies under it included; or files of the environment repository, in which `*` stands for a name
   * and `**` for any folders.
   *
   * @default - the construct that the gate is of
   */
  readonly path?: string;

  /** Why it is right all the same. */
  readonly reason: string;

  /** Last day on which it holds, such as `2027-03-31`. From the next one on, synthesis fails. */
  readonly expires: string;
}

/**
 * What a program says of the gate, which looks at every object before anything is written or published.
 *
 *     Gate.of(platform).addPolicy({ name: 'team', remedy: 'add the label', check: … });
 *     Gate.of(container).allow({ rule: 'policy/privileged', reason: '…', expires: '2027-03-31' });
 */
export class Gate {
  /**
   * The gate of a construct's platform. What is added to it is for the objects of that construct, and of those in it.
   * @throws GitOpsError MODEL_INVALID when the construct is in no Platform
   */
  static of(construct: IConstruct): Gate {
    const root = declarationOf(construct?.node?.root);
    if (root?.kind !== 'platform' || root.gate === undefined) {
      throw new GitOpsError('MODEL_INVALID', 'Gate.of() takes a Platform, or a construct in one');
    }
    return new Gate(construct, root.gate);
  }

  private constructor(
    private readonly scope: IConstruct,
    private readonly declaration: Required<PlatformDeclaration>['gate'],
  ) {}

  /**
   * Lets issues of one rule pass, until a day. An incomplete or expired one is an error when the platform is
   * synthesized; one that nothing needs, a warning. Plain Secrets cannot be allowed.
   */
  allow(props: AllowProps): this {
    const { rule, path, reason, expires } = props ?? {};
    const text = (value: unknown) => (typeof value === 'string' ? value : '');
    this.declaration.waivers.push({
      rule: text(rule),
      path: path === undefined ? this.scope.node.path : text(path),
      reason: text(reason),
      expires: text(expires),
    });
    return this;
  }

  /**
   * Names files of CustomResourceDefinitions, relative to the working folder: objects of their kinds are checked against
   * them. Those that are built in, and those that the platform applies, need not be named.
   */
  addDefinitions(...files: string[]): this {
    for (const file of files) this.declaration.definitions.push({ file, path: this.scope.node.path });
    return this;
  }

  /** Adds a rule of your own: a function that looks at each object. */
  addPolicy(policy: Policy): this {
    this.declaration.policies.push({ policy, path: this.scope.node.path });
    return this;
  }
}
