export { type AppOptions, loadTree } from './app';
export {
  type BootstrapOptions,
  type BootstrapResult,
  bootstrap,
  type DeployKey,
  type PrintOptions,
  printBootstrap,
  type RepositorySecret,
} from './bootstrap';
export type { Script, ScriptStep } from './bootstrap/script';
export { type DiffOptions, type DiffResult, diff } from './diff';
export { type HistoryOptions, type HistoryResult, history } from './history';
export type { Host, Phase, ProgressEvent, VerbOptions } from './host';
export { type OperatorSwitchOptions, operatorSwitch, type SwitchScript } from './operator-switch';
export { type PublishedUnit, type PublishOptions, type PublishResult, publish } from './publish';
export {
  type PlaintextRequest,
  type PlaintextSource,
  type SecretDoctorOptions,
  type SecretDoctorResult,
  type SecretFinding,
  type SecretKeyStatus,
  type SecretListOptions,
  type SecretListResult,
  type SecretRotateOptions,
  type SecretSetOptions,
  type SecretStatus,
  type SecretWriteResult,
  secretDoctor,
  secretList,
  secretRotate,
  secretSet,
} from './secret';
export { type StatusOptions, type StatusResult, status, type UnitStatus } from './status';
export { type SynthOptions, type SynthResult, synth } from './synth';
export type { NarrowOptions, SectionSummary, TargetOptions } from './target';
export { type ValidateOptions, type ValidateResult, validate } from './validate';
export { type VendorOptions, type VendorResult, vendor } from './vendor';
export { type Finding, type VerifyOptions, type VerifyResult, verify } from './verify';
export { type CiSystem, type ScaffoldOptions, type ScaffoldResult, scaffoldWorkflow } from './verify-workflow';
