import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OpenAPIBackend, type Operation } from 'openapi-backend';

/** Judges requests and answers by the description of GitLab's API in `openapi.json`. */

export interface ApiRequest {
  readonly method: string;
  /** Below `/api/v4`, encoded, without a query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export class GitLabApi {
  static async load(): Promise<GitLabApi> {
    const backend = new OpenAPIBackend({
      definition: JSON.parse(readFileSync(join(__dirname, 'openapi.json'), 'utf8')),
      validate: true,
      coerceTypes: true,
      ajvOpts: { strict: false, allErrors: true, logger: false },
      customizeAjv: (ajv) => ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/),
    });
    await backend.init();
    return new GitLabApi(backend);
  }

  private constructor(private readonly backend: OpenAPIBackend) {}

  operationOf({ method, path, headers }: ApiRequest): Operation | undefined {
    return this.backend.matchOperation({ method, path, headers: { ...headers } });
  }

  /** Parameters in the path, decoded. */
  parametersOf(operation: Operation, request: ApiRequest): Record<string, string> {
    const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
    const pattern = operation.path.replace(/\{\w+\}/g, '([^/]+)');
    const values = new RegExp(`^${pattern}$`).exec(request.path)?.slice(1) ?? [];
    return Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(values[index] ?? '')]));
  }

  /** What is wrong with a request. Fields and parameters that GitLab does not know are wrong too, as it ignores them. */
  problemsOfRequest(operation: Operation, { method, path, query, headers, body }: ApiRequest): string[] {
    if (body !== undefined && operation.requestBody === undefined)
      return ['request has a body where GitLab reads none'];
    const request = { method, path, query: { ...query }, headers: { ...headers }, body };
    const { errors } = this.backend.validator.validateRequest(request, operation);
    return (errors ?? []).map(
      (error) => `request ${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`,
    );
  }

  /** What is wrong with an answer. */
  problemsOfAnswer(operation: Operation, { status, body }: ApiAnswer): string[] {
    const known = (operation.responses as Record<string, { content?: unknown }> | undefined)?.[String(status)];
    if (known === undefined) return [`answer has the status ${status}, which GitLab does not give`];
    if (known.content === undefined) return body === undefined ? [] : ['answer has a body where GitLab gives none'];
    if (body === undefined) return ['answer has no body'];
    const { errors } = this.backend.validator.validateResponse(body, operation, status);
    return (errors ?? []).map(
      (error) => `answer ${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`,
    );
  }
}
