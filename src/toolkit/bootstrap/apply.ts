import { type ErrorCode, GitOpsError } from '../../errors';
import { layout } from '../../model/layout';
import type { StartStep } from '../../model/start';
import { parseYaml } from '../../yaml/parse';
import type { Host } from '../host';
import type { Kubectl } from '../kubectl';
import { applyObjects } from './objects';
import { type BootstrapPlan, isDefinition, isFoundation } from './plan';
import { buildBase, installChart, renderChart } from './rendered';
import { waitForDefinitions } from './wait';

export interface ApplyOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  readonly host?: Host;
}

/** What is done of a row of steps, for whoever has to go on from there. */
export class Ledger {
  private readonly done: string[] = [];

  constructor(
    private readonly all: readonly string[],
    private readonly host?: Host,
  ) {}

  /** Runs a step. When it fails, the error says what was done before, and what was not. */
  async step<T>(name: string, run: () => Promise<T>): Promise<T> {
    this.host?.progress?.({ phase: 'write', message: name });
    try {
      const result = await run();
      this.done.push(name);
      return result;
    } catch (error) {
      throw GitOpsError.is(error) ? this.explain(error) : error;
    }
  }

  private explain({ code, message, problems, cause }: GitOpsError): GitOpsError {
    const left = this.all.filter((name) => !this.done.includes(name));
    const done = this.done.length === 0 ? 'nothing' : this.done.join(', ');
    const text = `${message}\n  done: ${done}; not done: ${left.join(', ')}; run the command again to go on from there`;
    const whole = problems.length > 1 ? { problems } : {};
    return new GitOpsError(code satisfies ErrorCode, text, { cause, ...whole });
  }
}

/** What a cluster is started with, in the order in which it is applied. */
export class Start {
  /** Objects that were created or changed. */
  readonly changed: string[] = [];
  unchanged = 0;

  constructor(
    private readonly plan: BootstrapPlan,
    private readonly kubectl: Kubectl,
    private readonly options: ApplyOptions,
  ) {}

  /** The operator's namespace, and the definitions and namespaces of every folder. */
  async foundations(): Promise<void> {
    const { plan, kubectl } = this;
    for (const step of plan.steps) {
      if (step.kind !== 'apply') continue;
      await this.applyFoundations(this.filesOf(step).filter(isFoundation), step.fieldManager);
    }
    const { namespace } = plan;
    if (namespace === undefined) return;
    const found = await kubectl.run(['get', 'namespace', namespace, '--ignore-not-found', '--output=name']);
    if (found.trim() !== '') return;
    await kubectl.run(['create', 'namespace', namespace]);
    this.changed.push(`Namespace/${namespace}`);
  }

  /** Everything that the operator is made of. */
  async operator(): Promise<void> {
    for (const step of this.plan.steps) if (!this.isRoot(step)) await this.run(step);
  }

  /** What makes the operator follow the repository. */
  async root(): Promise<void> {
    for (const step of this.plan.steps) if (this.isRoot(step)) await this.run(step);
  }

  private isRoot(step: StartStep): boolean {
    return step.kind === 'apply' && step.path === layout.bootstrap(this.plan.cluster);
  }

  private async run(step: StartStep): Promise<void> {
    const { kubectl, plan } = this;
    const { namespace = '' } = plan;
    switch (step.kind) {
      case 'apply':
        return this.apply(
          this.filesOf(step).filter((text) => !isFoundation(text)),
          step.fieldManager,
        );
      case 'kustomize':
        return this.applyRendered(await buildBase(step.url, kubectl), step.fieldManager, namespace);
      case 'helm': {
        if (step.fieldManager !== undefined) {
          return this.applyRendered(await renderChart(step, namespace, this.options), step.fieldManager, namespace);
        }
        if (await installChart(step, namespace, kubectl, this.options)) this.changed.push(`release ${step.release}`);
        else this.unchanged++;
      }
    }
  }

  private filesOf(step: Extract<StartStep, { readonly kind: 'apply' }>): string[] {
    return [...this.plan.files].filter(([path]) => path.startsWith(`${step.path}/`)).map(([, content]) => content);
  }

  private async applyFoundations(texts: readonly string[], fieldManager: string): Promise<void> {
    await this.apply(texts, fieldManager);
    const definitions = texts.filter(isDefinition).flatMap((text) => definitionName(text) ?? []);
    if (definitions.length > 0) await waitForDefinitions(this.kubectl, definitions, this.options.signal);
  }

  /** Objects that somebody else rendered: some name no namespace, and are meant for the operator's. */
  private async applyRendered(texts: readonly string[], fieldManager: string, namespace: string): Promise<void> {
    await this.applyFoundations(texts.filter(isFoundation), fieldManager);
    const others = texts.filter((text) => !isFoundation(text));
    const named = others.filter(namesNamespace);
    await this.apply(
      others.filter((text) => !named.includes(text)),
      fieldManager,
      namespace,
    );
    await this.apply(named, fieldManager);
  }

  private async apply(texts: readonly string[], fieldManager: string, namespace?: string): Promise<void> {
    const { changed, unchanged } = await applyObjects(this.kubectl, texts, fieldManager, namespace);
    this.changed.push(...changed);
    this.unchanged += unchanged;
  }
}

function namesNamespace(text: string): boolean {
  const objects = parseYaml(text) as { metadata?: { namespace?: unknown } }[];
  return objects.some(({ metadata }) => metadata?.namespace !== undefined);
}

/** A definition is called `<plural>.<group>`; its other parts are too long to be parsed for that. */
function definitionName(text: string): string | undefined {
  const metadata = /^metadata:\n((?:[ -].*\n|\n)+)/m.exec(text)?.[1] ?? '';
  return /^ {2}name: ["']?([a-z0-9.-]+)["']?\s*$/m.exec(metadata)?.[1];
}
