import { type Alert, destinationName } from '../alerts';

/** What is told of, as names of templates. */
export type Situation =
  | 'gitops-sync-failed'
  | 'gitops-degraded'
  | 'gitops-suspended'
  | 'gitops-held'
  | 'gitops-applied';

export interface TemplateInput {
  readonly cluster: string;
  readonly platform: string;
  readonly alerts: readonly Alert[];
  readonly repository: string;
}

interface Words {
  /** As Flux would call it, for receivers of JSON. */
  readonly reason: string;
  readonly severity: 'error' | 'info';
  /** What is said of the unit. */
  readonly says: string;
  /** Go template that puts why it is so into `$why`. */
  readonly why: string;
}

/** What the operation says, and what it says of each object that failed, or that it waits for. */
const OPERATION_MESSAGE = [
  '{{- $why = default "" $operation.message -}}',
  '{{- range (default list $result.resources) -}}',
  '{{- if or (eq (default "" .status) "SyncFailed") (has (default "" .hookPhase) (list "Running" "Failed" "Error")) -}}',
  '{{- $why = printf "%s; %s %s: %s" $why .kind .name (default "" .message) -}}',
  '{{- end -}}{{- end -}}',
].join('');

/** Objects of the unit in a state of health, and what each says. */
function objectsThatAre(health: string): string {
  return [
    '{{- range (default list $status.resources) -}}',
    '{{- $health := default dict .health -}}',
    `{{- if eq (default "" $health.status) "${health}" -}}`,
    '{{- $why = printf "%s%s %s: %s. " $why .kind .name (default $health.status $health.message) -}}',
    '{{- end -}}{{- end -}}',
  ].join('');
}

const WORDS: Readonly<Record<Situation, Words>> = {
  'gitops-sync-failed': {
    reason: 'SyncFailed',
    severity: 'error',
    says: 'could not be applied',
    why: OPERATION_MESSAGE,
  },
  'gitops-degraded': { reason: 'Degraded', severity: 'error', says: 'is degraded', why: objectsThatAre('Degraded') },
  'gitops-suspended': {
    reason: 'Suspended',
    severity: 'error',
    says: 'is suspended',
    why: objectsThatAre('Suspended'),
  },
  'gitops-held': {
    reason: 'HeldTooLong',
    severity: 'error',
    says: 'is held up',
    why: [
      '{{- if .app.metadata.deletionTimestamp -}}{{- $why = "its deletion waits" -}}',
      '{{- else if has $operation.phase (list "Running" "Terminating") -}}',
      OPERATION_MESSAGE,
      '{{- end -}}',
      '{{- range (default list $status.conditions) -}}{{- if hasSuffix "Error" .type -}}',
      '{{- $why = printf "%s %s" $why .message -}}{{- end -}}{{- end -}}',
    ].join(''),
  },
  'gitops-applied': { reason: 'Applied', severity: 'info', says: 'is applied and healthy', why: '' },
};

/** What is said of a situation, to every service in its own form. A notification template of Argo CD. */
export function template(situation: Situation, input: TemplateInput): object {
  const { cluster, platform, alerts } = input;
  const words = WORDS[situation];
  const before = prologue(words, cluster);
  const body = toJson({
    involvedObject:
      '(dict "apiVersion" .app.apiVersion "kind" .app.kind "namespace" $meta.namespace "name" $meta.name "uid" $meta.uid)',
    severity: quoted(words.severity),
    timestamp: '((now).UTC.Format "2006-01-02T15:04:05Z07:00")',
    message: '$message',
    reason: quoted(words.reason),
    metadata: `(dict "platform" ${quoted(platform)} "cluster" ${quoted(cluster)} "environment" $environment "application" $application "revision" $revision)`,
    reportingController: quoted('argocd-notifications-controller'),
  });
  const webhooks: Record<string, object> = {};
  for (const alert of alerts) {
    if (alert.kind === 'webhook') webhooks[destinationName(alert)] = { method: 'POST', body: before + body };
    if (alert.kind === 'commitStatus') webhooks[destinationName(alert)] = commitStatus(alert, words, before);
  }
  const kinds = new Set(alerts.map(({ kind }) => kind));
  return {
    message: `${before}{{ $message }}`,
    ...(kinds.has('email') ? { email: { subject: `${before}{{ $title }}`, body: `${before}{{ $message }}` } } : {}),
    ...(kinds.has('teams')
      ? { 'teams-workflows': { title: `${before}{{ $title }}`, text: `${before}{{ $message }}` } }
      : {}),
    ...(Object.keys(webhooks).length > 0 ? { webhook: webhooks } : {}),
  };
}

/** What all forms are made of. Nothing in it is more than an Application's status says of it. */
function prologue({ says, why }: Words, cluster: string): string {
  return [
    '{{- $meta := .app.metadata -}}',
    '{{- $status := default dict .app.status -}}',
    '{{- $operation := default dict $status.operationState -}}',
    '{{- $result := default dict $operation.syncResult -}}',
    '{{- $sync := default dict $status.sync -}}',
    '{{- $labels := default dict $meta.labels -}}',
    '{{- $environment := default "" (get $labels "cdk8s-gitops/environment") -}}',
    '{{- $application := default "" (get $labels "cdk8s-gitops/application") -}}',
    '{{- $revision := default "" (coalesce $result.revision (first (default list $result.revisions)) $sync.revision (first (default list $sync.revisions))) -}}',
    '{{- $why := "" -}}',
    why,
    `{{- $title := printf "%s in %s ${says}" $meta.name ${quoted(cluster)} -}}`,
    '{{- $message := $title -}}',
    '{{- if $why -}}{{- $message = printf "%s: %s" $title (trunc 1500 (trim $why)) -}}{{- end -}}',
    '{{- if $revision -}}{{- $message = printf "%s (commit %s)" $message (trunc 8 $revision) -}}{{- end -}}',
  ].join('');
}

function commitStatus({ forge }: Extract<Alert, { kind: 'commitStatus' }>, words: Words, before: string): object {
  const isGood = words.severity === 'info';
  const state = isGood ? 'success' : forge === 'gitlab' ? 'failed' : 'failure';
  const body = toJson({
    state: quoted(state),
    [forge === 'gitlab' ? 'name' : 'context']: '(printf "argo-cd/%s" $meta.name)',
    // GitHub takes no more than 140 characters.
    description: '(trunc 140 $message)',
  });
  return { method: 'POST', path: `${before}/{{ $revision }}`, body: before + body };
}

/** A template that prints a JSON document, whose values are expressions. */
function toJson(fields: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(fields).map(([name, value]) => `${quoted(name)} ${value}`);
  return `{{ toJson (dict ${pairs.join(' ')}) }}`;
}

const quoted = (text: string) => JSON.stringify(text);
