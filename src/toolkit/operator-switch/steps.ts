import { layout } from '../../model/layout';
import type { BootstrapPlan } from '../bootstrap/plan';
import { kubectlWords, type ScriptStep } from '../bootstrap/script';
import { command, word } from '../bootstrap/shell-text';
import type { AppliedFolder, OldObject, OldOperator } from './old';

export interface SwitchInput {
  readonly plan: BootstrapPlan;
  readonly old: OldOperator;
  readonly commit: string;
  readonly context?: string;
}

/** Names in one command: a command line of a thousand units would be too long. */
const AT_ONCE = 50;

/** Name, kind and namespace of objects, and nothing else of them: who applies that gives up all fields. */
const SHELLS = [
  '{{define "object"}}---\napiVersion: {{.apiVersion}}\nkind: {{.kind}}\nmetadata:\n',
  '  name: {{printf "%q" .metadata.name}}\n{{with .metadata.namespace}}  namespace: {{.}}\n{{end}}{{end}}',
  '{{if .items}}{{range .items}}{{template "object" .}}{{end}}{{else}}{{template "object" .}}{{end}}',
].join('');

export function switchSteps(input: SwitchInput): ScriptStep[] {
  const { plan, old, commit } = input;
  const { cluster, operator: next } = plan;
  const { operator } = old;
  const kubectl = kubectlWords(input);
  const apply = ['cdk8s-gitops', 'bootstrap', cluster, '--apply', '--context', input.context ?? '<context>'];
  const bootstrap = input.context === undefined ? apply.join(' ') : command(...apply);
  const reports = old.objects.filter(({ isReport }) => isReport);
  const others = old.objects.filter(({ isReport }) => !isReport);
  const patch = `--patch=${JSON.stringify(operator.release.pause)}`;
  const spaces = [...new Set(reports.map(({ namespace }) => namespace))];
  const pause = grouped(reports, (where, names) =>
    command(...kubectl, 'patch', ...where, ...names, '--type=merge', patch),
  );
  const columns = `--output=custom-columns=${operator.release.columns}`;
  const show = spaces.map((space) =>
    command(...kubectl, 'get', operator.reports[0].resource, `--namespace=${space}`, columns),
  );
  return [
    {
      title: `${operator.title} stops: it applies and removes nothing any more, and takes nothing along when it goes`,
      note: 'The root first, for it would undo what is done to the others. Workloads go on as they are.',
      commands: [...pause, ...show],
    },
    {
      title: `What is published is for ${next.title} from now on`,
      note: "Where operators are installed from the repository, the old one's namespace and definitions leave it:\npublish names them, and what to write to acknowledge that.",
      commands: ['cdk8s-gitops publish'],
    },
    {
      title: `${next.title} starts, and takes over every object as it is`,
      note: 'Go on only when everything is healthy. Until here the way back is to publish the old program again, and to\nbootstrap with it.',
      commands: [bootstrap],
    },
    {
      title: `The objects of ${operator.title} go, and nothing else`,
      note: [
        'They are told to let go once more: what was under way when they were told first may have put something back.',
        'Delete nothing while one of them is shown that would take something along.',
      ].join('\n'),
      commands: [
        ...pause,
        ...show,
        ...grouped([...reports, ...others], (where, names) =>
          command(...kubectl, 'delete', '--ignore-not-found', ...where, ...names),
        ),
      ],
    },
    {
      title: `${operator.title} gives up what it applied: otherwise fields that leave the repository later would stay`,
      note: 'In a clone of the environment repository. Nothing changes but the marks of the old operator.',
      commands: [SHELLS_ASSIGNMENT, ...old.folders.map((folder) => giveUp(folder, kubectl, operator.fieldManager))],
    },
    {
      title: `${operator.title} itself goes, once nobody else needs it`,
      note: old.isInstalled
        ? 'With its definitions go all objects of its kinds, whoever they belong to.'
        : 'It was not installed object by object from the repository: remove it as it was installed, for example with helm.',
      commands: old.isInstalled
        ? [
            'old=$(mktemp -d)',
            `git archive ${word(commit)} ${word(layout.operator(cluster))} | tar -x -C "$old"`,
            `${command(...kubectl, 'delete', '--ignore-not-found', '--recursive')} --filename="$old"/${layout.operator(cluster)}`,
            'rm -r "$old"',
          ]
        : [],
    },
    {
      title: 'Everything is as it was',
      note: 'The first command says that there is nothing to do; the second one, that pods are as old as before.',
      commands: [bootstrap, command(...kubectl, 'get', 'pods', '--all-namespaces')],
    },
  ].filter(({ commands, note }) => commands.length > 0 || note !== undefined);
}

/** A command for every so many objects of one kind and namespace, in the order in which they are given. */
function grouped(
  objects: readonly OldObject[],
  write: (where: readonly string[], names: readonly string[]) => string,
): string[] {
  const commands: string[] = [];
  let names: string[] = [];
  let current: OldObject | undefined;
  const flush = () => {
    if (current && names.length > 0)
      commands.push(write([`--namespace=${current.namespace}`, current.resource], names));
    names = [];
  };
  for (const object of objects) {
    const isSame = current?.resource === object.resource && current.namespace === object.namespace;
    if (!isSame || names.length >= AT_ONCE) flush();
    current = object;
    names.push(object.name);
  }
  flush();
  return commands;
}

function giveUp({ paths, namespace }: AppliedFolder, kubectl: readonly string[], fieldManager: string): string {
  const where = namespace === undefined ? [] : [`--namespace=${namespace}`];
  const files = paths.map((path) => `--filename=${path}`);
  const get = command(...kubectl, 'get', '--ignore-not-found', '--recursive', ...where, ...files);
  const apply = command(...kubectl, 'apply', '--server-side', `--field-manager=${fieldManager}`, '--filename=-');
  return `${get} \\\n  --output=go-template="$shells" |\n  ${apply}`;
}

/** What {@link giveUp} needs to be set before. */
const SHELLS_ASSIGNMENT = `shells=${word(SHELLS)}`;
