#!/bin/sh
# Installs a release of proofmark, and checks it against the checksums of the release.
#   PROOFMARK_VERSION    such as 0.1.0
#   PROOFMARK_DOWNLOAD   where the releases are: the files of version 0.1.0 are in the folder v0.1.0 below this address
#   PROOFMARK_DIRECTORY  where the program goes
# The address and the checksums have one origin: they find what was damaged on the way. Whoever must not trust that origin downloads
# from a mirror, or verifies the attestation of the build (docs/release.md).
set -eu
: "${PROOFMARK_VERSION:?such as 0.1.0}" "${PROOFMARK_DOWNLOAD:?where the releases are}" "${PROOFMARK_DIRECTORY:?where the program goes}"

stop() {
  echo "proofmark was not installed: $1" >&2
  exit 1
}

case "$(uname -s)" in
  Linux) system=unknown-linux-musl form=tar.gz program=proofmark ;;
  Darwin) system=apple-darwin form=tar.gz program=proofmark ;;
  MINGW* | MSYS* | CYGWIN*) system=pc-windows-msvc form=zip program=proofmark.exe ;;
  *) stop "there is no release for $(uname -s)" ;;
esac
case "$(uname -m)" in
  x86_64 | amd64) machine=x86_64 ;;
  aarch64 | arm64) machine=aarch64 ;;
  *) stop "there is no release for $(uname -m)" ;;
esac
name="proofmark-$PROOFMARK_VERSION-$machine-$system"
folder="$PROOFMARK_DOWNLOAD/v$PROOFMARK_VERSION"

scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
load() {
  if command -v curl >/dev/null; then
    curl --fail --silent --show-error --location --retry 3 --max-time 300 --output "$scratch/$1" "$folder/$1"
  elif command -v wget >/dev/null; then
    wget -q -O "$scratch/$1" "$folder/$1"
  else
    stop "it takes curl or wget"
  fi || stop "$folder/$1 could not be loaded"
}
load "$name.$form"
load SHA256SUMS

expected="$(awk -v name="$name.$form" '$2 == name || $2 == "*" name { print $1 }' "$scratch/SHA256SUMS")"
[ -n "$expected" ] || stop "SHA256SUMS does not name $name.$form"
if command -v sha256sum >/dev/null; then
  found="$(sha256sum "$scratch/$name.$form")"
else
  found="$(shasum -a 256 "$scratch/$name.$form")"
fi
found="${found#\\}"
[ "${found%% *}" = "$expected" ] || stop "$name.$form does not have the checksum of the release"

if [ "$form" = zip ]; then
  unzip -q "$scratch/$name.zip" -d "$scratch"
else
  gzip -dc "$scratch/$name.tar.gz" | tar -x -C "$scratch" -f -
fi
mkdir -p "$PROOFMARK_DIRECTORY"
cp "$scratch/$name/$program" "$PROOFMARK_DIRECTORY/$program"
chmod 755 "$PROOFMARK_DIRECTORY/$program"
"$PROOFMARK_DIRECTORY/$program" --version
# The later steps of a job on GitHub find the program.
if [ -n "${GITHUB_PATH:-}" ]; then echo "$PROOFMARK_DIRECTORY" >> "$GITHUB_PATH"; fi
