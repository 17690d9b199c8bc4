import { ApiObject, type App } from 'cdk8s';

/** `construct-metadata.json`, as cdk8s writes it where `recordConstructMetadata` is set. */
export function constructMetadata(app: App): string {
  const resources: Record<string, { path: string }> = {};
  for (const construct of app.node.findAll()) {
    if (ApiObject.isApiObject(construct)) resources[construct.name] = { path: construct.node.path };
  }
  return JSON.stringify({ version: '1.0.0', resources });
}
