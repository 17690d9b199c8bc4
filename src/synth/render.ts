import { type ApiObject, App } from 'cdk8s';
import { GitOpsError, type Problem } from '../errors';
import type { Manifest } from '../model/manifest';
import { withFastRendering } from './fast-json';

/**
 * Rendered objects. An object is rendered once: constructs such as those of cdk8s-plus-27 append to their state each
 * time they are, so that a second rendering is not the first one again.
 */
const rendered = new WeakMap<ApiObject, readonly unknown[]>();

/** An object that a construct rendered. */
export interface RenderedObject {
  readonly manifest: Manifest;
  readonly path: string;
}

/**
 * Renders the objects to JSON as cdk8s does. A `List` is taken apart into its items.
 *
 * @param problems receives what could not be rendered, or is no object that Kubernetes would take
 */
export function renderObjects(objects: readonly ApiObject[], problems: Problem[]): RenderedObject[] {
  const [first] = objects;
  return first ? withFastRendering(App.of(first), () => renderEach(objects, problems)) : [];
}

function renderEach(objects: readonly ApiObject[], problems: Problem[]): RenderedObject[] {
  const out: RenderedObject[] = [];
  for (const object of objects) {
    const path = object.node.path;
    let values = rendered.get(object);
    if (!values) {
      try {
        values = itemsOf(object.toJson());
      } catch (error) {
        if (GitOpsError.is(error)) {
          for (const problem of error.problems)
            problems.push({ code: error.code, ...problem, where: problem.where || path });
        } else problems.push({ where: path, message: error instanceof Error ? rootMessage(error) : String(error) });
        continue;
      }
      rendered.set(object, values);
    }
    for (const value of values) {
      const missing = missingField(value);
      if (missing) problems.push({ where: path, message: missing });
      else out.push({ manifest: value as Manifest, path });
    }
  }
  return out;
}

/** What can be said of objects without rendering them: those of applications that another source renders. */
export function declaredObjects(objects: readonly ApiObject[]): RenderedObject[] {
  return objects.map(({ apiVersion, kind, name, metadata, node }) => {
    const { namespace } = metadata;
    const within = typeof namespace === 'string' ? { namespace } : {};
    return { manifest: { apiVersion, kind, metadata: { name, ...within } }, path: node.path };
  });
}

/** cdk8s wraps errors in a text that names the construct path, which we put in front ourselves. */
function rootMessage(error: Error): string {
  return error.message.replace(
    /^Failed serializing construct at path '.*?' with name '.*?': (Error: )?/s,
    'cannot be rendered: ',
  );
}

/** Items of a list of one kind, like a `ConfigMapList`, may leave out what they are. */
function itemsOf(value: unknown): unknown[] {
  const { apiVersion, kind, items } = (value ?? {}) as { apiVersion?: unknown; kind?: unknown; items?: unknown };
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) return [value];
  const own = kind === 'List' ? {} : { apiVersion, kind: kind.slice(0, -'List'.length) };
  return items.flatMap((item) => itemsOf(typeof item === 'object' && item !== null ? { ...own, ...item } : item));
}

function missingField(value: unknown): string | undefined {
  const object = (value ?? {}) as {
    apiVersion?: unknown;
    kind?: unknown;
    metadata?: { name?: unknown; generateName?: unknown };
  };
  const given = (x: unknown) => typeof x === 'string' && x !== '';
  if (!given(object.kind)) return 'the object has no kind: set `kind`';
  if (!given(object.apiVersion)) return `the ${object.kind} has no apiVersion: set \`apiVersion\``;
  if (given(object.metadata?.name)) return undefined;
  return given(object.metadata?.generateName)
    ? `the ${object.kind} has a generateName: objects in git need a fixed \`metadata.name\``
    : `the ${object.kind} has no name: set \`metadata.name\``;
}
