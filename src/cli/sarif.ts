import type { ValidateResult } from '../toolkit/validate';
import { packageVersion } from '../toolkit/version';

type Issue = ValidateResult['issues'][number];

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';

/** Issues as SARIF 2.1.0, which code scanning of forges reads. */
export function sarifOf(issues: readonly Issue[]): object {
  const rules = [...new Map(issues.map((issue) => [issue.rule, issue])).values()].sort((a, b) =>
    a.rule < b.rule ? -1 : 1,
  );
  const indexes = new Map(rules.map(({ rule }, index) => [rule, index]));
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'cdk8s-gitops',
            semanticVersion: packageVersion(),
            rules: rules.map(({ rule, severity, remedy }) => ({
              id: rule,
              shortDescription: { text: rule },
              help: { text: remedy },
              defaultConfiguration: { level: severity },
              properties: { tags: [rule.slice(0, rule.indexOf('/'))] },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: issues.map((issue) => resultOf(issue, indexes.get(issue.rule) ?? 0)),
      },
    ],
  };
}

function resultOf(issue: Issue, ruleIndex: number): object {
  const { rule, severity, file, object, path, field, message, remedy } = issue;
  const name =
    object === undefined ? '' : `${object.kind} ${object.namespace === '' ? '' : `${object.namespace}/`}${object.name}`;
  const where = [name, field].filter((part) => part !== '').join(': ');
  const logical = [
    ...(path === undefined || path === '' ? [] : [{ fullyQualifiedName: path, kind: 'construct' }]),
    ...(object === undefined ? [] : [{ fullyQualifiedName: name, kind: 'object' }]),
    ...(field === '' ? [] : [{ fullyQualifiedName: field, kind: 'member' }]),
  ];
  // GitHub shows no result that has no place in a file.
  const artifact = { uri: encodeURI(file === '' ? '.' : file) };
  return {
    ruleId: rule,
    ruleIndex,
    level: severity,
    message: { text: `${where === '' ? '' : `${where}: `}${message}; ${remedy}` },
    locations: [
      {
        physicalLocation: { artifactLocation: artifact, region: { startLine: 1 } },
        ...(logical.length === 0 ? {} : { logicalLocations: logical }),
      },
    ],
    partialFingerprints: { 'issue/v1': [rule, file, name, field].join('|') },
  };
}
