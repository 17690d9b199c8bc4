import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OpenAPIBackend, type Operation } from 'openapi-backend';

/** GitHub's own description of its API: judges requests and answers, and completes what the fake says. */

type Json = Record<string, unknown>;

/** JSON Schema as OpenAPI 3.0 writes it, as far as it is read here. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly nullable?: boolean;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

interface Body {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}

export interface ApiRequest {
  readonly method: string;
  /** Encoded, without a query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const DOCUMENT = JSON.parse(readFileSync(join(__dirname, 'openapi.json'), 'utf8')) as Json;

/** Fields of errors that GitHub documents nowhere by status, e.g. 401. */
const ERROR_FIELDS = new Set(['message', 'documentation_url', 'status', 'errors', 'url']);

export class GitHubApi {
  static async load(): Promise<GitHubApi> {
    const backend = new OpenAPIBackend({
      definition: withNull(DOCUMENT) as never,
      quick: true,
      validate: true,
      coerceTypes: true,
      ajvOpts: { strict: false, allErrors: true, logger: false },
      customizeAjv: (ajv) => {
        ajv.addFormat('uri', (text: string) => URL.canParse(text));
        ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/);
        ajv.addFormat('timestamp', true);
        return ajv;
      },
    });
    await backend.init();
    return new GitHubApi(backend);
  }

  private constructor(private readonly backend: OpenAPIBackend) {}

  operationOf({ method, path, headers }: ApiRequest): Operation | undefined {
    return this.backend.matchOperation({ method, path, headers: { ...headers } });
  }

  /** Parameters in the path, decoded. */
  parametersOf(operation: Operation, request: ApiRequest): Record<string, string> {
    const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
    const pattern = operation.path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '([^/]+)');
    const values = new RegExp(`^${pattern}$`).exec(request.path)?.slice(1) ?? [];
    return Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(values[index] ?? '')]));
  }

  /** What is wrong with a request. Fields and parameters that GitHub does not know are wrong too, as it ignores them. */
  problemsOfRequest(operation: Operation, request: ApiRequest): string[] {
    const { method, path, query, headers, body } = request;
    const { errors } = this.backend.validator.validateRequest(
      { method, path, query: { ...query }, headers: { ...headers }, body },
      operation,
    );
    const problems = (errors ?? []).map(({ instancePath, message }) => `request ${instancePath} ${message}`);
    const known = new Set(
      (operation.parameters ?? [])
        .map((one) => this.resolve(one as Schema) as { name?: string })
        .map(({ name }) => name),
    );
    for (const name of Object.keys(query)) {
      if (!known.has(name)) problems.push(`request has a parameter '${name}' that GitHub does not know`);
    }
    const schema = schemaOf(this.resolve((operation.requestBody ?? {}) as Schema) as Body);
    if (isObject(body)) {
      const fields = schema === undefined ? new Set<string>() : this.fieldsOf(schema);
      for (const name of Object.keys(body)) {
        if (!fields.has(name)) problems.push(`request has a field '${name}' that GitHub does not know`);
      }
    }
    return problems;
  }

  /** What is wrong with an answer. */
  problemsOfAnswer(operation: Operation, status: number, body: unknown): string[] {
    const documented = this.answerOf(operation, status);
    // What is wrong is often said where nothing is documented.
    if (documented === undefined || (status >= 400 && schemaOf(documented) === undefined)) {
      if (status < 400) return [`answer has the status ${status}, which GitHub does not give`];
      if (!isObject(body) || typeof body.message !== 'string') return ['answer is an error without a message'];
      const unknown = Object.keys(body).filter((name) => !ERROR_FIELDS.has(name));
      return unknown.map((name) => `answer is an error with an unknown field '${name}'`);
    }
    const schema = schemaOf(documented);
    if (schema === undefined) return body === undefined ? [] : ['answer has a body where GitHub gives none'];
    const { errors } = this.backend.validator.validateResponse(body, operation, status);
    return (errors ?? []).map(({ instancePath, message }) => `answer ${instancePath} ${message}`);
  }

  /** The answer with everything that GitHub says besides: each required field that is left out, with some value. */
  complete(operation: Operation, status: number, said: unknown): unknown {
    const documented = this.answerOf(operation, status);
    const schema = documented && schemaOf(documented);
    return schema === undefined ? said : this.fill(schema, said, '');
  }

  private answerOf(operation: Operation, status: number): Body | undefined {
    const answer = (operation.responses as Record<string, Schema> | undefined)?.[String(status)];
    return answer && (this.resolve(answer) as Body);
  }

  private resolve(schema: Schema): Schema {
    if (schema.$ref === undefined) return schema;
    const value = schema.$ref
      .slice(2)
      .split('/')
      .reduce<unknown>((at, key) => (at as Json)[key], DOCUMENT);
    return this.resolve(value as Schema);
  }

  private fieldsOf(reference: Schema): Set<string> {
    const schema = this.resolve(reference);
    const parts = [...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
    return new Set([...Object.keys(schema.properties ?? {}), ...parts.flatMap((part) => [...this.fieldsOf(part)])]);
  }

  private fill(reference: Schema, said: unknown, name: string): unknown {
    const schema = this.resolve(reference);
    if (said === null) return null;
    if (schema.allOf !== undefined) {
      return Object.assign({}, ...schema.allOf.map((part) => this.fill(part, said, name)));
    }
    const choices = schema.oneOf ?? schema.anyOf;
    if (choices !== undefined && schema.properties === undefined) {
      const choice = choices.find((one) => this.suits(one, said)) ?? choices[0];
      return choice === undefined ? said : this.fill(choice, said, name);
    }
    if (Array.isArray(said)) return said.map((item) => (schema.items ? this.fill(schema.items, item, name) : item));
    if (said !== undefined && !isObject(said)) return said;
    if (said === undefined && schema.nullable) return null;
    if (schema.properties === undefined && schema.type !== 'object') return said ?? this.some(schema, name);

    const filled: Json = { ...said };
    for (const [key, property] of Object.entries(schema.properties ?? {})) {
      const value = said?.[key];
      if (value !== undefined) filled[key] = this.fill(property, value, key);
      else if (schema.required?.includes(key)) filled[key] = this.fill(property, undefined, key);
    }
    return filled;
  }

  /** Whether what is said could be one of these. */
  private suits(reference: Schema, said: unknown): boolean {
    const schema = this.resolve(reference);
    if (schema.allOf !== undefined) return schema.allOf.some((part) => this.suits(part, said));
    if (!isObject(said)) return schema.type === typeof said;
    return Object.entries(said).every(([key, value]) => {
      const property = schema.properties?.[key];
      const values = property && this.resolve(property).enum;
      return property !== undefined && (values === undefined || values.includes(value));
    });
  }

  private some({ type, format, enum: values }: Schema, name: string): unknown {
    if (values !== undefined) return values[0];
    if (type === 'array') return [];
    if (type === 'boolean') return false;
    if (type === 'integer' || type === 'number') return 1;
    if (format === 'uri') return `https://github.test/${name}`;
    if (format === 'date-time') return '2026-01-01T00:00:00Z';
    return name;
  }
}

/** A copy in which `nullable` stands beside a type only, as ajv wants it; elsewhere null is one of the choices. */
function withNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withNull);
  if (!isObject(value)) return value;
  const copy: Json = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withNull(item)]));
  if (copy.nullable !== true || copy.type !== undefined) return copy;
  const { nullable, ...rest } = copy;
  return { anyOf: [rest, { enum: [null] }] };
}

function schemaOf({ content }: Body): Schema | undefined {
  return content?.['application/json']?.schema;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
