import { layout } from '../../model/layout';
import type { SecretNeed, StartStep } from '../../model/start';
import { type Check, isSsh, type SecretField } from '../../operators/live';
import { AGENT_TOKEN_VARIABLE } from '../../publish/git/environment';
import { expectedOf } from './health';
import { sshHost } from './host-keys';
import { type BootstrapPlan, isDefinition, isFoundation } from './plan';
import { chartArgs } from './rendered';
import { command, comment, hereDocument } from './shell-text';

/** Commands for people, and for a POSIX shell. */
export interface Script {
  readonly platform: string;
  readonly cluster: string;
  readonly operator: string;
  readonly repository: { readonly url: string; readonly branch: string };
  readonly steps: readonly ScriptStep[];
  /** Files of the environment repository that the commands apply. */
  readonly files: readonly string[];
}

export interface ScriptStep {
  readonly title: string;
  /** What people have to know before they run the commands. */
  readonly note?: string;
  readonly commands: readonly string[];
}

export interface ScriptOptions {
  /** @default - whatever context is the current one */
  readonly context?: string;
}

/** kubectl does not wait for a definition that is so new that it has no conditions yet, but fails. */
function established(...words: string[]): string {
  return `until ${command(...words, '--for=condition=Established', '--timeout=60s')}; do sleep 1; done`;
}

/** The commands that start a cluster's operator, to be run in a clone of the environment repository. */
export function scriptOf(plan: BootstrapPlan, options: ScriptOptions = {}): Script {
  const { platform, cluster, operator, repository, files } = plan;
  const writer = new Writer(plan, kubectlWords(options));
  return {
    platform,
    cluster,
    operator: operator.kind,
    repository,
    steps: [
      ...writer.foundations(),
      ...plan.secrets.map((need) => writer.secret(need)),
      ...plan.steps.map((step) => writer.step(step)),
      ...neededSteps(plan),
      writer.check(),
    ],
    files: [...files.keys()],
  };
}

export function kubectlWords({ context }: ScriptOptions): string[] {
  return context === undefined ? ['kubectl'] : ['kubectl', `--context=${context}`];
}

/** The script as text. */
export function scriptText(heading: string, steps: readonly ScriptStep[]): string {
  const blocks = steps.map(({ title, note, commands }, index) =>
    [comment(`${index + 1}. ${title}`), ...(note === undefined ? [] : [comment(note)]), ...commands].join('\n'),
  );
  return `${[comment(heading), ...blocks].join('\n\n')}\n`;
}

/** Nobody but people knows where their values come from, or whether something in the cluster makes them. */
function neededSteps({ needed }: BootstrapPlan): ScriptStep[] {
  if (needed.length === 0) return [];
  const lines = needed.map(
    ({ namespace, name, keys, neededBy }) => `${namespace}/${name} with ${keys.join(', ')}, for ${neededBy.join(', ')}`,
  );
  const note = ['Make those that nothing in the cluster does, once their namespaces are there:', ...lines].join('\n');
  return [{ title: 'Secrets that are not in the repository, and are referred to', note, commands: [] }];
}

class Writer {
  constructor(
    private readonly plan: BootstrapPlan,
    private readonly kubectl: readonly string[],
  ) {}

  foundations(): ScriptStep[] {
    const { plan } = this;
    const commands: string[] = [];
    let hasNamespace = false;
    for (const step of plan.steps) {
      if (step.kind !== 'apply') continue;
      const own = [...plan.files].filter(([path, text]) => path.startsWith(`${step.path}/`) && isFoundation(text));
      if (own.length === 0) continue;
      hasNamespace ||= own.some(([path]) => path === `${step.path}/namespace-${plan.namespace}.yaml`);
      commands.push(this.apply(step.fieldManager, ...own.map(([path]) => `--filename=${path}`)));
      const definitions = own.filter(([, text]) => isDefinition(text)).map(([path]) => `--filename=${path}`);
      if (definitions.length > 0) {
        commands.push(established(...this.kubectl, 'wait', ...definitions));
      }
    }
    if (plan.namespace !== undefined && !hasNamespace) {
      const look = command(...this.kubectl, 'get', 'namespace', plan.namespace);
      commands.unshift(`${look} || ${command(...this.kubectl, 'create', 'namespace', plan.namespace)}`);
    }
    return commands.length === 0 ? [] : [{ title: 'Namespaces and definitions, before what needs them', commands }];
  }

  step(step: StartStep): ScriptStep {
    const { plan } = this;
    const { namespace = '', operator } = plan;
    switch (step.kind) {
      case 'apply': {
        const isRoot = step.path === layout.bootstrap(plan.cluster);
        return {
          title: isRoot ? `What makes ${operator.title} follow ${layout.clusterFolder(plan.cluster)}` : operator.title,
          commands: [this.apply(step.fieldManager, `--filename=${step.path}`)],
        };
      }
      case 'kustomize': {
        const build = command(...this.kubectl, 'kustomize', step.url);
        const commands = [`${build} | ${this.applyRendered(step.fieldManager, namespace)}`, this.established()];
        return { title: `${operator.title}, as kustomize builds it`, commands };
      }
      case 'helm': {
        const { fieldManager, release } = step;
        const where = [...chartArgs(step), `--namespace=${namespace}`];
        const values = ['--values=-', "<<'END'"];
        const verb = fieldManager === undefined ? ['upgrade', '--install'] : ['template', '--include-crds'];
        const context = this.kubectl[1]?.replace('--context', '--kube-context');
        const own = fieldManager === undefined && context !== undefined ? [context] : [];
        const install = `${command('helm', ...verb, release, ...where, ...own)} ${values.join(' ')}`;
        const line =
          fieldManager === undefined ? install : `${install} | ${this.applyRendered(fieldManager, namespace)}`;
        return {
          title: `${operator.title}, from its chart`,
          commands: [hereDocument(line, JSON.stringify(step.values, null, 2)), this.established()],
        };
      }
    }
  }

