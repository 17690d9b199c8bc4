import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { schemaFamily } from '../../src/gate/schemas';
import { MUTATION_KINDS, type Mutation, mutate, random, type Tree } from '../gate/schemas/mutations';
import { OBJECTS } from '../gate/schemas/objects';
import { temporaryFolder } from '../helpers/git';
import { ARGO_CD_DEFINITIONS, FLUX_DEFINITIONS, missingData } from '../helpers/shared-data';
import { type ControlPlane, startControlPlane } from './cluster/control-plane';
import { until } from './cluster/processes';

/** Mistakes that are tried. */
const TRIED = 600;
/** Of what the server refuses, it may be this much that no schema can say: a selector that does not match, say. */
const UNSAID = 0.005;

/** Programs that are built from modules do not know their version. */
const VERSION = /k8s\.io\/kubernetes v(\S+)/.exec(
  readFileSync(resolve(__dirname, 'agents/kubernetes/go.mod'), 'utf8'),
)?.[1];

const DEFINITIONS = [
  join(ARGO_CD_DEFINITIONS, 'application-crd.yaml'),
  join(ARGO_CD_DEFINITIONS, 'appproject-crd.yaml'),
  join(FLUX_DEFINITIONS, 'kustomize.toolkit.fluxcd.io_kustomizations.yaml'),
  join(FLUX_DEFINITIONS, 'source.toolkit.fluxcd.io_gitrepositories.yaml'),
  join(FLUX_DEFINITIONS, 'helm.toolkit.fluxcd.io_helmreleases.yaml'),
];

let plane: ControlPlane;
let agent: Agent;
let token: string;
/** Path by `apiVersion kind`. */
const paths = new Map<string, string>();

beforeAll(async () => {
  plane = await startControlPlane(temporaryFolder());
  token = readFileSync(join(plane.folder, 'tokens.csv'), 'utf8').split(',')[0] ?? '';
  const ca = readFileSync(join(plane.folder, 'certificates/apiserver.crt'));
  agent = new Agent({ keepAlive: true, maxSockets: 4, ca });
});
afterAll(async () => {
  agent?.destroy();
  await plane?.stop();
});

it('agrees with an API server on what is wrong', async () => {
  const definition = OBJECTS.find(({ kind }) => kind === 'CustomResourceDefinition') as Tree;
  await plane.apply(JSON.stringify(definition));
  for (const file of missingData() === undefined ? DEFINITIONS : []) await plane.apply(readFileSync(file, 'utf8'));
  // Kinds whose definitions the server has; objects live in a namespace that is there. It forbids privileged containers.
  await until('the kind', async () => (await plane.kubectl('api-resources')).includes('carts'));
  await discover();
  const objects = OBJECTS.filter((object) => paths.has(nameOf(object)) && object.kind !== 'DaemonSet').map((object) => {
    const { namespace, ...metadata } = object.metadata as Tree;
    return { ...object, metadata: namespace === undefined ? metadata : { ...metadata, namespace: 'default' } } as Tree;
  });
  expect(objects.length).toBeGreaterThan(20);
  const family = schemaFamily({ kubernetesVersion: VERSION, undefinedKinds: 'error' });
  const problems = (manifest: Tree) =>
    (family.check?.({ manifest, file: 'x.yaml' }, {}) ?? [])
      .filter(({ severity }) => severity === 'error')
      .map(({ rule, field, message }) => `${rule} ${field}: ${message}`);
  family.prepare?.(objects.map((manifest) => ({ manifest, file: 'x.yaml' })));
  for (const object of objects) {
    expect([nameOf(object), await refusal(object)]).toEqual([nameOf(object), undefined]);
    expect([nameOf(object), problems(object)]).toEqual([nameOf(object), []]);
  }

  const next = random(36);
  const mutations: Mutation[] = [];
  while (mutations.length < TRIED) {
    const object = objects[Math.floor(next() * objects.length)] as Tree;
    const kind = MUTATION_KINDS[mutations.length % MUTATION_KINDS.length] as Mutation['kind'];
    const mutation = mutate(object, kind, next);
    // What has no name gets one from the path of a request, for some kinds.
    if (mutation !== undefined && (mutation.object.metadata as Tree | undefined)?.name !== undefined)
      mutations.push(mutation);
  }
  const missed: string[] = [];
  const invented: string[] = [];
  let refused = 0;
  for (const { kind, at, object } of mutations) {
    const answer = await refusal(object);
    const found = problems(object);
    if (answer !== undefined) refused++;
    if (answer !== undefined && found.length === 0) missed.push(`${kind} ${at}: ${answer}`);
    if (answer === undefined && found.length > 0) invented.push(`${kind} ${at}: ${found.join('; ')}`);
  }
  expect(refused).toBeGreaterThan(TRIED * 0.95);
  expect(invented).toEqual([]);
  // Unknown fields and wrong types are all found, whatever else the server says.
  expect(missed.filter((line) => /strict decoding error|cannot unmarshal|must be of type/.test(line))).toEqual([]);
  expect(missed.length, missed.join('\n')).toBeLessThanOrEqual(TRIED * UNSAID);
});

const nameOf = ({ apiVersion, kind }: Tree) => `${apiVersion} ${kind}`;

async function discover(): Promise<void> {
  const groups = JSON.parse(await plane.kubectl('get', '--raw', '/apis')).groups as {
    versions: { groupVersion: string }[];
  }[];
  const versions = groups.flatMap((group) => group.versions.map(({ groupVersion }) => groupVersion));
  for (const base of ['/api/v1', ...versions.map((name) => `/apis/${name}`)]) {
    const { groupVersion, resources } = JSON.parse(await plane.kubectl('get', '--raw', base)) as {
      groupVersion: string;
      resources: { name: string; kind: string; namespaced: boolean }[];
    };
    for (const { name, kind, namespaced } of resources.filter((resource) => !resource.name.includes('/'))) {
      paths.set(`${groupVersion} ${kind}`, `${base}${namespaced ? '/namespaces/default' : ''}/${name}`);
    }
  }
}

/** Why the server would not create the object, as `kubectl apply --dry-run=server --validate=strict` would say it. */
function refusal(object: Tree): Promise<string | undefined> {
  const path = paths.get(nameOf(object));
  if (path === undefined) return Promise.resolve('no such kind');
  return new Promise((done, fail) => {
    const sent = request(
      `${plane.server}${path}?dryRun=All&fieldValidation=Strict`,
      { method: 'POST', agent, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } },
      (response) => {
        let text = '';
        response.on('data', (part) => {
          text += part;
        });
        response.on('end', () => {
          // It is there already: nothing is wrong with it.
          const isFine = (response.statusCode ?? 500) < 300 || response.statusCode === 409;
          done(isFine ? undefined : `${response.statusCode} ${JSON.parse(text).message}`);
        });
      },
    );
    sent.on('error', fail);
    sent.end(JSON.stringify(object));
  });
}
