#!/usr/bin/env bash
# Downloads the sources of Kubernetes that scripts/schemas/generate.ts reads, one patch of each minor version, into GOMODCACHE.
# To add a version, append it. About 1 GB.
set -euo pipefail
: "${GOMODCACHE:?set it to a folder of its own}"
for version in 27.16 28.15 29.6 30.14 31.14 32.13 33.13 34.4 35.4 36.3 37.2; do
  go mod download "k8s.io/kubernetes@v1.$version"
  for module in api apimachinery apiextensions-apiserver kube-aggregator; do
    # The checksum database does not know all of them.
    GONOSUMDB='k8s.io/*' go mod download "k8s.io/$module@v0.$version" || echo "no $module v0.$version" >&2
  done
done
