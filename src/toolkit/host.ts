/** What a verb is doing right now. */
export type Phase =
  | 'load'
  | 'run'
  | 'connect'
  | 'fetch'
  | 'read'
  | 'plan'
  | 'compare'
  | 'write'
  | 'push'
  | 'retry'
  | 'done';

export interface ProgressEvent {
  readonly phase: Phase;
  /** One short line, for people. */
  readonly message: string;
}

/**
 * Whom a verb tells of its progress: a terminal, a log, or nobody. Results are returned, failures are thrown, and
 * nothing in the toolkit writes to a console.
 */
export interface Host {
  progress?(event: ProgressEvent): void;
  /** Something that does not stop the verb, and that people should know. */
  warn?(message: string): void;
  /** What the user's program prints, as it comes. */
  output?(chunk: string | Uint8Array): void;
}

/** What every verb takes. */
export interface VerbOptions {
  /** Folder of the source repository, or of the project in it. @default process.cwd() */
  readonly cwd?: string;
  readonly host?: Host;
  readonly signal?: AbortSignal;
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
}
