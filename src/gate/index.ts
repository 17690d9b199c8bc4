export { type CheckOptions, checkObjects, FAMILIES } from './check';
export type { Budget, GateGroup, RuleFamily } from './family';
export type { GateObject, Issue, IssueObject, Severity } from './issue';
export { readDefinitions, type SchemaOptions, schemaFamily } from './schemas';
export { applyWaivers, type Waiver } from './waivers';
