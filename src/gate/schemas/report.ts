import { type GateObject, type Issue, issueObject, type Severity } from '../issue';

/** Issues of one object at most. */
const MOST_ISSUES = 50;
/** Longer names may be anything. */
const LONGEST_NAME = 100;

/** What is wrong in one object, and where the check is in it. Values are never part of it. */
export class SchemaReport {
  readonly issues: Issue[] = [];
  /** Keys and indexes down to what is being looked at. */
  readonly trail: (string | number)[] = [];

  constructor(private readonly source: GateObject) {}

  /** Another one, of the same place. */
  sibling(): SchemaReport {
    const report = new SchemaReport(this.source);
    report.trail.push(...this.trail);
    return report;
  }

  /** Nothing more is kept, and nothing more need be said. */
  get isFull(): boolean {
    return this.issues.length >= MOST_ISSUES;
  }

  /** @param below a field of what is being looked at */
  add(rule: string, message: string, remedy: string, below?: string, severity: Severity = 'error'): void {
    if (this.isFull) return;
    const { file, path } = this.source;
    const object = issueObject(this.source.manifest);
    const field = fieldOf(below === undefined ? this.trail : [...this.trail, below]);
    this.issues.push({
      rule: `schema/${rule}`,
      severity,
      file,
      ...(object === undefined ? {} : { object }),
      ...(path === undefined ? {} : { path }),
      field,
      message,
      remedy,
    });
  }
}

/** `spec.ports[0].name` */
function fieldOf(trail: readonly (string | number)[]): string {
  let path = '';
  for (const key of trail) {
    if (typeof key === 'number') path += `[${key}]`;
    else if (!/^[A-Za-z_$][\w-]*$/.test(key)) path += `[${JSON.stringify(shown(key))}]`;
    else path += path === '' ? shown(key) : `.${shown(key)}`;
  }
  return path;
}

/** A name, as far as it is short enough to be one. */
export function shown(name: string): string {
  return name.length > LONGEST_NAME ? '…' : name;
}
