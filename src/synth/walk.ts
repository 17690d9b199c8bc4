import { ApiObject, Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { GitOpsError, type Problem } from '../errors';
import {
  type ApplicationDeclaration,
  type ClusterDeclaration,
  declarationOf,
  type EnvironmentDeclaration,
  type PlatformDeclaration,
} from '../model/declaration';

/** A declared application with what lies in it. */
export interface DeclaredUnit {
  readonly application: ApplicationDeclaration;
  readonly environment: EnvironmentDeclaration;
  readonly construct: IConstruct;
  /** Objects of the application and of every chart nested in it, in tree order. */
  readonly objects: ApiObject[];
}

/** What one pass over the construct tree finds. */
export interface Survey {
  readonly platform: PlatformDeclaration;
  readonly clusters: Map<ClusterDeclaration, string>;
  readonly environments: Map<EnvironmentDeclaration, string>;
  readonly units: DeclaredUnit[];
  /** Constructs that depend on others, with the constructs they depend on. */
  readonly dependencies: { readonly source: IConstruct; readonly target: IConstruct }[];
  /** What the constructs' own validations said, and objects that belong to no application. */
  readonly problems: Problem[];
}

/**
 * Reads the whole tree once. cdk8s walks it anew for every chart, which is what makes its own synthesis quadratic.
 */
export function survey(root: IConstruct, platform: PlatformDeclaration): Survey {
  const found: Survey = {
    platform,
    clusters: new Map(),
    environments: new Map(),
    units: [],
    dependencies: [],
    problems: [],
  };
  visit(root, undefined, undefined);
  return found;

  function visit(construct: IConstruct, environment?: EnvironmentDeclaration, unit?: DeclaredUnit): void {
    const { node } = construct;
    for (const problem of validate(construct)) found.problems.push({ where: node.path, ...problem });
    for (const target of node.dependencies) found.dependencies.push({ source: construct, target });

    let within = environment;
    let current = unit;
    const declaration = declarationOf(construct);
    switch (declaration?.kind) {
      case 'cluster':
        found.clusters.set(declaration, node.path);
        break;
      case 'environment':
        found.environments.set(declaration, node.path);
        within = declaration;
        break;
      case 'application':
        if (unit) {
          const message = `an application cannot hold another one: move it out of ${unit.construct.node.path}`;
          found.problems.push({ where: node.path, message });
        } else if (!environment) {
          found.problems.push({ where: node.path, message: 'an application belongs into an Environment' });
        }
        if (environment) {
          current = { application: declaration, environment, construct, objects: [] };
          found.units.push(current);
        }
        break;
      default:
        if (current) {
          if (ApiObject.isApiObject(construct)) current.objects.push(construct);
        } else if (Chart.isChart(construct) && construct.node.children.length > 0) {
          const message = 'a chart outside of any application is not delivered: nest it in an Application';
          found.problems.push({ where: node.path, message });
          return;
        }
    }
    for (const child of node.children) visit(child, within, current);
  }
}

/** A validation that throws says what is wrong too: an error of ours, with codes. */
function validate({ node }: IConstruct): readonly Omit<Problem, 'where'>[] {
  try {
    return node.validate().map((message) => ({ message }));
  } catch (error) {
    if (GitOpsError.is(error)) return error.problems.map(({ message, code = error.code }) => ({ message, code }));
    return [{ message: error instanceof Error ? error.message : String(error) }];
  }
}
