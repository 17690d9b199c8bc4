import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { gitEnv } from '../helpers/git';
import { project } from '../toolkit/project';
import { makeCertificate, type TestCertificate } from './certificate';

/** A project with an application in three places: sealed for Argo CD (`dev`), by SOPS for Flux (`prod`), sealed for Flux (`edge`). */

export interface SecretProject {
  readonly folder: string;
  readonly certificate: TestCertificate;
  readonly identity: string;
  readonly recipient: string;
  /** What the tools find in the environment. */
  readonly env: NodeJS.ProcessEnv;
}

export interface ProgramOptions {
  readonly url?: string;
  readonly fingerprint?: string;
  readonly recipients?: readonly string[];
  readonly kms?: readonly string[];
  readonly keys?: readonly string[];
  /** Further props of the Secret, as they are written in a program. */
  readonly props?: string;
  /** Namespace of the application. */
  readonly namespace?: string;
  readonly name?: string;
}

export function secretProgram(options: ProgramOptions): string {
  const { url = 'https://git.example.com/acme/environments.git', fingerprint, recipients, kms, namespace } = options;
  const { keys = ['password', 'user'], props = '', name = 'db' } = options;
  return `import { ApiObject } from 'cdk8s';
import * as gitops from 'cdk8s-gitops';
const platform = new gitops.Platform({
  name: 'shop',
  source: 'acme/shop',
  environmentRepository: { url: ${JSON.stringify(url)} },
});
const sealedSecrets = ${fingerprint === undefined ? 'undefined' : `{ certificate: 'eu.pem', fingerprint: '${fingerprint}' }`};
const argo = new gitops.Cluster(platform, 'eu-1', { sealedSecrets });
const flux = new gitops.Cluster(platform, 'eu-2', { sealedSecrets });
const sops = ${JSON.stringify({ age: recipients, kms })};
for (const [name, cluster, backend] of [['dev', argo], ['prod', flux], ['edge', flux, 'sealed-secret']]) {
  const environment = new gitops.Environment(platform, name, { cluster, sops });
  const application = new gitops.Application(environment, 'checkout', { namespace: ${JSON.stringify(namespace)} && ${JSON.stringify(namespace)} + '-' + name });
  const db = gitops.Secret.encrypted(application, '${name}', { keys: ${JSON.stringify(keys)}, backend, ${props} });
  new ApiObject(application, 'settings', { apiVersion: 'v1', kind: 'ConfigMap', data: { secret: db.name } });
}
new gitops.ArgoCd(argo);
new gitops.Flux(flux);
platform.synth();
`;
}

export async function secretProject(options: ProgramOptions = {}): Promise<SecretProject> {
  const certificate = makeCertificate();
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  const folder = project({
    'cdk8s.yaml': 'language: typescript\napp: main.ts\n',
    'main.ts': secretProgram({ fingerprint: certificate.fingerprint, recipients: [recipient], ...options }),
    'eu.pem': certificate.pem,
  });
  return { folder, certificate, identity, recipient, env: { ...gitEnv } };
}

/** Writes the program anew. */
export function reprogram({ folder, certificate, recipient }: SecretProject, options: ProgramOptions): void {
  const defaults = { fingerprint: certificate.fingerprint, recipients: [recipient] };
  writeFileSync(join(folder, 'main.ts'), secretProgram({ ...defaults, ...options }));
}
