#!/usr/bin/env bash
# What others cost, beside proofmark and in one run: processor time of a start/verify cycle over REST against one null server,
# and of an attestation alone.
#
#     benches/peers.sh [ROUNDS] [SECONDS]
#
# Peers are installed by pinned versions into a directory that is removed at the end; one that can't be had is left out, and it
# says why. Needs a release build (`cargo build --release`, or PROOFMARK=path). k6 is left out for its licence (AGPL-3.0);
# what its passkey extension attests with, virtualwebauthn, is here.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
rounds=${1:-3} seconds=${2:-3} attestations=2000
proofmark=${PROOFMARK:-$here/../target/release/proofmark}
[ -x "$proofmark" ] || { echo "there is no $proofmark: run cargo build --release first" >&2; exit 1; }
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; chmod -R u+w "$work"; rm -rf "$work"' EXIT
cp "$here"/peers/* "$work"
cd "$work"

skip() { echo "left out  $1: $(tail -n 1 "$work/why" | cut -c 1-160)"; }
peers=()
install() {
  local name=$1; shift
  if "$@" >"$work/why" 2>&1; then peers+=("$name"); else skip "$name"; fi
}
with_go() {
  command -v go || { echo "no go on this machine"; return 1; }
  printf 'module peer\ngo 1.23\nrequire github.com/descope/virtualwebauthn v1.0.3\n' > go.mod
  GOPATH=$work/go GOFLAGS=-mod=mod go build -o peer main.go
}
with_node() {
  command -v npm || { echo "no npm on this machine"; return 1; }
  npm install --no-audit --no-fund --prefix . nid-webauthn-emulator@0.2.11
}
with_python() {
  command -v python3 || { echo "no python3 on this machine"; return 1; }
  python3 -m venv venv && venv/bin/pip install --quiet locust==2.47.0 soft-webauthn==0.1.4 fido2==1.2.0
}
install go with_go
install node with_node
install python with_python

"$proofmark" serve --null --listen 127.0.0.1:0 --users 64 --seed 1 --stop-after 30m --target-out target.toml > server.log &
server=$!
for _ in $(seq 100); do [ -s target.toml ] && break; sleep 0.1; done
base=$(sed -n 's/^base-url = "\(.*\)"/\1/p' target.toml)

cpu() { # of a command and its children, in microseconds
  TIMEFORMAT='%3U %3S'; { time "$@" < options.json >/dev/null 2>why; } 2>&1 | awk '{ printf "%d\n", ($1 + $2) * 1e6 }'
}
cycle() {
  case $1 in
    go) ./peer cycle "$base" target.subjects.json "$seconds" ;;
    node) node peer.mjs cycle "$base" target.subjects.json "$seconds" ;;
    python) SUBJECTS=target.subjects.json venv/bin/locust -f peer.py --headless -u 16 -r 100 -t "$((seconds + 2))s" \
      --host "$base" --loglevel ERROR 2>/dev/null | grep -E '^[0-9]+ [0-9]+$' ;;
    proofmark)
      "$proofmark" load --target target.toml --users 16 --warm-up 500ms --duration "${seconds}s" --negatives 0% --races 0% \
        --lookups 0% --keep --seed 1 > load.txt || [ $? = 9 ]
      # Its own count of processor time, which the cargo bench holds to the kernel's.
      sed -n 's/^generator .* \([0-9.]*\) us a cycle.*/1 \1/p' load.txt ;;
  esac
}
attest() {
  case $1 in
    go) ./peer attest options.json "$attestations" ;;
    node) node peer.mjs attest options.json "$attestations" ;;
    python) venv/bin/python peer.py attest options.json "$attestations" ;;
    proofmark) # the start of the process taken off
      local many=200000 all start
      all=$(cpu "$proofmark" attest --origin https://localhost --format packed-self --key-chain --count "$many" --seed 1)
      start=$(cpu "$proofmark" attest --origin https://localhost --format packed-self --key-chain --count 1 --seed 1)
      echo "$many $((all - start))" ;;
  esac
}
each() { awk '{ printf "%.2f\n", $2 / $1 }'; }
for round in $(seq "$rounds"); do
  order=(proofmark "${peers[@]}")
  # Every other round goes backwards, so that what drifts weighs on all.
  [ $((round % 2)) = 1 ] || order=($(printf '%s\n' "${order[@]}" | tac))
  for name in "${order[@]}"; do
    cycle "$name" | each >> "cycle.$name"
    attest "$name" | each >> "attest.$name"
  done
done

median() { sort -g "$1" | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }
titles() {
  case $1 in
    proofmark) echo "proofmark (every answer judged, packed self from the key chain)" ;;
    go) echo "Go net/http and virtualwebauthn 1.0.3 (packed self)" ;;
    node) echo "Node fetch and nid-webauthn-emulator 0.2.11 (none)" ;;
    python) echo "locust 2.47 and soft-webauthn 0.1.4 (none)" ;;
  esac
}
for what in cycle attest; do
  echo
  [ $what = cycle ] && echo "a start/verify cycle over REST, 16 connections, us of the generator's processor time" ||
    echo "an attestation alone, options' text to credential's text, us"
  own=$(median "$what.proofmark")
  for name in proofmark "${peers[@]}"; do
    value=$(median "$what.$name")
    awk -v v="$value" -v o="$own" -v t="$(titles "$name")" 'BEGIN { printf "%-66s %9.1f   %6.1f x\n", t, v, v / o }'
  done
done
