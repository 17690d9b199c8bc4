/**
 * Where things lie in the environment repository. Nothing else knows a path of it.
 *
 *     clusters/<cluster>.yaml                                  the cluster's record
 *     clusters/<cluster>/bootstrap/**                          applied by hand, once
 *     clusters/<cluster>/operator/**                           the operator, managing itself
 *     clusters/<cluster>/environments/<environment>/**         what the operator needs to know of an environment
 *     clusters/<cluster>/applications/<environment>.<app>.yaml a unit, registered with the operator
 *     clusters/<cluster>/units/<environment>.<app>/**          what else the operator has to know of the unit
 *     clusters/<cluster>/namespaces/<environment>.<app>/**     what surrounds the unit's objects: its namespace, its rights
 *     environments/<environment>.yaml                          the environment's record
 *     environments/<environment>/<app>/**                      a unit's objects
 *     releases/<environment>/<app>.yaml                        a unit's release record
 *     registrations/<cluster>/<environment>.<app>.yaml         record of what the operator is told of the unit
 *     releases/_folders/<path>.yaml                            record of a folder that is published on its own
 *
 * An agent reads `clusters/<cluster>/` and the folders of units, never a record.
 */
export const layout = {
  readme: 'README.md',
  gitattributes: '.gitattributes',
  codeowners: 'CODEOWNERS',
  clusterRecord: (cluster: string) => `clusters/${cluster}.yaml`,
  clusterFolder: (cluster: string) => `clusters/${cluster}`,
  bootstrap: (cluster: string) => `clusters/${cluster}/bootstrap`,
  operator: (cluster: string) => `clusters/${cluster}/operator`,
  environmentRegistration: (cluster: string, environment: string) => `clusters/${cluster}/environments/${environment}`,
  registrations: (cluster: string) => `clusters/${cluster}/applications`,
  registration: (cluster: string, environment: string, application: string) =>
    `clusters/${cluster}/applications/${environment}.${application}.yaml`,
  registrationDetails: (cluster: string, environment: string, application: string) =>
    `clusters/${cluster}/units/${environment}.${application}`,
  surroundings: (cluster: string, environment: string, application: string) =>
    `clusters/${cluster}/namespaces/${environment}.${application}`,
  registrationRecords: (cluster: string) => `registrations/${cluster}`,
  registrationRecord: (cluster: string, environment: string, application: string) =>
    `registrations/${cluster}/${environment}.${application}.yaml`,
  environmentRecord: (environment: string) => `environments/${environment}.yaml`,
  unitFolder: (environment: string, application: string) => `environments/${environment}/${application}`,
  releases: (environment: string) => `releases/${environment}`,
  /** Holds the records of folders: no environment can be called so. */
  folderRecords: 'releases/_folders',
  folderRecord: (path: string) => `releases/_folders/${path}.yaml`,
  release: (environment: string, application: string) => `releases/${environment}/${application}.yaml`,
} as const;

/** RFC 1123 label: what environments, applications and clusters may be called. */
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

export function isLabel(name: string): boolean {
  return LABEL.test(name);
}
