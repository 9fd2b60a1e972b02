#!/usr/bin/env bash
# Makes an image for each architecture from the archives of a release, and pushes them under one name.
# Usage: packaging/publish-image.sh DIRECTORY NAME VERSION      buildah is logged in already
set -euo pipefail
usage="Usage: packaging/publish-image.sh DIRECTORY NAME VERSION"
directory="${1:?$usage}"
name="${2:?$usage}"
version="${3:?$usage}"
here="$(cd "$(dirname "$0")" && pwd)"

scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
buildah manifest create "$name:$version"
for pair in x86_64:amd64 aarch64:arm64; do
  root="proofmark-$version-${pair%:*}-unknown-linux-musl"
  tar -xzf "$directory/$root.tar.gz" -C "$scratch" "$root/proofmark"
  "$here/image.sh" "$scratch/$root/proofmark" "$name:$version-${pair#*:}" "${pair#*:}"
  buildah manifest add "$name:$version" "$name:$version-${pair#*:}"
done
for tag in "$version" latest; do
  buildah manifest push --all "$name:$version" "docker://$name:$tag"
done
