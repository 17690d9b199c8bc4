/** What went wrong, as a stable word that scripts may test for. Each is explained in `docs/reference/errors.md`. */
export type ErrorCode =
  // the program and its model
  | 'APP_NOT_FOUND'
  | 'APP_FAILED'
  | 'APP_NO_PLATFORM'
  | 'CONFIG_INVALID'
  | 'MODEL_INVALID'
  | 'SOURCE_UNREADABLE'
  // vendored release manifests
  | 'VENDOR_MISSING'
  | 'VENDOR_MISMATCH'
  | 'VENDOR_INVALID'
  | 'VENDOR_UNREACHABLE'
  // secrets
  | 'SECRET_UNKNOWN'
  | 'SECRET_KEY_UNKNOWN'
  | 'SECRET_FILE_MISSING'
  | 'SECRET_FILE_INVALID'
  | 'SECRET_INPUT_INVALID'
  | 'SECRET_IDENTITY_MISSING'
  | 'SECRET_COMMIT_KEY_MISSING'
  | 'SEALED_CERT_INVALID'
  | 'SEALED_CERT_EXPIRED'
  | 'SEALED_CERT_MISMATCH'
  | 'SEALED_SCOPE_MISMATCH'
  | 'SEALED_MALFORMED'
  | 'SOPS_NEEDS_FLUX'
  | 'SOPS_RECIPIENTS_INVALID'
  | 'SOPS_MISSING'
  | 'SOPS_FAILED'
  | 'SECRET_ORDER'
  | 'STORE_UNSCOPED'
  // alerts
  | 'ALERT_INVALID'
  | 'ALERT_SECRET'
  | 'ALERT_UNSUPPORTED'
  // what the gate refuses
  | 'PLAIN_SECRET'
  | 'LEAK_NAMED_LITERAL'
  | 'LEAK_ARG'
  | 'LEAK_PATTERN'
  | 'LEAK_PRIVATE_KEY'
  | 'LEAK_URL_CREDENTIALS'
  | 'TOO_LARGE_TO_CHECK'
  | 'SCHEMA_INVALID'
  | 'DEFINITION_INVALID'
  | 'KUBERNETES_VERSION_UNKNOWN'
  | 'POLICY_VIOLATED'
  | 'WAIVER_INVALID'
  // synthesis
  | 'PATH_COLLISION'
  | 'DEPENDENCY_CYCLE'
  | 'YAML_UNREPRESENTABLE'
  | 'OUTPUT_FOREIGN_FILES'
  | 'OUTPUT_UNWRITABLE'
  // the environment repository
  | 'GIT_MISSING'
  | 'GIT_TOO_OLD'
  | 'GIT_FAILED'
  | 'TEMPORARY_UNWRITABLE'
  | 'REMOTE_INVALID'
  | 'REMOTE_UNREACHABLE'
  | 'REMOTE_NOT_A_REPOSITORY'
  | 'REMOTE_AUTHENTICATION'
  | 'REMOTE_REJECTED'
  | 'REMOTE_CONTENDED'
  | 'REMOTE_CORRUPT'
  | 'BRANCH_NOT_FOUND'
  | 'OWNED_BY_ANOTHER_SOURCE'
  | 'NESTED_OWNERSHIP'
  | 'CHANGED_BY_HAND'
  | 'DELETION_REFUSED'
  | 'SIGNING_FAILED'
  | 'EMPTY_TREE'
  | 'NOTHING_SELECTED'
  | 'RECORD_INVALID'
  // the forge
  | 'FORGE_UNKNOWN'
  | 'FORGE_AUTHENTICATION'
  | 'FORGE_UNREACHABLE'
  | 'FORGE_REJECTED'
  | 'PULL_REQUEST_FOREIGN'
  // clusters
  | 'CLUSTER_UNKNOWN'
  | 'CLUSTER_UNPUBLISHED'
  | 'CLUSTER_UNREACHABLE'
  | 'CLUSTER_FORBIDDEN'
  | 'CONTEXT_UNKNOWN'
  | 'KUBECTL_MISSING'
  | 'KUBECTL_FAILED'
  | 'HELM_MISSING'
  | 'HELM_FAILED'
  | 'OPERATOR_MISSING'
  | 'OPERATOR_CONFLICT'
  | 'SECRET_MISSING'
  | 'HOST_KEY_UNKNOWN'
  | 'BOOTSTRAP_TIMEOUT'
  // the command line
  | 'USAGE'
  | 'INTERNAL';

/** One of several things that are wrong at once. */
export interface Problem {
  /** Construct path, file or ref the problem is about; empty when it concerns the whole. */
  readonly where: string;
  /** What is wrong, with the offending value (never a secret one), and what to change. */
  readonly message: string;
  /** Kind of the problem. @default MODEL_INVALID */
  readonly code?: ErrorCode;
}

export interface GitOpsErrorOptions {
  readonly cause?: unknown;
  /** Every problem found, when the error stands for more than one. */
  readonly problems?: readonly Problem[];
}

const ERROR_SYMBOL = Symbol.for('cdk8s-gitops.GitOpsError');

/** The only error type that is thrown at users: a stable code, and a message that says what to change. */
export class GitOpsError extends Error {
  /** True of a {@link GitOpsError} from any copy of this package. */
  static is(x: unknown): x is GitOpsError {
    return typeof x === 'object' && x !== null && ERROR_SYMBOL in x;
  }

  /** One error for several problems, a line each, prefixed by where they are. */
  static of(code: ErrorCode, summary: string, problems: readonly Problem[]): GitOpsError {
    const lines = problems.map(({ where, message }) => (where ? `  [${where}] ${message}` : `  ${message}`));
    return new GitOpsError(code, [summary, ...lines].join('\n'), { problems });
  }

  /** One error for everything that is wrong with what the program declares: with the problems' code if they share one. */
  static ofModel(summary: string, problems: readonly Problem[]): GitOpsError {
    const codes = new Set(problems.map(({ code }) => code ?? 'MODEL_INVALID'));
    const [only] = codes;
    return GitOpsError.of(codes.size === 1 && only ? only : 'MODEL_INVALID', summary, problems);
  }

  readonly problems: readonly Problem[];

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: GitOpsErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'GitOpsError';
    this.problems = options.problems ?? [{ where: '', message }];
    Object.defineProperty(this, ERROR_SYMBOL, { value: true });
  }
}
