import { App, type AppProps } from 'cdk8s';
import { declare, type PlatformDeclaration } from '../model/declaration';
import type { ForgeChoice } from '../model/forge';
import { synthesizeToOutput } from '../synth/output';

/** Where the rendered manifests go: a git repository that this tool alone writes. */
export interface EnvironmentRepositoryProps {
  /** URL by which both publishers and agents reach it, without credentials. */
  readonly url: string;

  /**
   * Branch that agents follow.
   *
   * @default main
   */
  readonly branch?: string;

  /**
   * The forge on which pull requests are opened. `'none'`: their branches are pushed, and that is all.
   *
   * @default - by the name of the URL's host
   */
  readonly forge?: ForgeChoice | 'none';
}

export interface PlatformProps extends AppProps {
  /** Name of the platform: lowercase letters, digits and `-`. */
  readonly name: string;

  /** The repository that synthesis is published to. */
  readonly environmentRepository: EnvironmentRepositoryProps;

  /**
   * Id of the source repository that runs this program, e.g. `acme/checkout`. What the program declares belongs to it,
   * unless a construct names another source.
   *
   * @default - read from git's `origin`; the platform's name where there is none
   */
  readonly source?: string;
}

/**
 * A whole Kubernetes system: clusters, environments, and the applications in them.
 *
 * It is a cdk8s `App`, and `cdk8s synth` works on it. `outputFileExtension` and `yamlOutputType` have no effect: the
 * environment repository has one layout.
 */
export class Platform extends App {
  readonly name: string;
  private readonly recordsMetadata: boolean;

  constructor(props: PlatformProps) {
    super(props);
    // The same default as cdk8s, which keeps its own field private.
    this.recordsMetadata = props.recordConstructMetadata ?? process.env.CDK8S_RECORD_CONSTRUCT_METADATA === 'true';
    this.name = props.name;
    declare<PlatformDeclaration>(this, {
      kind: 'platform',
      name: props.name,
      repository: repositoryOf(props.environmentRepository),
      source: props.source,
      gate: { waivers: [], policies: [], definitions: [] },
    });
  }

  /**
   * Renders everything that the running source owns, and writes the tree to the output folder. What an earlier run
   * wrote there and this one does not is removed. Within the command line of this package nothing is written: the
   * command takes the tree in memory.
   *
   * @throws GitOpsError MODEL_INVALID, PATH_COLLISION or DEPENDENCY_CYCLE naming every construct that is wrong;
   *   OUTPUT_FOREIGN_FILES when the folder holds files that no run wrote. Nothing is written then.
   */
  override synth(): void {
    synthesizeToOutput(this, { recordConstructMetadata: this.recordsMetadata });
  }
}

/** It may be missing altogether in untyped programs: synthesis says so, with everything else that is wrong. */
function repositoryOf(props: EnvironmentRepositoryProps | undefined): PlatformDeclaration['repository'] {
  const { url, branch = 'main', forge } = props ?? ({} as EnvironmentRepositoryProps);
  if (forge === undefined) return { url, branch };
  return { url, branch, forge: forge === 'none' ? { kind: 'none' } : { ...forge } };
}
