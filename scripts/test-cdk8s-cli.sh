#!/usr/bin/env bash
# Runs the real cdk8s command line on the example, and compares what it writes with what is kept in examples/shop/rendered.
set -euo pipefail
cd "$(dirname "$0")/.."
home=.cache/cdk8s-cli
mkdir -p "$home"
[ -f "$home/package.json" ] || echo '{"private":true}' >"$home/package.json"
npm install --prefix "$home" --no-audit --no-fund --silent cdk8s-cli@2.207.60
rm -rf dist
"$home/node_modules/.bin/cdk8s" synth
diff -r dist examples/shop/rendered
# What an earlier run wrote and this one does not is removed; the second run finds the folder as it left it.
"$home/node_modules/.bin/cdk8s" synth
diff -r dist examples/shop/rendered
echo 'cdk8s synth writes the tree'
