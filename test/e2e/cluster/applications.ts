import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { Application, type ApplicationProps } from '../../../src';
import type { Declares } from './system';

/** Small applications for checks. */

export interface WebOptions {
  readonly image?: string;
  readonly replicas?: number;
  /** Wants a node that does not exist: never becomes ready, and is given up after two seconds. @default false */
  readonly isSick?: boolean;
  /** Seconds that its pods have to be ready before they count. @default 0 */
  readonly slowness?: number;
}

/** A Deployment `web`. */
export function web(scope: Construct, { image = 'nginx:1', replicas = 1, isSick = false, slowness }: WebOptions = {}) {
  return new ApiObject(scope, 'web', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas,
      ...(isSick ? { progressDeadlineSeconds: 2 } : {}),
      ...(slowness === undefined ? {} : { minReadySeconds: slowness }),
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          ...(isSick ? { nodeSelector: { 'example.com/node': 'none' } } : {}),
          containers: [{ name: 'web', image }],
        },
      },
    },
  });
}

/** A ConfigMap by name. */
export function map(scope: Construct, name: string, data: Record<string, string> = {}) {
  return new ApiObject(scope, name, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
}

export function claim(scope: Construct, name = 'data') {
  return new ApiObject(scope, `claim-${name}`, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'standard',
      volumeMode: 'Filesystem',
      resources: { requests: { storage: '1Gi' } },
    },
  });
}

/** A definition of a kind, in the group `<plural>.example.com`. */
export function definition(scope: Construct, kind: string) {
  const singular = kind.toLowerCase();
  const group = `${singular}.example.com`;
  const schema = {
    openAPIV3Schema: {
      type: 'object',
      properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
    },
  };
  return new ApiObject(scope, `definition-${singular}`, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${singular}s.${group}` },
    spec: {
      group,
      names: { kind, listKind: `${kind}List`, plural: `${singular}s`, singular },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  });
}

export function custom(scope: Construct, kind: string, name: string) {
  const apiVersion = `${kind.toLowerCase()}.example.com/v1`;
  return new ApiObject(scope, `${kind}-${name}`, { apiVersion, kind, metadata: { name }, spec: { size: 1 } });
}

/** An application with a Deployment, and whatever else is put into it. */
export function app(
  name: string,
  options: WebOptions = {},
  props: ApplicationProps = {},
  more: (application: Application) => void = () => {},
): Declares {
  return (environment) => {
    const application = new Application(environment, name, props);
    web(application, options);
    more(application);
    return application;
  };
}
