#!/usr/bin/env bash
# Builds the programs that end-to-end tests run against, from their Go modules: each folder of test/e2e/agents holds one
# go.mod whose `tool` lines name the programs. What is built lies in .cache/agents/<name>-<hash of go.mod and go.sum>, and
# is not built again. Further settings are comments of the go.mod:
#
#   // build: <options of go build>
#   // data: <module> <folder of the module>…      copied beside the programs, under data/
#
# usage: scripts/build-agents.sh [name…]           all of them by default; prints the folder of each
set -euo pipefail
cd "$(dirname "$0")/.."

agents=test/e2e/agents
cache=.cache/agents

say() { printf 'build-agents: %s\n' "$*" >&2; }

settings() { sed -n "s|^// $1: ||p" "$agents/$2/go.mod"; }

build() (
  name=$1
  source=$agents/$name
  hash=$(cat "$source/go.mod" "$source/go.sum" | sha256sum | cut -c 1-16)
  target=$cache/$name-$hash
  if [ -d "$target" ]; then
    say "$name is there"
    echo "$target"
    exit 0
  fi
  if ! command -v go > /dev/null; then
    say "$name cannot be built: go was not found on the PATH; install Go $(sed -n 's/^go //p' "$source/go.mod") or newer"
    exit 1
  fi

  mkdir -p "$cache"
  # Renamed when it is whole: whoever finds the folder finds everything in it.
  unfinished=$(mktemp -d "$cache/.$name-XXXXXX")
  trap 'rm -rf "$unfinished"' EXIT
  say "$name: fetching its modules and compiling, which takes some minutes"
  start=$SECONDS
  progress "$name" "$start" &
  ticker=$!
  trap 'kill "$ticker" 2> /dev/null || true; rm -rf "$unfinished"' EXIT
  settings build "$name" | tr '\n' ' ' | xargs -r printf '%s\n' > "$unfinished/.options"
  mapfile -t options < "$unfinished/.options"
  rm "$unfinished/.options"
  CGO_ENABLED=${CGO_ENABLED:-1} go -C "$source" build -trimpath -ldflags='-s -w' "${options[@]}" -o "$PWD/$unfinished/" tool

  while read -r module folders; do
    root=$(go -C "$source" list -m -f '{{.Dir}}' "$module")
    mkdir -p "$unfinished/data"
    for folder in $folders; do
      cp -R "$root/$folder" "$unfinished/data/"
    done
  done < <(settings data "$name")
  chmod -R u+w "$unfinished"
  chmod 755 "$unfinished"

  if ! mv -T "$unfinished" "$target" 2> /dev/null && [ ! -d "$target" ]; then
    say "$name: cannot be put at $target"
    exit 1
  fi
  say "$name: done after $((SECONDS - start)) s ($(du -sh "$target" | cut -f 1))"
  echo "$target"
)

progress() {
  # Without our output: who reads that until its end must not wait for the last sleep.
  while sleep 30 > /dev/null 2>&1; do
    say "$1: still compiling ($((SECONDS - $2)) s)"
  done
}

if [ $# -eq 0 ]; then
  for folder in "$agents"/*/; do
    set -- "$@" "$(basename "$folder")"
  done
fi
for name in "$@"; do
  if [ ! -f "$agents/$name/go.mod" ]; then
    say "there is no agent '$name'; there are: $(cd "$agents" && echo */ | tr -d /)"
    exit 1
  fi
  # Not in a condition: the shell would go on after failures in it.
  build "$name"
done
