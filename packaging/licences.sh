#!/usr/bin/env bash
# Prints the licences of what the program for a platform is built from: a list of packages, then each text once.
# Usage: packaging/licences.sh TARGET
set -euo pipefail
target="${1:?a platform, such as x86_64-unknown-linux-musl}"

scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/texts"
# proofmark's own licences are files beside this one.
"$(dirname "$0")/dependencies.sh" "$target" |
  jq -r '.[] | select(.source) | [.name, .version, .license // "not said", .folder] | join("\u001f")' | tr -d '\r' > "$scratch/packages"

echo "proofmark is linked with the packages below. Each is under the licence named beside it; the texts follow."
echo
while IFS=$'\x1f' read -r name version licence folder; do
  printf '%-32s %-16s %s\n' "$name" "$version" "$licence"
  found=no
  while IFS= read -r file; do
    sum="$(cksum < "$file" | tr ' ' '-')"
    cp "$file" "$scratch/texts/$sum"
    echo "$name $version" >> "$scratch/texts/$sum.of"
    found=yes
  done < <(find "$folder" -maxdepth 1 -type f \( -iname 'licen[sc]e*' -o -iname 'copying*' -o -iname 'notice*' -o -iname 'unlicense*' \) | sort)
  [ "$found" = yes ] || echo "$name $version ($licence)" >> "$scratch/without"
done < "$scratch/packages"

if [ -s "$scratch/without" ]; then
  printf '\nThese packages are published without a text of their licence:\n\n'
  sed 's/^/  /' "$scratch/without"
fi
for users in "$scratch"/texts/*.of; do
  printf '\n%s\n' "================================================================================"
  paste -s -d ';' "$users" | sed 's/;/, /g' | fold -s -w 80
  printf '%s\n\n' "--------------------------------------------------------------------------------"
  cat "${users%.of}"
done
