/** An error keeps the objects from being published; a warning does not. */
export type Severity = 'error' | 'warning';

/** The object an issue is about. What it does not say of itself is empty. */
export interface IssueObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Something that is wrong with an object, or may be. It never holds the value it was found in, nor a part of one. */
export interface Issue {
  /** Family and name, such as `secret/named-literal`. Stable: waivers and scripts rely on it. */
  readonly rule: string;
  readonly severity: Severity;
  /** File the object is in, or will be in. */
  readonly file: string;
  /** Absent of what is in no object: a file of another kind, or one that cannot be read. */
  readonly object?: IssueObject;
  /** Construct that made the object. @default - the object comes from no construct */
  readonly path?: string;
  /** Where in the object, such as `spec.template.spec.containers[0].env[2].value`; for lines of a text, with their number. */
  readonly field: string;
  /** What is wrong. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
}
