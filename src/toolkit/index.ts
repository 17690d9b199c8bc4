export { type AppOptions, loadTree } from './app';
export { type DiffOptions, type DiffResult, diff } from './diff';
export { type HistoryOptions, type HistoryResult, history } from './history';
export type { Host, Phase, ProgressEvent, VerbOptions } from './host';
export { type PublishedUnit, type PublishOptions, type PublishResult, publish } from './publish';
export { type StatusOptions, type StatusResult, status, type UnitStatus } from './status';
export { type SynthOptions, type SynthResult, synth } from './synth';
export type { NarrowOptions, SectionSummary, TargetOptions } from './target';
export { type Finding, type VerifyOptions, type VerifyResult, verify } from './verify';