  secret(need: SecretNeed): ScriptStep {
    const { plan } = this;
    const title = `The Secret ${need.name}, ${need.purpose}`;
    if (need.opens === undefined) {
      const note = `Put each value into a file of that name in the folder $values first. Nothing of it is printed.`;
      return {
        title,
        note,
        commands: [
          this.createSecret(
            need,
            need.keys.map((key) => `--from-file=${key}="$values"/${key}`),
          ),
        ],
      };
    }
    const fields = plan.operator.repositorySecret(need.opens);
    if (!isSsh(need.opens)) {
      return {
        title,
        note: `$${AGENT_TOKEN_VARIABLE} holds a token that may read the repository, and no more: export it beforehand.`,
        commands: [`printf %s "$${AGENT_TOKEN_VARIABLE}" |\n  ${this.createSecret(need, fields.map(fromToken))}`],
      };
    }
    const host = sshHost(need.opens);
    const [, name = host, port] = /^\[(.+)\]:(\d+)$/.exec(host) ?? [];
    const scan = command('ssh-keyscan', ...(port === undefined ? [] : ['-p', port]), name);
    return {
      title,
      note: [
        "It takes a deploy key that may only read. 'cdk8s-gitops bootstrap --apply' makes one that is in no file, and",
        'registers it; here it lies in a folder of yours for a moment. Register what is printed at the forge, and compare',
        'the fingerprints of the server with what it publishes.',
      ].join('\n'),
      commands: [
        'keys=$(mktemp -d)',
        `${command('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', `cdk8s-gitops-${plan.platform}/${plan.cluster}`)} -f "$keys"/identity`,
        'cat "$keys"/identity.pub',
        `${scan} > "$keys"/known_hosts`,
        'ssh-keygen -lf "$keys"/known_hosts',
        this.createSecret(need, fields.map(fromKeys)),
        'rm -r "$keys"',
      ],
    };
  }

  check(): ScriptStep {
    const { plan, kubectl } = this;
    const { operator, cluster } = plan;
    const roots = expectedOf(plan.files, operator, [layout.bootstrap(cluster)]).filter(({ isRoot }) => isRoot);
    const wait = (check: Check, ...what: string[]) =>
      command(...kubectl, 'wait', '--timeout=10m', forCheck(check), ...what);
    const commands = roots.flatMap(({ report, resource, name, namespace }) =>
      (report?.healthy ?? []).map((check) => wait(check, `--namespace=${namespace}`, `${resource}/${name}`)),
    );
    const [units] = operator.reports;
    commands.push(this.present(units.kind));
    for (const namespace of new Set(roots.map((root) => root.namespace))) {
      for (const check of units.healthy)
        commands.push(wait(check, `--namespace=${namespace}`, units.resource, '--all'));
      commands.push(command(...kubectl, 'get', `--namespace=${namespace}`, units.resource));
    }
    return { title: 'Everything becomes healthy', commands };
  }

  /** What does not exist yet cannot be waited for, and the operator makes its objects one after the other. */
  private present(kind: string): string {
    const { kubectl, plan } = this;
    const find = command('find', layout.clusterFolder(plan.cluster), '-name', `${kind.toLowerCase()}-*.yaml`);
    const files = `$(${find} -exec printf -- '--filename=%s ' {} +)`;
    return `until ${command(...kubectl, 'get')} ${files} > /dev/null; do sleep 1; done`;
  }

  private apply(fieldManager: string, ...rest: readonly string[]): string {
    const flags = ['--server-side', '--force-conflicts', `--field-manager=${fieldManager}`];
    return command(...this.kubectl, 'apply', ...flags, ...rest);
  }

  private applyRendered(fieldManager: string, namespace: string): string {
    return this.apply(fieldManager, `--namespace=${namespace}`, '--filename=-');
  }

  private established(): string {
    const [units] = this.plan.operator.reports;
    const what = `customresourcedefinition/${units.resource}`;
    return established(...this.kubectl, 'wait', what);
  }

  /** Values come from files, or from the input: never from an argument that others on the machine could see. */
  private createSecret({ name, labels }: SecretNeed, sources: readonly string[]): string {
    const { kubectl, plan } = this;
    const where = `--namespace=${plan.namespace}`;
    const create = command(...kubectl, 'create', 'secret', 'generic', name, where, '--dry-run=client', '--output=yaml');
    const parts = [`${create} \\\n    ${sources.join(' ')}`];
    if (labels !== undefined) {
      const pairs = Object.entries(labels).map(([label, value]) => `${label}=${value}`);
      parts.push(command(...kubectl, 'label', '--local', '--output=yaml', '--filename=-', ...pairs));
    }
    parts.push(command(...kubectl, 'apply', '--server-side', '--field-manager=cdk8s-gitops', '--filename=-'));
    return parts.join(' |\n  ');
  }
}

function fromToken(field: SecretField): string {
  if ('value' in field) return literal(field.key, field.value);
  return field.holds === 'username' ? literal(field.key, 'git') : `--from-file=${field.key}=/dev/stdin`;
}

function fromKeys(field: SecretField): string {
  if ('value' in field) return literal(field.key, field.value);
  return `--from-file=${field.key}="$keys"/${field.holds === 'knownHosts' ? 'known_hosts' : 'identity'}`;
}

/** What is no secret. */
function literal(key: string, value: string): string {
  return command(`--from-literal=${key}=${value}`);
}

function forCheck(check: Check): string {
  return 'condition' in check ? `--for=condition=${check.condition}` : `--for=jsonpath={.${check.field}}=${check.is}`;
}
