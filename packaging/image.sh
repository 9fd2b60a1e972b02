#!/usr/bin/env bash
# Makes the container image of a static program for Linux, with buildah or podman.
# Usage: packaging/image.sh PROGRAM TAG [ARCHITECTURE]      ARCHITECTURE is amd64 or arm64
set -euo pipefail
usage="Usage: packaging/image.sh PROGRAM TAG [ARCHITECTURE]"
program="${1:?$usage}"
tag="${2:?$usage}"
here="$(cd "$(dirname "$0")" && pwd)"

builder="$(command -v buildah || command -v podman || true)"
if [ -z "$builder" ]; then
  echo "there is neither buildah nor podman" >&2
  exit 1
fi
context="$(mktemp -d)"
trap 'rm -rf "$context"' EXIT
cp "$program" "$context/proofmark"
chmod 755 "$context/proofmark"
for certificates in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
  if [ -s "$certificates" ]; then cp -L "$certificates" "$context/ca-certificates.crt"; break; fi
done
if [ ! -s "$context/ca-certificates.crt" ]; then
  echo "there are no public certificates on this machine; install ca-certificates" >&2
  exit 1
fi
"$builder" build ${3:+--platform "linux/$3"} --file "$here/Containerfile" --tag "$tag" "$context"
