#!/usr/bin/env bash
# Prints what the program for a platform is made of, as CycloneDX 1.5.
# Usage: packaging/sbom.sh TARGET
set -euo pipefail
target="${1:?a platform, such as x86_64-unknown-linux-musl}"

"$(dirname "$0")/dependencies.sh" "$target" | jq --arg target "$target" '
  def purl: "pkg:cargo/\(.name)@\(.version)";
  # SPDX has no slash; Cargo took one for OR.
  def component: { type: "library", "bom-ref": purl, name, version, purl: purl }
    + (if .license then { licenses: [{ expression: (.license | gsub(" */ *"; " OR ")) }] } else {} end)
    + (if .checksum then { hashes: [{ alg: "SHA-256", content: .checksum }] } else {} end);
  (map({ key, value: purl }) | from_entries) as $refs
  | (.[] | select(.name == "proofmark")) as $program
  | {
      bomFormat: "CycloneDX", specVersion: "1.5", version: 1,
      metadata: {
        component: ($program | component + { type: "application" }),
        properties: [{ name: "cargo:target", value: $target }]
      },
      components: [.[] | select(.name != "proofmark") | component],
      dependencies: [.[] | { ref: purl, dependsOn: [.dependencies[] | $refs[.]] }]
    }
'
