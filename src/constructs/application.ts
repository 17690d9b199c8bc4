import { hash } from 'node:crypto';
import { type ApiObject, Chart, type ChartProps, Names } from 'cdk8s';
import type { Construct } from 'constructs';
import { type ApplicationDeclaration, declarationOf, declare } from '../model/declaration';
import { nodeId } from './ids';

export interface ApplicationProps extends ChartProps {
  /**
   * Id of the source repository that owns the application. To be given by packages that several repositories share.
   *
   * @default - the platform's source
   */
  readonly source?: string;

  /**
   * Applications that must be healthy before this one is applied: names within the same environment, or applications
   * of any environment on the same cluster.
   *
   * @default - those that constructs inside depend on
   */
  readonly dependsOn?: readonly (string | Application)[];

  /**
   * Namespace of everything inside, which must exist already.
   *
   * @default - the unit gets a namespace of its own, `<environment>-<application>`; objects then carry no namespace,
   *   and the operator puts them there
   */
  readonly namespace?: string;

  /**
   * What becomes of what the application applied when it leaves the program. With `orphan` it stays in the cluster, and
   * nobody looks after it. Namespaces, claims and definitions never go unasked, with either.
   *
   * @default delete
   */
  readonly onRemoval?: 'delete' | 'orphan';

  /**
   * Leave the hash out of generated names. With `false`, names are those that cdk8s gives.
   *
   * @default true
   */
  readonly disableResourceNameHashes?: boolean;
}

/** The longest DNS label. */
const NAME_LENGTH = 63;

/** CronJobs append a time stamp of 11 characters to their name for the jobs they start. */
const CRON_JOB_NAME_LENGTH = 52;

/**
 * An application in an environment: the unit that is published, promoted and rolled back as one.
 *
 * It is a cdk8s `Chart`: whatever works in a chart works inside. Generated names are `<application>-<path inside>`, so
 * that they are the same in every environment and do not change when siblings come and go. Only a name that is too long
 * is cut, and ends in a hash.
 */
export class Application extends Chart {
  /** True of an application from any copy of this package, and of no other chart. */
  static isApplication(x: unknown): x is Application {
    return declarationOf(x)?.kind === 'application';
  }

  /** `Chart` answers `instanceof` for every chart; an application must not inherit that. */
  static override [Symbol.hasInstance](x: unknown): x is Application {
    return (
      Application.isApplication(x) && (this === Application || Function.prototype[Symbol.hasInstance].call(this, x))
    );
  }

  readonly name: string;
  private readonly plainNames: boolean;

  constructor(scope: Construct, name: string, props: ApplicationProps = {}) {
    const plainNames = props.disableResourceNameHashes ?? true;
    super(scope, nodeId(scope, name), { ...props, disableResourceNameHashes: plainNames });
    this.name = name;
    this.plainNames = plainNames;
    declare<ApplicationDeclaration>(this, {
      kind: 'application',
      name,
      source: props.source,
      namespace: props.namespace,
      onRemoval: props.onRemoval,
      dependsOn: (props.dependsOn ?? []).map((on) =>
        typeof on === 'string' ? on : (declarationOf(on) as ApplicationDeclaration),
      ),
      moves: [],
    });
  }

  override generateObjectName(apiObject: ApiObject): string {
    if (!this.plainNames) return super.generateObjectName(apiObject);
    const path = `${declarationOf(this)?.name}/${apiObject.node.path.slice(this.node.path.length + 1)}`;
    // All that cdk8s reads of a construct to name it. Its own address would differ from one environment to the next.
    // Its own way to lower case is that of the machine's language.
    const named = { node: { path: path.toLowerCase(), addr: hash('sha1', path, 'hex') } } as Construct;
    const maxLen = apiObject.kind === 'CronJob' ? CRON_JOB_NAME_LENGTH : NAME_LENGTH;
    const whole = Names.toDnsLabel(named, { includeHash: false, maxLen: path.length + 1 });
    // What does not fit loses its first parts; the hash keeps it apart from others that end alike.
    return whole.length <= maxLen ? whole : Names.toDnsLabel(named, { maxLen });
  }
}
