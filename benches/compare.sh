#!/usr/bin/env bash
# Whether `load compare` tells builds apart: two reference servers, the second of which is the same build or a slower one. The two
# runs of a pair are made at the same time, as docs/comparing.md says, so that whatever else the machine does weighs on both.
#
#     benches/compare.sh [COMPARISONS] [PAIRS] [SECONDS] [SLOWER] [MARGIN]
#
# prints a line for each comparison, and how many of A with A raised an alarm and how many of A with B found B. SLOWER of 0% is A/A.
# Needs a release build (`cargo build --release`, or PROOFMARK=path).
set -euo pipefail
comparisons=${1:-20} pairs=${2:-8} seconds=${3:-2} slower=${4:-0%} margin=${5:-1%}
metrics=(--metric verify.p10 --metric verify.p25 --metric verify.p50)
here=$(cd "$(dirname "$0")" && pwd)
proofmark=${PROOFMARK:-$here/../target/release/proofmark}
work=$(mktemp -d)
servers=()
trap '[ ${#servers[@]} = 0 ] || kill "${servers[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"

serve() { # side, how much slower
  rm -f "$1.toml"
  "$proofmark" serve --listen 127.0.0.1:0 --users 32 --seed 1 --stop-after 5m --slower "$2" --target-out "$1.toml" > "$1.log" &
  servers+=("$!")
  for _ in $(seq 100); do [ -s "$1.toml" ] && return; sleep 0.05; done
}
measure() { # side, number of the pair
  "$proofmark" load --target "$1.toml" --rate 150/s --users 16 --warm-up 300ms --duration "${seconds}s" --negatives 0% --races 0% \
    --lookups 0% --format packed-x5c --seed "$2" --report "json=$1$2.json" > "$1.txt" 2>&1
}
pair() { # its number
  # Servers of their own for each pair: where the memory of a process lies can make it some percent slower for all of its life.
  # Which is first alternates.
  local first=0 second=0
  if [ $(($1 % 2)) = 1 ]; then sides=(a b); else sides=(b a); fi
  for side in "${sides[@]}"; do [ $side = a ] && serve a 0% || serve b "$slower"; done
  measure "${sides[0]}" "$1" & other=$!
  measure "${sides[1]}" "$1" || second=$?
  wait "$other" || first=$?
  kill "${servers[@]}" && wait "${servers[@]}" 2>/dev/null || true
  servers=()
  case $first$second in
    00) return 0 ;;
    # A pair in which a generator was the limit says nothing, and is measured again.
    09 | 90 | 99) return 9 ;;
    *) cat a.txt b.txt >&2; exit 1 ;;
  esac
}
found=0
for comparison in $(seq "$comparisons"); do
  for number in $(seq "$pairs"); do
    for try in $(seq 20); do pair "$number" && break; [ "$try" -lt 20 ] || { cat a.txt b.txt >&2; exit 9; }; done
  done
  code=0
  "$proofmark" load compare --baseline $(seq -f 'a%g.json' "$pairs") --new $(seq -f 'b%g.json' "$pairs") "${metrics[@]}" \
    --margin "$margin" --seed "$comparison" > table.txt || code=$?
  case $code in 0) ;; 8) found=$((found + 1)) ;; *) cat table.txt >&2; exit "$code" ;; esac
  echo "$comparison: exit $code; $(awk 'NR > 2 { d = substr($0, 47, 12); i = substr($0, 59, 24); gsub(/ +/, " ", i); printf "%s%s (%s) %s; ", $1, d, i, substr($0, 85) }' table.txt | tr -s ' ')"
done
echo "$found of $comparisons comparisons say that the second server is slower (it is, by $slower); margin $margin"
