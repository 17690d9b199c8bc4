import {
  ApiObject,
  ApiObjectMetadataDefinition,
  type App,
  ImplicitTokenResolver,
  JsonPatch,
  Lazy,
  LazyResolver,
  NumberStringUnionResolver,
} from 'cdk8s';

/** cdk8s' own code, for as long as nobody else has replaced it. */
const object = ApiObject.prototype;
const metadata = ApiObjectMetadataDefinition.prototype;
const original = { object: object.toJson, metadata: metadata.toJson };

/**
 * Runs `render` with cdk8s' `toJson` of objects and of metadata replaced by equal ones that take a single pass. The
 * generated classes of cdk8s-plus-27 reach it by `super.toJson()`, so there is no other place to put it. Where an app
 * brings resolvers of its own, or somebody has replaced the methods already, cdk8s' own code runs.
 */
export function withFastRendering<T>(app: App, render: () => T): T {
  const replaced = object.toJson !== original.object || metadata.toJson !== original.metadata;
  if (replaced || !hasDefaultResolvers(app)) return render();
  object.toJson = function (this: ApiObject) {
    return renderObject(this);
  };
  metadata.toJson = function (this: ApiObjectMetadataDefinition) {
    return renderMetadata(this);
  };
  try {
    return render();
  } finally {
    object.toJson = original.object;
    metadata.toJson = original.metadata;
  }
}

function hasDefaultResolvers({ resolvers }: App): boolean {
  const defaults = [LazyResolver, ImplicitTokenResolver, NumberStringUnionResolver];
  return resolvers.length === defaults.length && resolvers.every((resolver, i) => resolver.constructor === defaults[i]);
}

/** What `ApiObject.toJson` reads of an object; cdk8s keeps the first two private. */
interface ObjectState {
  readonly props: Record<string, unknown>;
  readonly patches: readonly JsonPatch[];
  readonly metadata: ApiObjectMetadataDefinition;
}

/** What `ApiObjectMetadataDefinition.toJson` reads, private in cdk8s for the most part. */
interface MetadataState {
  readonly _additionalAttributes: object;
  readonly name?: string;
  readonly namespace?: string;
  readonly annotations: unknown;
  readonly finalizers: unknown;
  readonly ownerReferences: unknown;
  readonly labels: unknown;
}

interface Simplify {
  readonly sortKeys: boolean;
  /** Drop lists and maps that have nothing in them. */
  readonly dropEmpty: boolean;
}

/** `resolve()` on a value means an implicit token, `value` of a union the generated code wraps. */
interface Tokens {
  readonly resolve?: unknown;
  readonly value?: unknown;
}

/**
 * What cdk8s' own `ApiObject.toJson` returns, for apps with its default resolvers: tokens resolved in the order they
 * were written, empty values dropped, keys sorted. cdk8s takes two passes and a resolution context for each value; one
 * pass suffices. https://github.com/cdk8s-team/cdk8s-core/blob/2.x/src/api-object.ts says what must come out.
 */
function renderObject(object: ApiObject): Record<string, unknown> {
  const { props, patches, metadata } = object as unknown as ObjectState;
  try {
    const options = { sortKeys: !process.env.CDK8S_DISABLE_SORT, dropEmpty: false };
    const json = simplify({ ...props, metadata: metadata.toJson() }, options) as Record<string, unknown>;
    const patched = patches.length > 0 ? JsonPatch.apply(json, ...patches) : json;
    const result: Record<string, unknown> = {};
    for (const key of ['apiVersion', 'kind', 'metadata', ...Object.keys(patched)]) {
      if (key in patched) result[key] = patched[key];
    }
    return result;
  } catch (error) {
    throw new Error(`Failed serializing construct at path '${object.node.path}' with name '${object.name}': ${error}`);
  }
}

/** The same for `ApiObjectMetadataDefinition.toJson`. */
function renderMetadata(definition: ApiObjectMetadataDefinition): unknown {
  const state = definition as unknown as MetadataState;
  const { _additionalAttributes, name, namespace, annotations, finalizers, ownerReferences, labels } = state;
  const attributes = { ..._additionalAttributes, name, namespace, annotations, finalizers, ownerReferences, labels };
  return simplify(attributes, { sortKeys: true, dropEmpty: true });
}

function simplify(given: unknown, options: Simplify): unknown {
  const value = resolveTokens(given);
  if (value === null || value === undefined) return undefined;
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) {
    if (options.dropEmpty && value.length === 0) return undefined;
    return value.map((item) => simplify(item, options));
  }
  if (value.constructor.name !== 'Object') {
    throw new Error(`can't render non-simple object of type '${value.constructor.name}'`);
  }
  // Tokens are resolved in the order they were written, whatever order the keys come out in.
  const simple: Record<string, unknown> = {};
  const keys: string[] = [];
  let sorted = true;
  for (const key of Object.keys(value)) {
    const member = simplify((value as Record<string, unknown>)[key], options);
    if (member === undefined) continue;
    if (keys.length > 0 && key < (keys[keys.length - 1] as string)) sorted = false;
    keys.push(key);
    simple[key] = member;
  }
  if (options.dropEmpty && keys.length === 0) return undefined;
  if (sorted || !options.sortKeys) return simple;
  const result: Record<string, unknown> = {};
  for (const key of keys.sort()) result[key] = simple[key];
  return result;
}

/** The three resolvers of cdk8s, until none of them applies any more. */
function resolveTokens(given: unknown): unknown {
  let value = given;
  for (;;) {
    if (value === null || value === undefined || typeof value === 'string' || typeof value === 'boolean') return value;
    const token = value as Tokens;
    if (value instanceof Lazy) value = value.produce();
    else if (typeof token.resolve === 'function') value = token.resolve();
    else if (value.constructor !== Object && ['number', 'string'].includes(typeof token.value)) {
      // The generated code reads `.value` off the resolved union.
      value = { value: token.value };
    } else return value;
  }
}
