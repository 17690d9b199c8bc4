import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * The main job, end to end, with nothing but Node and git: declare (examples/shop), synthesize, publish to a bare
 * repository under `.demo/`, look at what is there, change one thing, and see that just that moves.
 */
const root = resolve(__dirname, '..');
const bare = join(root, '.demo', 'shop-environments.git');
const cli = join(root, 'lib', 'cli', 'main.js');
const colour = process.stdout.isTTY && process.env.NO_COLOR === undefined;

function main(): void {
  const first = !existsSync(bare);
  if (first) {
    mkdirSync(join(root, '.demo'), { recursive: true });
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare]);
  }
  heading('The environment repository is a local bare repository', '.demo/shop-environments.git');

  heading('What would a publish change?', 'cdk8s-gitops diff');
  gitops('diff', '--remote', bare);

  heading('Publish: one commit, no work tree, no cluster credential', 'cdk8s-gitops publish');
  const outcome = published();
  if (!first && outcome === 'unchanged') {
    heading('Nothing has changed since the last demo', 'rm -rf .demo starts anew');
    gitops('status', '--remote', bare);
    return;
  }

  heading('The commit', 'git log');
  show('git', '-C', bare, 'log', '-1', '--stat=100', '--stat-count=8', 'main');
  heading('The tree', 'git ls-tree');
  tree();
  heading('Which release of which application is where', 'cdk8s-gitops status');
  gitops('status', '--remote', bare);
  heading('Is it as it was published?', 'cdk8s-gitops verify');
  gitops('verify', '--remote', bare);

  heading('Now one change: a new image of checkout, in dev', 'CHECKOUT_DEV_IMAGE=… cdk8s-gitops publish');
  const change = { CHECKOUT_DEV_IMAGE: 'ghcr.io/acme/checkout:1.5.0' };
  gitops('diff', '--remote', bare, change);
  gitops('publish', '--remote', bare, change);
  show('git', '-C', bare, 'log', '-1', '--format=%h %s', '--stat=100', 'main');
  heading('And back, so that the next demo finds nothing to do', 'cdk8s-gitops publish');
  gitops('publish', '--remote', bare);
  heading('Done', 'run it again: nothing will have changed; examples/shop is the program, .demo the repository');
}

function heading(what: string, how: string): void {
  const title = colour ? `\u001b[1m${what}\u001b[0m` : what;
  const hint = colour ? `\u001b[2m${how}\u001b[0m` : how;
  console.log(`\n${title}\n${hint}\n`);
}

function show(command: string, ...args: string[]): void {
  execFileSync(command, args, { cwd: root, stdio: 'inherit' });
}

/** Runs a command of ours on the example; the last argument may be environment variables. */
function gitops(verb: string, ...args: (string | Record<string, string>)[]): void {
  const words = args.filter((arg) => typeof arg === 'string');
  const env = Object.assign({}, process.env, ...args.filter((arg) => typeof arg !== 'string'));
  execFileSync(process.execPath, [cli, verb, ...words], { cwd: root, env, stdio: 'inherit' });
}

function published(): string {
  const dry = execFileSync(process.execPath, [cli, 'publish', '--remote', bare, '--dry-run', '--json'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  gitops('publish', '--remote', bare);
  return JSON.parse(dry).outcome;
}

/** The folders of the repository, and what lies in one of each kind. */
function tree(): void {
  const paths = execFileSync('git', ['-C', bare, 'ls-tree', '-r', '--name-only', 'main'], { encoding: 'utf8' });
  const shown = /^(clusters\/eu-nonprod|environments\/dev\/checkout|releases\/dev)|^[^/]+$|^[^/]+\/[^/]+\.yaml$/;
  const lines = paths.trimEnd().split('\n');
  const some = lines.filter((path) => shown.test(path));
  console.log([...some, `… and ${lines.length - some.length} more files`].join('\n'));
}

main();
