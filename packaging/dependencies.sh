#!/usr/bin/env bash
# Lists what the program for a platform is built from, as JSON: each package with its licence, folder, checksum and dependencies.
# Usage: packaging/dependencies.sh TARGET
set -euo pipefail
target="${1:?a platform, such as x86_64-unknown-linux-musl}"
cd "$(dirname "$0")/.."

scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
# `cargo tree` knows what is linked (features without those of the tests); `cargo metadata` knows the rest.
cargo tree --locked --package proofmark --edges normal --target "$target" --prefix none --no-dedupe --format '{p}' > "$scratch/tree"
cargo metadata --locked --format-version 1 --filter-platform "$target" > "$scratch/metadata"

jq --rawfile tree "$scratch/tree" --rawfile lock Cargo.lock '
  ($tree | split("\n") | map(select(. != "") | split(" ") | "\(.[0]) \(.[1] | ltrimstr("v"))") | unique
    | map({ key: ., value: true }) | from_entries) as $linked
  | ([$lock | scan("name = \"([^\"]+)\"\r?\nversion = \"([^\"]+)\"\r?\nsource = \"[^\"]+\"\r?\nchecksum = \"([0-9a-f]{64})\"")]
    | map({ key: "\(.[0]) \(.[1])", value: .[2] }) | from_entries) as $checksums
  | ([.packages[] | { key: .id, value: "\(.name) \(.version)" } | select($linked[.value])] | from_entries) as $names
  | (.resolve.nodes | map({ key: .id, value: [.deps[] | select(any(.dep_kinds[]; .kind == null)) | $names[.pkg] | values] })
    | from_entries) as $edges
  | [.packages[] | select($names[.id]) | {
      key: $names[.id], name, version, license, source,
      folder: (.manifest_path | sub("[/\\\\]Cargo\\.toml$"; "")),
      checksum: $checksums[$names[.id]],
      dependencies: ($edges[.id] | unique)
    }] | sort_by(.key)
' "$scratch/metadata"
