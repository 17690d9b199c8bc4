#!/usr/bin/env bash
# Packs the package, installs the tarball into an empty folder, and uses it there as a newcomer would.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm pack --silent --pack-destination "$work" >/dev/null

# Three files: package.json, cdk8s.yaml, main.ts.
mkdir "$work/project" && cd "$work/project"
cat >package.json <<'JSON'
{ "private": true }
JSON
cat >cdk8s.yaml <<'YAML'
language: typescript
app: main.ts
YAML
cat >main.ts <<'TS'
import { Application, Cluster, Environment, Flux, Platform } from 'cdk8s-gitops';
import { Deployment } from 'cdk8s-plus-27';

const platform = new Platform({ name: 'tiny', source: 'acme/tiny', environmentRepository: { url: 'https://git.example.com/acme/envs.git' } });
const cluster = new Cluster(platform, 'one');
new Flux(cluster);
const dev = new Environment(platform, 'dev', { cluster });
new Deployment(new Application(dev, 'web'), 'web', { containers: [{ image: 'nginx:1.29', portNumber: 8080 }] });
platform.synth();
TS
version() { node -p "require('$root/node_modules/$1/package.json').version"; }
npm install --silent --no-audit --no-fund "$work"/cdk8s-gitops-*.tgz \
  "cdk8s@$(version cdk8s)" "cdk8s-plus-27@$(version cdk8s-plus-27)" "constructs@$(version constructs)"

npx --no-install cdk8s-gitops synth
test -f dist/environments/dev/web/deployment-web.yaml

git init --quiet --bare --initial-branch=main "$work/envs.git"
publish() { npx --no-install cdk8s-gitops publish --remote "file://$work/envs.git" --json; }
expect() { node -e "const r = JSON.parse(require('fs').readFileSync(0, 'utf8')); if (r.outcome !== '$1') { console.error(r); process.exit(1); } console.log('outcome', r.outcome)"; }
publish | expect published
publish | expect unchanged
test "$(git -C "$work/envs.git" rev-list --count main)" = 1
npx --no-install cdk8s-gitops verify --remote "file://$work/envs.git"

# The commit stage alone, for a tree that something else rendered: neither cdk8s nor a construct has a part in it.
cat >publish.ts <<'TS'
import { publish, treeOfFolders } from 'cdk8s-gitops/publish';

const tree = treeOfFolders({
  source: 'acme/charts',
  folders: ['apps/grafana'],
  files: new Map([['apps/grafana/configmap.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: grafana\n']]),
});
async function main(url: string): Promise<void> {
  const { outcome, commit } = await publish(tree, { remote: { url, branch: 'main' }, generator: 'charts 1.0' });
  if (Object.keys(require.cache).some((file) => /node_modules\/(cdk8s|constructs)\//.test(file))) throw new Error('cdk8s was loaded');
  console.log(JSON.stringify({ outcome, commit }));
}
void main(process.argv[2] ?? '');
TS
# In the environment repository's own CI there is a clone, and no program, nor any of the packages that one imports.
mkdir "$work/ci" && (cd "$work/ci" && echo '{ "private": true }' >package.json &&
  npm install --silent --no-audit --no-fund --legacy-peer-deps "$work"/cdk8s-gitops-*.tgz)
test ! -e "$work/ci/node_modules/cdk8s" && test ! -e "$work/ci/node_modules/constructs"
git clone --quiet --bare "$work/envs.git" "$work/clone.git"
(cd "$work/clone.git" && "$work/ci/node_modules/.bin/cdk8s-gitops" verify && "$work/ci/node_modules/.bin/cdk8s-gitops" history)

# The types of the package work for a program that is compiled.
npm install --silent --no-audit --no-fund "typescript@$(version typescript)" "@types/node@$(version @types/node)"
npx tsc --noEmit --strict --skipLibCheck false --module node20 --target es2022 --types node main.ts
npx tsc --strict --skipLibCheck false --module node20 --target es2022 --types node publish.ts
node publish.js "file://$work/envs.git" | expect published
node publish.js "file://$work/envs.git" | expect unchanged
test "$(git -C "$work/envs.git" show main:apps/grafana/configmap.yaml | head -n 1)" = 'apiVersion: v1'
publish | expect unchanged
test ! -e node_modules/cdk8s-gitops/test && test ! -e node_modules/cdk8s-gitops/src
