#!/usr/bin/env bash
# Runs the tests on other majors of Node, whose binaries come from the npm registry. Usage: test-on-node.sh 24 26
# Left out is what spends its time in git and in servers, which are the same whatever runs beside them.
set -euo pipefail
cd "$(dirname "$0")/.."
binary="node-$(node -p 'process.platform + "-" + process.arch')"
for major in "$@"; do
  home=".cache/node-$major"
  mkdir -p "$home"
  [ -f "$home/package.json" ] || echo '{"private":true}' >"$home/package.json"
  npm install --prefix "$home" --no-audit --no-fund --silent "$binary@$major"
  bin="$PWD/$home/node_modules/$binary/bin"
  "$bin/node" --version
  PATH="$bin:$PATH" node node_modules/vitest/vitest.mjs run --exclude 'test/publish/**' --exclude 'test/e2e/**'
done
