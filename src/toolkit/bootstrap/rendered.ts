import { escapeText } from '../../diff/escape';
import { GitOpsError } from '../../errors';
import type { StartStep } from '../../model/start';
import { splitYaml } from '../../yaml/split';
import type { Kubectl } from '../kubectl';
import { runTool, type ToolOptions } from '../shell';

type HelmStep = Extract<StartStep, { readonly kind: 'helm' }>;

/** Name of a chart, and the options that say where it is. */
export function chartArgs({ repository, chart, version }: HelmStep): string[] {
  const isOci = repository.startsWith('oci://');
  return [...(isOci ? [`${repository}/${chart}`] : [chart, `--repo=${repository}`]), `--version=${version}`];
}

/** Objects that a chart renders, definitions included. */
export async function renderChart(step: HelmStep, namespace: string, options: ToolOptions): Promise<string[]> {
  const args = ['template', step.release, ...chartArgs(step), `--namespace=${namespace}`];
  const input = JSON.stringify(step.values);
  return splitText(await helm([...args, '--include-crds', '--values=-'], { ...options, input }));
}

/**
 * Installs a chart as a release, unless it is there: then it is the operator's to upgrade.
 * @returns whether it was installed
 */
export async function installChart(
  step: HelmStep,
  namespace: string,
  kubectl: Kubectl,
  options: ToolOptions,
): Promise<boolean> {
  const where = [`--kube-context=${kubectl.context}`, `--namespace=${namespace}`];
  const filter = `--filter=^${step.release}$`;
  const found = JSON.parse(await helm(['list', ...where, filter, '--deployed', '--output=json'], options)) as unknown[];
  if (found.length > 0) return false;
  const args = ['upgrade', '--install', step.release, ...chartArgs(step), ...where, '--create-namespace'];
  await helm([...args, '--values=-'], { ...options, input: JSON.stringify(step.values) });
  return true;
}

/** What kustomize builds of a URL. */
export async function buildBase(url: string, kubectl: Kubectl): Promise<string[]> {
  return splitText(await kubectl.run(['kustomize', url]));
}

function splitText(text: string): string[] {
  return splitYaml(text)
    .map((document) => document.text)
    .filter((document) => /^kind:/m.test(document));
}

/** @throws GitOpsError HELM_MISSING, HELM_FAILED */
async function helm(args: readonly string[], options: ToolOptions): Promise<string> {
  const result = await runTool('helm', args, options);
  if (result === undefined) {
    throw new GitOpsError('HELM_MISSING', 'there is no helm on the PATH, which the operator is installed with');
  }
  if (result.code === 0) return result.stdout;
  const said = result.stderr
    .trim()
    .split('\n')
    .slice(-8)
    .map((line) => `\n  ${escapeText(line)}`);
  throw new GitOpsError('HELM_FAILED', `helm ${args[0]} failed with ${result.code}${said.join('')}`);
}
