#!/bin/sh
# Plays the suite against a server, and ends with the exit code of the gate: 0 for nothing new, 1 for a new failure, 7 for a known
# deviation that is stale, has changed or has expired.
#   PROOFMARK_TARGET     the target file
#   PROOFMARK_KNOWN      the known-deviations file; empty if nothing is known
#   PROOFMARK_REPORTS    the directory for the reports
#   PROOFMARK_ARGUMENTS  what else `proofmark run` gets, divided by spaces
# The seed is that of PROOFMARK_SEED, which `proofmark run` reads itself.
set -eu
: "${PROOFMARK_TARGET:?the target file}" "${PROOFMARK_REPORTS:=proofmark-reports}"

mkdir -p "$PROOFMARK_REPORTS"
set -f
# shellcheck disable=SC2086  # The arguments are meant to be divided, and no pattern is expanded here.
set -- ${PROOFMARK_ARGUMENTS:-}
set +f
if [ -n "${PROOFMARK_KNOWN:-}" ]; then set -- --known "$PROOFMARK_KNOWN" "$@"; fi

code=0
proofmark run --target "$PROOFMARK_TARGET" --quiet \
  --report "ndjson=$PROOFMARK_REPORTS/events.ndjson" --report "junit=$PROOFMARK_REPORTS/junit.xml" \
  --report "sarif=$PROOFMARK_REPORTS/proofmark.sarif" --report "markdown=$PROOFMARK_REPORTS/summary.md" \
  --report "codequality=$PROOFMARK_REPORTS/codequality.json" --report "html=$PROOFMARK_REPORTS/report.html" "$@" || code=$?

if [ -n "${GITHUB_STEP_SUMMARY:-}" ] && [ -s "$PROOFMARK_REPORTS/summary.md" ]; then
  cat "$PROOFMARK_REPORTS/summary.md" >> "$GITHUB_STEP_SUMMARY"
fi
if [ -n "${GITHUB_OUTPUT:-}" ]; then
  printf 'exit-code=%s\nreports=%s\n' "$code" "$PROOFMARK_REPORTS" >> "$GITHUB_OUTPUT"
fi
exit "$code"
