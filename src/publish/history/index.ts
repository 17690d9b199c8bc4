export { type History, type HistoryEntry, type HistoryOptions, type HistoryUnit, readHistory } from './history';
export { type CommitLog, openLocalLog, openRemoteLog } from './log';
export type { Trailer } from './message';
