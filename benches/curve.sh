#!/usr/bin/env bash
# How the generator's cost grows with seconds and with workers: processor time of a cycle has to stay what it is, and memory must
# not follow the time.
#
#     benches/curve.sh        needs a release build (`cargo build --release`, or PROOFMARK=path)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
proofmark=${PROOFMARK:-$here/../target/release/proofmark}
ulimit -n "$(ulimit -H -n)"
work=$(mktemp -d)
"$proofmark" serve --null --listen 127.0.0.1:0 --users 5000 --seed 1 --stop-after 30m --target-out "$work/target.toml" > "$work/log" &
server=$!
trap 'kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 100); do [ -s "$work/target.toml" ] && break; sleep 0.1; done

row() { # workers, seconds
  "$proofmark" load --target "$work/target.toml" --users "$1" --duration "$2s" --warm-up 1s --negatives 0% --races 0% --lookups 0% \
    --keep --seed 1 --generator-lag 60s > "$work/text" || [ $? = 9 ]
  awk -v workers="$1" -v seconds="$2" '
    / cycles\/s: / { cycles = $3; rate = $1 }
    /^generator / { for (i = 1; i <= NF; i++) { if ($(i + 1) == "us") us = $i; if ($(i + 1) == "MB") mb = $i } }
    END { printf "| %d | %d | %d | %.0f | %s | %s |\n", workers, seconds, cycles, rate, us, mb }' "$work/text"
}
echo "| workers | s | cycles | cycles/s | generator's processor time a cycle, µs | peak memory, MB |"
echo "|---|---|---|---|---|---|"
for seconds in 3 10 30; do row 16 "$seconds"; done
for workers in 10 100 1000; do row "$workers" 8; done
