export { Application, type ApplicationProps } from './constructs/application';
export { Cluster, type ClusterProps } from './constructs/cluster';
export { Environment, type EnvironmentProps } from './constructs/environment';
export { type AllowProps, Gate } from './constructs/gate';
export { type MovedProps, moved } from './constructs/moved';
export { type EnvironmentRepositoryProps, Platform, type PlatformProps } from './constructs/platform';
export type { NamespaceSelector, StoreCondition } from './constructs/secrets/conditions';
export type { EncryptedSecretProps } from './constructs/secrets/encrypted';
export type { ExternalKey, ExternalSecretProps, ExternalTemplate } from './constructs/secrets/external';
export {
  SecretHandle,
  type SecretHandleProps,
  SecretKey,
  type SecretKeyOptions,
  type SecretKeySelector,
  type SecretVolumeSource,
} from './constructs/secrets/handle';
export { Provider } from './constructs/secrets/provider';
export type { AwsAuth, AwsProps } from './constructs/secrets/providers/aws';
export type { AzureAuth, AzureProps } from './constructs/secrets/providers/azure';
export type { GcpAuth, GcpProps } from './constructs/secrets/providers/gcp';
export type { VaultAuth, VaultProps } from './constructs/secrets/providers/vault';
export type {
  NamedSecretKey,
  NamedServiceAccount,
  OneOf,
  SecretReference,
  ServiceAccountReference,
} from './constructs/secrets/references';
export { type ExistingSecretProps, Secret } from './constructs/secrets/secret';
export {
  ClusterSecretStore,
  type ClusterSecretStoreProps,
  SecretStore,
  type SecretStoreProps,
  type Store,
  type StoreKind,
  StoreRef,
} from './constructs/secrets/store';
export { Manifests, type ManifestsProps } from './constructs/sources/manifests';
export { type ErrorCode, GitOpsError, type Problem } from './errors';
export {
  Delivery,
  type DirectDelivery,
  type MaxDeletions,
  type PullRequestDelivery,
  type PullRequestProps,
} from './model/delivery';
export type { ForgeChoice, ForgeKind } from './model/forge';
export type { Policy, PolicyContext, PolicyFinding } from './model/gate';
export type { Issue, IssueObject, Severity } from './model/issue';
export type { PinnedCertificate, SealedScope, SecretBackend, SopsRecipients } from './model/secret-declaration';
export {
  Alert,
  type AlertCondition,
  type AlertProps,
  type AlertSecretKey,
  type CommitStatusAlert,
  type CommitStatusAlertProps,
  type EmailAlert,
  type EmailAlertProps,
  type SlackAlert,
  type SlackAlertProps,
  type TeamsAlert,
  type TeamsAlertProps,
  type WebhookAlert,
  type WebhookAlertProps,
} from './operators/alerts';
export { ArgoCd, type ArgoCdProps } from './operators/argocd/argocd';
export type { ArgoCdComponent } from './operators/argocd/components';
export type { ArgoCdInstall } from './operators/argocd/install';
export type {
  ArgoCdCustomization,
  ArgoCdForge,
  ArgoCdOidc,
  ArgoCdRbac,
  ArgoCdRepository,
  ArgoCdSecretKey,
  ArgoCdSettings,
} from './operators/argocd/settings';
export type { ArgoCdTrust } from './operators/argocd/trust';
export type { FluxComponent, FluxTenancy } from './operators/flux/components';
export { Flux, type FluxProps } from './operators/flux/flux';
export type { FluxReceiver, FluxVerify } from './operators/flux/source';
export { type FluxInstanceProps, type HelmChartProps, Install } from './operators/install';
export type { Operator } from './operators/operator';
export type { ContainerResources, Toleration, WorkloadProps } from './operators/workloads';
