#!/usr/bin/env bash
# Makes the archive of a release: the program, completions, manual pages, licences and the list of what it is made of.
# Usage: packaging/archive.sh TARGET PROGRAM DIRECTORY
# The program must run on this machine, since it prints its own completions and pages.
set -euo pipefail
usage="Usage: packaging/archive.sh TARGET PROGRAM DIRECTORY"
target="${1:?$usage}"
program="$(cd "$(dirname "${2:?$usage}")" && pwd)/$(basename "$2")"
mkdir -p "${3:?$usage}"
directory="$(cd "$3" && pwd)"
here="$(cd "$(dirname "$0")" && pwd)"

version="$("$program" version --format json | jq -r .version | tr -d '\r')"
name="proofmark-$version-$target"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
root="$scratch/$name"
mkdir -p "$root/completions"

suffix=""
case "$target" in *-windows-*) suffix=.exe ;; esac
cp "$program" "$root/proofmark$suffix"
chmod 755 "$root/proofmark$suffix"
"$program" completions bash > "$root/completions/proofmark.bash"
"$program" completions zsh > "$root/completions/_proofmark"
"$program" completions fish > "$root/completions/proofmark.fish"
"$program" completions powershell > "$root/completions/_proofmark.ps1"
"$program" completions elvish > "$root/completions/proofmark.elv"
"$program" man --out "$root/man" > "$scratch/pages"
cp "$here"/../{README.md,CHANGELOG.md,SECURITY.md,LICENSE-MIT,LICENSE-APACHE} "$root"
"$here/licences.sh" "$target" > "$root/LICENSES-OF-DEPENDENCIES.txt"
"$here/sbom.sh" "$target" > "$root/proofmark.cdx.json"
cp "$root/proofmark.cdx.json" "$directory/$name.cdx.json"

cd "$scratch"
case "$target" in
  *-windows-*)
    rm -f "$directory/$name.zip"
    if command -v zip >/dev/null; then zip -q -r "$directory/$name.zip" "$name"; else 7z a -bso0 "$directory/$name.zip" "$name"; fi
    echo "$directory/$name.zip"
    ;;
  *)
    # GNU tar can leave out what differs from one machine to the next.
    same=()
    if tar --version | grep -q GNU; then
      same=(--sort=name --owner=0 --group=0 --numeric-owner --mtime="@${SOURCE_DATE_EPOCH:-0}")
    fi
    tar -c ${same[@]+"${same[@]}"} "$name" | gzip -9 -n > "$directory/$name.tar.gz"
    echo "$directory/$name.tar.gz"
    ;;
esac
