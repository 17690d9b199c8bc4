import { Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';
import {
  type ApplicationDeclaration,
  type ClusterDeclaration,
  declarationOf,
  type EnvironmentDeclaration,
} from '../../model/declaration';
import { namespaceOf } from '../../synth/units';

/** Where a construct lies: what a Secret and the store it is read from must agree about. */
export interface Place {
  readonly application: ApplicationDeclaration;
  readonly environment: EnvironmentDeclaration;
  /** Undefined in a program whose environment has none, which synthesis reports. */
  readonly cluster: ClusterDeclaration | undefined;
  /** Construct of the application. */
  readonly unit: IConstruct;
  /** Namespace of objects that name none. */
  readonly namespace: string;
}

/** Undefined outside of applications, which synthesis reports. */
export function placeOf(construct: IConstruct): Place | undefined {
  const scopes = construct.node.scopes.map((scope) => [scope, declarationOf(scope)] as const);
  let environment: EnvironmentDeclaration | undefined;
  for (const [scope, declaration] of scopes) {
    if (declaration?.kind === 'environment') environment = declaration;
    if (declaration?.kind !== 'application' || !environment) continue;
    const application = declaration;
    const namespace = Chart.of(construct).namespace ?? namespaceOf({ application, environment });
    return { application, environment, cluster: environment.cluster, unit: scope, namespace };
  }
  return undefined;
}
