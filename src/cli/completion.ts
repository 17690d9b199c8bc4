import type { Command, Option } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

interface Flag {
  readonly names: readonly string[];
  readonly short?: string;
  readonly long?: string;
  readonly description: string;
  readonly takesValue: boolean;
}

interface Verb {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly Flag[];
  readonly choices: readonly string[];
}

/** The completion script of a shell, made from the commands and options there are. */
export function completionScript(program: Command, shell: Shell): string {
  const model = { name: program.name(), verbs: program.commands.map(verbOf), flags: flagsOf(program) };
  return { bash, zsh, fish }[shell](model);
}

interface Model {
  readonly name: string;
  readonly verbs: readonly Verb[];
  readonly flags: readonly Flag[];
}

function verbOf(command: Command): Verb {
  return {
    name: command.name(),
    description: command.description(),
    flags: [
      ...new Map([command, ...command.commands].flatMap(flagsOf).map((flag) => [flag.names.join(), flag])).values(),
    ],
    choices: [
      ...command.commands.map((child) => child.name()),
      ...command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    ],
  };
}

function flagsOf(command: Command): Flag[] {
  const help: Flag = {
    names: ['-h', '--help'],
    short: '-h',
    long: '--help',
    description: 'show help',
    takesValue: false,
  };
  return [...command.options.map(flagOf), help];
}

function flagOf({ short, long, description, required, optional }: Option): Flag {
  const names = [short, long].filter((name) => name !== undefined);
  return { names, short, long, description, takesValue: required || optional };
}

const wordsOf = (flags: readonly Flag[]): string => flags.flatMap(({ names }) => names).join(' ');

function bash({ name, verbs, flags }: Model): string {
  const fn = `_${name.replaceAll('-', '_')}`;
  const cases = verbs.map(
    (verb) => `    ${verb.name}) words="${[...verb.choices, wordsOf(verb.flags), wordsOf(flags)].join(' ')}" ;;`,
  );
  return `# bash completion for ${name}
${fn}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" verb="" word words
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in
    ${verbs.map((verb) => verb.name).join('|')}) verb="$word"; break ;;
    esac
  done
  case "$verb" in
${cases.join('\n')}
    *) words="${verbs.map((verb) => verb.name).join(' ')} ${wordsOf(flags)}" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F ${fn} ${name}
`;
}

function zsh({ name, verbs, flags }: Model): string {
  const fn = `_${name.replaceAll('-', '_')}`;
  // Brackets and colons mean something in a specification, and a quote would end it.
  const text = (description: string) => description.replace(/[[\]:\\]/g, '\\$&').replaceAll("'", "'\\''");
  const spec = (own: readonly Flag[]) =>
    own.flatMap((flag) =>
      flag.names.map((each) => `'${each}[${text(flag.description)}]${flag.takesValue ? ':value:_files' : ''}'`),
    );
  const cases = verbs.map((verb) => {
    const choices = verb.choices.length > 0 ? [`'1:choice:(${verb.choices.join(' ')})'`] : ["'*:file:_files'"];
    return `    ${verb.name}) _arguments ${[...spec([...verb.flags, ...flags]), ...choices].join(' ')} ;;`;
  });
  return `#compdef ${name}
${fn}() {
  local -a verbs
  verbs=(
${verbs.map((verb) => `    '${verb.name}:${text(verb.description)}'`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' verbs
    _arguments ${spec(flags).join(' ')}
    return
  fi
  case "$words[2]" in
${cases.join('\n')}
  esac
}
if [ "$funcstack[1]" = "${fn}" ]; then ${fn} "$@"; else compdef ${fn} ${name}; fi
`;
}

function fish({ name, verbs, flags }: Model): string {
  const text = (description: string) => `'${description.replace(/[\\']/g, '\\$&')}'`;
  const line = (condition: string, flag: Flag) =>
    [
      `complete -c ${name}${condition}`,
      flag.short ? `-s ${flag.short.slice(1)}` : '',
      flag.long ? `-l ${flag.long.slice(2)}` : '',
      flag.takesValue ? '-r' : '',
      `-d ${text(flag.description)}`,
    ]
      .filter((part) => part !== '')
      .join(' ');
  const lines = [
    `# fish completion for ${name}`,
    ...flags.map((flag) => line('', flag)),
    ...verbs.map(
      (verb) => `complete -c ${name} -n __fish_use_subcommand -f -a ${verb.name} -d ${text(verb.description)}`,
    ),
    ...verbs.flatMap((verb) => {
      const condition = ` -n '__fish_seen_subcommand_from ${verb.name}'`;
      const choices = verb.choices.map((choice) => `complete -c ${name}${condition} -f -a ${choice}`);
      return [...verb.flags.filter(({ long }) => long !== '--help').map((flag) => line(condition, flag)), ...choices];
    }),
  ];
  return `${lines.join('\n')}\n`;
}
