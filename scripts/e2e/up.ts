import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { AGENTS, type AgentKind } from '../../test/e2e/cluster/agents';
import { APP } from '../../test/e2e/cluster/bootstrap';
import { agentFolder, missingAgents, requireRedis } from '../../test/helpers/agents';
import { FOLDER, isRunning, LOG, ROOT, readState, STATE, type State } from './state';

/**
 * Leaves a cluster with a real agent running, and examples/shop published to it, for a person to play with.
 *
 * usage: npm run e2e:up [argo-cd|flux]
 */
const NEEDED: Readonly<Record<AgentKind, readonly string[]>> = {
  'argo-cd': ['argocd', 'kustomize'],
  flux: ['flux-source', 'flux-kustomize', 'flux-helm', 'flux-notification'],
};

async function main(kind: string): Promise<void> {
  if (!isAgent(kind)) throw new Error(`there is no agent '${kind}': there are ${AGENTS.join(', ')}`);
  const before = readState();
  if (before !== undefined && isRunning(before)) {
    throw new Error(`a cluster with ${before.agent} is up: \`npm run e2e:down\` ends it`);
  }
  rmSync(FOLDER, { recursive: true, force: true });
  rmSync(STATE, { force: true });
  if (kind === 'argo-cd') requireRedis();
  const names = ['etcd', 'kubernetes', 'kwok', ...NEEDED[kind]];
  if (missingAgents(...names) !== undefined) {
    execFileSync('bash', [join(ROOT, 'scripts/build-agents.sh'), ...names], { stdio: ['ignore', 'ignore', 'inherit'] });
  }

  mkdirSync(dirname(LOG), { recursive: true });
  const log = openSync(LOG, 'w');
  const stay = spawn(join(ROOT, 'node_modules/.bin/tsx'), [join(__dirname, 'stay.ts'), kind], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', log, log],
  });
  stay.unref();
  // It ends with this command as long as there is nothing to play with.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      const { pid } = readState() ?? {};
      if (pid !== undefined) process.kill(pid);
      process.exit(1);
    });
  }
  let shown = 0;
  for (;;) {
    const text = readFileSync(LOG, 'utf8');
    if (text.length > shown) process.stdout.write(text.slice(shown));
    shown = text.length;
    const state = readState();
    if (state?.isReady) {
      process.stdout.write(instructions(state));
      return;
    }
    if (stay.exitCode !== null) throw new Error(`the cluster did not come up; see ${LOG}`);
    await setTimeout(300);
  }
}

function isAgent(name: string): name is AgentKind {
  return (AGENTS as readonly string[]).includes(name);
}

function instructions({ agent, kubeconfig, url, project, api }: State): string {
  const resource = agent === 'argo-cd' ? 'applications -n argocd' : 'kustomizations -n flux-system';
  const publish = `(cd ${project} && CHECKOUT_DEV_IMAGE=ghcr.io/acme/checkout:1.5.0 E2E_AGENT=${agent} E2E_URL=${url} node ${join(ROOT, 'lib/cli/main.js')} publish --app '${APP}')`;
  return `
A cluster with ${agent}. Its nodes and pods are simulated, everything else is real.

  export PATH=${agentFolder('kubernetes')}:$PATH KUBECONFIG=${kubeconfig}
  kubectl get ${resource}
  kubectl get pods -A

The environment repository: git clone ${url}
Publish a change of examples/shop, and see it arrive:

  ${publish}
  kubectl get deployment -n dev-checkout -o wide --watch

Or change something by hand, and see it undone:

  kubectl scale deployment -n prod-storefront --all --replicas=1
${api === '' ? '' : `\nArgo CD's API: ${api} (without a user interface)\n`}
Its log: ${LOG}
npm run e2e:down ends it.
`;
}

main(process.argv[2] ?? 'argo-cd').catch((error) => {
  process.stderr.write(`e2e:up: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
