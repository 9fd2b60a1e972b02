#!/usr/bin/env bash
# Writes SHA256SUMS for the files of a release.
# Usage: packaging/checksums.sh DIRECTORY
set -euo pipefail
cd "${1:?Usage: packaging/checksums.sh DIRECTORY}"
rm -f SHA256SUMS
sums="$(sha256sum -- *)"
echo "$sums" > SHA256SUMS
