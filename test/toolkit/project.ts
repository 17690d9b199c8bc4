import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { bareRepository, gitEnv, temporaryFolder } from '../helpers/git';

/** Real projects of users, and the command line as a process of its own. Both use what is compiled in `lib`. */

export const ROOT = resolve(__dirname, '..', '..');
export const CLI = join(ROOT, 'lib', 'cli', 'main.js');
const MODULES = join(ROOT, 'node_modules');

/** A project folder with the packages that a program imports. Returns its path. */
export function project(files: Readonly<Record<string, string>>): string {
  const folder = join(temporaryFolder(), 'project');
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  for (const name of ['cdk8s', 'constructs', 'cdk8s-plus-27', 'tsx']) {
    symlinkSync(join(MODULES, name), join(folder, 'node_modules', name));
  }
  symlinkSync(ROOT, join(folder, 'node_modules', 'cdk8s-gitops'));
  write(folder, files);
  return folder;
}

export function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

export interface ShopOptions {
  readonly url?: string;
  /** Tag of the image. */
  readonly tag?: string;
  readonly environments?: readonly string[];
  readonly applications?: readonly string[];
  /** Last lines of the program. */
  readonly end?: string;
  /** What it starts with. */
  readonly imports?: string;
}

const ESM = "import { ApiObject } from 'cdk8s';\nimport * as gitops from 'cdk8s-gitops';";
export const CJS = "const { ApiObject } = require('cdk8s');\nconst gitops = require('cdk8s-gitops');";

/** A program: environments one after the other, and in each of them the same applications, of a Deployment each. */
export function shop({
  url = 'https://git.example.com/acme/environments.git',
  tag = '1.0.0',
  environments = ['dev', 'prod'],
  applications = ['checkout', 'search'],
  end = 'platform.synth();',
  imports = ESM,
}: ShopOptions = {}): string {
  return `${imports}
const platform = new gitops.Platform({
  name: 'shop',
  source: 'acme/shop',
  environmentRepository: { url: ${JSON.stringify(url)} },
});
const cluster = new gitops.Cluster(platform, 'eu-1');
new gitops.ArgoCd(cluster);
let promotesFrom;
for (const name of ${JSON.stringify(environments)}) {
  const environment = new gitops.Environment(platform, name, { cluster, promotesFrom });
  promotesFrom = environment;
  for (const name of ${JSON.stringify(applications)}) {
    const application = new gitops.Application(environment, name);
    new ApiObject(application, 'api', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      spec: {
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: { containers: [{ name: 'api', image: 'ghcr.io/acme/' + name + ':${tag}' }] },
        },
      },
    });
  }
}
${end}
`;
}

/** A project with a program, and the environment repository that it names. */
export function shopProject(options: Omit<ShopOptions, 'url'> = {}): { folder: string; remote: string; url: string } {
  const remote = bareRepository();
  const url = `file://${remote}`;
  const folder = project({
    'cdk8s.yaml': 'language: typescript\napp: main.mts\n',
    'main.mts': shop({ ...options, url }),
  });
  return { folder, remote, url };
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line in a folder, to its end. */
export function cli(folder: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Finished> {
  return new Promise((done) => {
    const options = { cwd: folder, env: { ...gitEnv, ...env }, maxBuffer: 1 << 26 };
    const child = execFile(process.execPath, [CLI, ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : (child.exitCode ?? null);
      done({ code, stdout, stderr });
    });
  });
}
