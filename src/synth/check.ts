import type { Problem } from '../errors';
import { operatorsOf } from '../model/declaration';
import { forgeProblems } from '../model/forge';
import { isOwner } from '../model/index-files';
import { isLabel } from '../model/layout';
import { POD_SECURITY } from '../model/pod-security';
import { deliveryProblems, hubProblems, maxDeletionsProblems } from './check-rules';
import type { Survey } from './walk';

/** Ids of source repositories: parts of letters, digits, `.`, `_` and `-`, joined by slashes. */
const SOURCE_ID = /^[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/;
const NAMESPACES = /^[a-z0-9*]([a-z0-9*-]{0,61}[a-z0-9*])?$/;
const BRANCH = /^(?!-)(?!.*(\.\.|@\{|\/\/|\/$|\.lock$|\.$))[^\s~^:?*[\\\p{Cc}]+$/u;

/** Names, sources and references of the declared model: everything that is wrong with them, at once. */
export function checkModel(survey: Survey, source: string): Problem[] {
  const problems: Problem[] = [];
  const { platform } = survey;
  name('', 'platform', platform.name);
  // The operator's root object is called `root.<platform>`, which operators write into labels.
  if (`${platform.name}`.length > 58)
    report('', `'${platform.name}' is too long for a platform: use at most 58 characters`);
  if (!SOURCE_ID.test(source))
    report('', `'${source}' is not the id of a source repository: write it like 'acme/checkout'`);
  if (typeof platform.repository.url !== 'string' || platform.repository.url === '') {
    report('', 'the platform has no environment repository: pass `environmentRepository: { url }`');
  } else if (/^(https?:\/\/[^/]*|[a-z][a-z0-9+.-]*:\/\/[^/@]*:[^/]*)@/i.test(platform.repository.url)) {
    report(
      '',
      'the URL of the environment repository holds credentials: leave them out, git asks its own store for them',
    );
  }
  if (!BRANCH.test(platform.repository.branch)) report('', `'${platform.repository.branch}' is not a branch name`);
  for (const message of forgeProblems(platform.repository.forge)) report('', message);

  const clusters = names(survey.clusters, 'cluster');
  for (const [cluster, path] of survey.clusters) {
    if (cluster.operators.length > 1) {
      const paths = cluster.operators.map(({ path }) => path).join(' and ');
      report(path, `the cluster has more than one operator (${paths}): keep one`);
    }
    for (const message of hubProblems(cluster, survey)) report(path, message);
    sourceOf(path, cluster.source);
    for (const message of deliveryProblems(cluster.delivery)) report(path, message);
  }
  names(survey.environments, 'environment');
  for (const [environment, path] of survey.environments) {
    sourceOf(path, environment.source);
    const rules = [...deliveryProblems(environment.delivery), ...maxDeletionsProblems(environment.maxDeletions)];
    for (const message of rules) report(path, message);
    const { cluster } = environment;
    if (cluster && !survey.clusters.has(cluster))
      report(path, `its cluster '${cluster.name}' belongs to another platform`);
    else if (cluster && operatorsOf(cluster).length === 0 && clusters.get(cluster.name) === cluster) {
      report(
        path,
        `its cluster '${cluster.name}' has no operator: add \`new ArgoCd(cluster)\` or \`new Flux(cluster)\``,
      );
    }
    const { podSecurity } = environment;
    if (podSecurity !== undefined && !POD_SECURITY.includes(podSecurity)) {
      report(path, `'${podSecurity}' is no level of Pod Security: write ${POD_SECURITY.join(', ')}`);
    }
    for (const namespace of environment.namespaces) {
      if (!NAMESPACES.test(namespace))
        report(path, `'${namespace}' is neither a namespace nor a pattern like 'team-*'`);
    }
    for (const owner of environment.owners) {
      if (!isOwner(owner))
        report(path, `'${owner}' is not an owner: write a user, a team like 'acme/sre', or an e-mail address`);
    }
  }
  const units = new Map<string, string>();
  for (const { application, environment, construct } of survey.units) {
    const { path } = construct.node;
    name(path, 'application', application.name);
    sourceOf(path, application.source);
    const key = `${environment.name}/${application.name}`;
    const earlier = units.get(key);
    if (earlier === undefined) units.set(key, path);
    else
      report(
        path,
        `environment '${environment.name}' has an application '${application.name}' already (${earlier}): rename one`,
      );
    if (application.onRemoval !== undefined && !['delete', 'orphan'].includes(application.onRemoval)) {
      report(path, `'${application.onRemoval}' is no \`onRemoval\`: write 'delete' or 'orphan'`);
    }
    if (application.namespace !== undefined && !isLabel(application.namespace)) {
      report(path, `'${application.namespace}' is not a namespace: ${LABEL_RULE}`);
    }
    // Its name at the operator, which operators write into labels, and the namespace it has by default.
    if (`${environment.name}`.length + `${application.name}`.length > 62) {
      report(path, `'${environment.name}.${application.name}' is longer than 63 characters: shorten one of the names`);
    }
  }
  return problems;

  function report(where: string, message: string): void {
    problems.push({ where, message });
  }

  function name(where: string, what: string, given: unknown): void {
    if (typeof given !== 'string' || !isLabel(given))
      report(where, `'${given}' is not a name for ${a(what)}: ${LABEL_RULE}`);
  }

  function sourceOf(where: string, id: string | undefined): void {
    if (id !== undefined && !SOURCE_ID.test(id))
      report(where, `'${id}' is not the id of a source repository: write it like 'acme/platform'`);
  }

  function names<D extends { readonly name: string }>(declared: ReadonlyMap<D, string>, what: string): Map<string, D> {
    const seen = new Map<string, D>();
    for (const [declaration, path] of declared) {
      name(path, what, declaration.name);
      const earlier = seen.get(declaration.name);
      if (earlier === undefined) seen.set(declaration.name, declaration);
      else
        report(
          path,
          `there is ${a(what)} '${declaration.name}' already (${declared.get(earlier)}): rename one of them`,
        );
    }
    return seen;
  }
}

const LABEL_RULE = 'use at most 63 lowercase letters, digits and `-`, with a letter or digit at both ends';

function a(what: string): string {
  return `${/^[aeiou]/.test(what) ? 'an' : 'a'} ${what}`;
}
