import { Checker } from './check';
import { FORMATS } from './formats';
import type { Kinds } from './kinds';
import type { SchemaReport } from './report';
import type { Schema } from './schema';
import type { TypeTable } from './table';

type Manifest = { readonly [field: string]: unknown };

/** Kinds whose names may be any part of a path. */
const PATH_NAMES =
  /^(?:rbac\.authorization\.k8s\.io\/v1 |apiregistration\.k8s\.io\/v1 |certificates\.k8s\.io\/\w+ ClusterTrustBundle)/;
/** Requests, which are no objects. */
const NAMELESS = /(?:Review|v1 Binding|Eviction|Scale|TokenRequest)$/;
/** Since this minor version Services may start with a digit. */
const RELAXED_SERVICES = 34;
/** A CronJob's Jobs get 11 characters more. */
const LONGEST_CRON_JOB = 52;
const DEEPEST_LISTS = 5;

/** Checks a whole manifest. Files that hold something else are left alone. */
export function checkManifest(
  manifest: Manifest,
  report: SchemaReport,
  table: TypeTable,
  kinds: Kinds,
  depth = 0,
): void {
  const { apiVersion, kind } = manifest;
  if (!isText(kind) || !isText(apiVersion)) {
    // Whatever has no metadata is a file of some program's.
    if (!isObject(manifest.metadata) || (!isText(kind) && !isText(apiVersion))) return;
    report.add('missing-field', 'is missing, and has to be given', 'add it', isText(kind) ? 'apiVersion' : 'kind');
    return;
  }
  if (apiVersion === 'v1' && kind === 'List' && depth < DEEPEST_LISTS) {
    checkItems(manifest.items, report, (item) => checkManifest(item, report, table, kinds, depth + 1));
    return;
  }
  // A kubeconfig is no object of a cluster.
  if (apiVersion === 'v1' && kind === 'Config') return;
  const schemas = kinds.find(apiVersion, kind, report);
  const metadata = table.type('meta/v1.ObjectMeta');
  const { sops, ...rest } = manifest;
  const isEncrypted = isObject(sops) && typeof sops.mac === 'string';
  const check = (schema: Schema, into: SchemaReport) =>
    new Checker(into, metadata, isEncrypted).checkTop(schema, isEncrypted ? rest : manifest);
  checkMetadata(manifest.metadata, `${apiVersion} ${kind}`, report, metadata, table.version);
  const [first, ...others] = schemas;
  if (first === undefined) return;
  if (others.length === 0) check(first, report);
  else checkAny(schemas, check, report);
}

/** One of them has to fit; if none does, the one that fits best says what is wrong. */
function checkAny(
  schemas: readonly Schema[],
  check: (schema: Schema, into: SchemaReport) => void,
  report: SchemaReport,
): void {
  const counts = schemas.map((schema) => {
    const own = report.sibling();
    check(schema, own);
    return { schema, count: own.issues.length };
  });
  const [best] = counts.sort((a, b) => a.count - b.count);
  if (best !== undefined && best.count > 0) check(best.schema, report);
}

function checkItems(items: unknown, report: SchemaReport, check: (item: Manifest) => void): void {
  if (!Array.isArray(items)) return;
  for (const [index, item] of items.entries()) {
    if (!isObject(item)) continue;
    report.trail.push('items', index);
    check(item);
    report.trail.length -= 2;
  }
}

function checkMetadata(value: unknown, name: string, report: SchemaReport, schema: Schema, version: number): void {
  report.trail.push('metadata');
  const metadata = isObject(value) ? value : {};
  if (value !== undefined && value !== null) new Checker(report, schema, false).check(schema, value);
  if (!isText(metadata.name) && !isText(metadata.generateName) && !NAMELESS.test(name)) {
    if (metadata.name === undefined || metadata.name === null || metadata.name === '') {
      report.add('missing-field', 'is missing, and has to be given', 'name the object', 'name');
    }
  }
  checkName(metadata.name, nameFormat(name, version), 'name', report);
  if (name === 'batch/v1 CronJob' && isText(metadata.name) && metadata.name.length > LONGEST_CRON_JOB) {
    report.add('name', 'is too long for a CronJob, whose Jobs get a longer one', 'use at most 52 characters', 'name');
  }
  checkName(metadata.namespace, 'dnsLabel', 'namespace', report);
  report.trail.pop();
}

function checkName(value: unknown, format: string, field: string, report: SchemaReport): void {
  const own = FORMATS[format];
  if (isText(value) && own !== undefined && !own.isValid(value)) {
    report.add(own.rule, own.message, own.remedy, field);
  }
}

function nameFormat(name: string, version: number): string {
  if (PATH_NAMES.test(name)) return 'pathName';
  if (name === 'v1 Namespace') return 'dnsLabel';
  if (name === 'v1 Service') return version < RELAXED_SERVICES ? 'serviceName' : 'dnsLabel';
  return 'dnsName';
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isObject(value: unknown): value is Manifest {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
