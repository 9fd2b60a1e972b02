#!/usr/bin/env bash
# Tries a program before it is given away: it has the version of the tag, it is static if it is for musl, its reference server
# conforms, and a defect of that server is found.
# Usage: packaging/try.sh PROGRAM [TAG]
set -euo pipefail
program="${1:?Usage: packaging/try.sh PROGRAM [TAG]}"
tag="${2:-}"

version="$("$program" version --format json | jq -r .version | tr -d '\r')"
case "$tag" in
  v[0-9]*)
    if [ "$tag" != "v$version" ]; then
      echo "the tag is $tag, and the program has the version $version" >&2
      exit 1
    fi
    ;;
esac

target="$("$program" version --format json | jq -r .target | tr -d '\r')"
case "$target" in
  *-musl)
    if LC_ALL=C readelf --program-headers --wide "$program" | grep -q 'INTERP'; then
      echo "the program asks for a loader, so it is not static" >&2
      exit 1
    fi
    ;;
esac

# A pattern that nothing expands but proofmark.
"$program" run --quiet --seed 1 'enrolment/*'
code=0
"$program" run --quiet --seed 1 --defect limit-token-name-201 'limits/name-201-*' > /dev/null || code=$?
if [ "$code" != 1 ]; then
  echo "the exit code for a server with a defect is $code" >&2
  exit 1
fi
echo "proofmark $version for $target was tried"
