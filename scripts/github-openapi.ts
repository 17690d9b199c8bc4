import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Cuts GitHub's OpenAPI document down to the operations that the GitHub forge calls, for the tests:
 *
 *     npm pack @octokit/openapi@23.0.2 --pack-destination /tmp && tar xzf /tmp/octokit-openapi-23.0.2.tgz -C /tmp
 *     npx tsx scripts/github-openapi.ts /tmp/package/generated/api.github.com.json
 *     npx biome format --write test/helpers/github/openapi.json
 *
 * Kept is what says which requests and answers are valid: parameters, bodies, the schemas they refer to. Left out is what
 * is only to be read.
 */

const OUTPUT = 'test/helpers/github/openapi.json';

const OPERATIONS: Readonly<Record<string, readonly string[]>> = {
  '/app/installations/{installation_id}': ['get'],
  '/app/installations/{installation_id}/access_tokens': ['post'],
  '/repos/{owner}/{repo}': ['get'],
  '/repos/{owner}/{repo}/branches/{branch}': ['get'],
  '/repos/{owner}/{repo}/installation': ['get'],
  '/repos/{owner}/{repo}/issues/{issue_number}/comments': ['post'],
  '/repos/{owner}/{repo}/issues/{issue_number}/events': ['get'],
  '/repos/{owner}/{repo}/issues/{issue_number}/labels': ['post'],
  '/repos/{owner}/{repo}/keys': ['get', 'post'],
  '/repos/{owner}/{repo}/keys/{key_id}': ['delete'],
  '/repos/{owner}/{repo}/labels': ['post'],
  '/repos/{owner}/{repo}/labels/{name}': ['get'],
  '/repos/{owner}/{repo}/pulls': ['get', 'post'],
  '/repos/{owner}/{repo}/pulls/{pull_number}': ['get', 'patch'],
  '/repos/{owner}/{repo}/pulls/{pull_number}/merge': ['put'],
  '/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers': ['post'],
  '/repos/{owner}/{repo}/pulls/{pull_number}/reviews': ['get'],
  '/repos/{owner}/{repo}/rules/branches/{branch}': ['get'],
};

/** Words for people. They are left out wherever they are not the name of a field. */
const WORDS = new Set(['description', 'example', 'examples', 'externalDocs', 'summary', 'tags', 'title', 'deprecated']);
/** Objects whose keys are names. */
const NAMED = new Set(['properties', 'patternProperties', 'schemas', 'parameters', 'responses', 'headers']);

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

function strip(value: Json, isNamed = false): Json {
  if (Array.isArray(value)) return value.map((item) => strip(item));
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([key]) => isNamed || !(WORDS.has(key) || key.startsWith('x-')));
  return Object.fromEntries(
    kept.map(([key, item]) => [key, strip(item, !isNamed && NAMED.has(key) && isObject(item))]),
  );
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function references(value: Json, found: (reference: string) => void): void {
  if (Array.isArray(value)) for (const item of value) references(item, found);
  if (!isObject(value)) return;
  if (typeof value.$ref === 'string') found(value.$ref);
  for (const item of Object.values(value)) references(item, found);
}

function at(root: JsonObject, path: readonly string[]): Json {
  let value: Json | undefined = root;
  for (const key of path) value = isObject(value) ? value[key] : undefined;
  if (value === undefined) throw new Error(`the document has no ${path.join('/')}`);
  return value;
}

const [, , input = ''] = process.argv;
const full = JSON.parse(readFileSync(input, 'utf8')) as JsonObject;

const paths: JsonObject = {};
for (const [path, methods] of Object.entries(OPERATIONS)) {
  paths[path] = Object.fromEntries(methods.map((method) => [method, strip(at(full, ['paths', path, method]))]));
}

const components: Record<string, JsonObject> = {};
const seen = new Set<string>();
function take(reference: string): void {
  if (seen.has(reference)) return;
  seen.add(reference);
  const [, , kind = '', name = ''] = reference.split('/');
  // Examples are for people, like the words around them.
  if (kind === 'examples') return;
  const component = strip(at(full, ['components', kind, name]));
  components[kind] = { ...components[kind], [name]: component };
  references(component, take);
}
references(paths, take);

const subset = { openapi: full.openapi, info: strip(full.info as Json), paths, components };
(subset.info as JsonObject).title = 'Part of the GitHub v3 REST API';
writeFileSync(OUTPUT, `${JSON.stringify(subset)}\n`);
