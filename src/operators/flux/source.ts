import type { Manifest } from '../../model/manifest';
import type { SecretNeed } from '../../model/start';
import type { ClusterRegistration, OperatedCluster } from '../operator';
import { gitUrl, SOURCE_API, SOURCE_NAME } from './objects';

/** What tells Flux of a push, so that it looks at once. */
export interface FluxReceiver {
  /** Who sends it. `generic` checks nothing: anyone who knows the path, which is a secret, makes Flux look. */
  readonly type: 'github' | 'gitlab' | 'gitea' | 'generic' | 'generic-hmac';
  /** Name of the Secret with the `token` that the forge signs with, or sends along. */
  readonly secret: string;
  /**
   * Events that count, as the forge calls them. Generic receivers take none.
   *
   * @default - pushes, and GitHub's ping
   */
  readonly events?: readonly string[];
}

/** Whose commits Flux applies. */
export interface FluxVerify {
  /** What is signed: the commit that is applied. @default HEAD */
  readonly mode?: 'HEAD';
  /** Name of the Secret with public keys: files `*.asc` (OpenPGP), or `*.sshpub` (SSH, from Flux 2.9). */
  readonly secret: string;
}

/** How Flux reads the environment repository. */
export interface FluxSource {
  readonly namespace: string;
  readonly interval: string;
  readonly repositorySecret?: string;
  readonly receiver?: FluxReceiver;
  readonly verify?: FluxVerify;
}

const EVENTS: Readonly<Record<FluxReceiver['type'], readonly string[]>> = {
  github: ['ping', 'push'],
  gitlab: ['Push Hook'],
  gitea: ['push'],
  generic: [],
  'generic-hmac': [],
};

/** The repository, and what tells of pushes to it. */
export function sourceObjects(
  cluster: ClusterRegistration,
  source: FluxSource,
  operated: readonly OperatedCluster[] = [],
): Manifest[] {
  const { repository } = cluster;
  const { namespace, interval, repositorySecret, receiver, verify } = source;
  const metadata = { name: SOURCE_NAME, namespace };
  const git: Manifest = {
    apiVersion: SOURCE_API,
    kind: 'GitRepository',
    metadata,
    spec: {
      interval,
      url: gitUrl(repository.url),
      ref: { branch: repository.branch },
      ignore: ignoredBy([cluster, ...operated]),
      ...(repositorySecret === undefined ? {} : { secretRef: { name: repositorySecret } }),
      ...(verify === undefined ? {} : { verify: { mode: verify.mode ?? 'HEAD', secretRef: { name: verify.secret } } }),
    },
  };
  if (receiver === undefined) return [git];
  const { type, secret } = receiver;
  const events = receiver.events ?? EVENTS[type];
  return [
    git,
    {
      apiVersion: 'notification.toolkit.fluxcd.io/v1',
      kind: 'Receiver',
      metadata,
      spec: {
        // Gitea sends and signs as GitHub does.
        type: type === 'gitea' ? 'github' : type,
        ...(events.length === 0 ? {} : { events: [...events] }),
        secretRef: { name: secret },
        resources: [{ apiVersion: SOURCE_API, kind: 'GitRepository', name: SOURCE_NAME }],
      },
    },
  ];
}

/**
 * All but what units and these clusters are made of, as git ignores files: every Kustomization unpacks all that is left,
 * after each commit. That a folder is there yet is not asked for.
 */
function ignoredBy(clusters: readonly { readonly path: string }[]): string {
  const [folder = ''] = (clusters[0]?.path ?? '').split('/');
  const kept = [...clusters.map(({ path }) => path), 'environments'];
  return ['/*', `!/${folder}/`, `/${folder}/*`, ...kept.map((path) => `!/${path}/`), ''].join('\n');
}

/** Secrets that it takes to read the repository. */
export function sourceSecrets({ repository }: ClusterRegistration, source: Omit<FluxSource, 'interval'>): SecretNeed[] {
  const { repositorySecret, receiver, verify } = source;
  const { url } = repository;
  const keys = gitUrl(url).startsWith('ssh:') ? ['identity', 'known_hosts'] : ['username', 'password'];
  return [
    ...(repositorySecret === undefined
      ? []
      : [{ name: repositorySecret, keys, purpose: `to read ${url}`, opens: url }]),
    ...(verify === undefined
      ? []
      : [{ name: verify.secret, keys: ['publishers.asc'], purpose: `to check who signed the commits of ${url}` }]),
    ...(receiver === undefined
      ? []
      : [{ name: receiver.secret, keys: ['token'], purpose: `to hear of pushes to ${url}` }]),
  ];
}

/** What is wrong with these props, whatever a program without types may have passed. */
export function sourceProblems({ receiver, verify }: Pick<FluxSource, 'receiver' | 'verify'>): string[] {
  const problems: string[] = [];
  if (receiver !== undefined) {
    const types = Object.keys(EVENTS);
    if (!types.includes(receiver.type)) {
      problems.push(`'${receiver.type}' is no type of \`receiver\`: there are ${types.join(', ')}`);
    } else if (receiver.type.startsWith('generic') && (receiver.events ?? []).length > 0) {
      problems.push(`a receiver of type ${receiver.type} takes no \`events\`: leave them out`);
    }
    problems.push(...secretProblems('receiver', receiver.secret));
  }
  if (verify !== undefined) {
    if (verify.mode !== undefined && verify.mode !== 'HEAD') {
      problems.push(
        `\`verify\` knows no mode '${verify.mode}': units follow a branch, so that only 'HEAD' can be verified`,
      );
    }
    problems.push(...secretProblems('verify', verify.secret));
  }
  return problems;
}

function secretProblems(prop: string, name: unknown): string[] {
  if (typeof name === 'string' && name.length <= 253 && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name)) return [];
  // What is no name may be the secret itself.
  return [`\`${prop}.secret\` is no name of a Secret: write the name, and create the Secret in Flux's namespace`];
}
