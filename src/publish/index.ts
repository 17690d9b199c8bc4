export { readSource, repositoryId, type SourceInfo } from './git/source';
export type { Identity } from './message';
export type { Change, ChangePlan, FileChange, SectionChange } from './plan';
export { type PlanOptions, planPublish } from './planning';
export type { ProgressEvent, ProgressPhase } from './progress';
export { type PublishOptions, type PublishResult, publish, type RetryOptions, type UnitChange } from './publisher';
export { type OpenOptions, openLocal, openRemote, type RecordFile, type Repository } from './repository';
export type { Selection } from './selection';
