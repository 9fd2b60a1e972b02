#!/usr/bin/env bash
# Makes the load reports of this directory: 60 s over each protocol against the reference server, and an open model above
# what a server can take, beside the closed model that does not show it.
#
#     reports/make-load.sh [SECONDS [rest grpc grpc-web open]]     needs a release build (`cargo build --release`, or PROOFMARK=path)
set -euo pipefail
seconds=${1:-60}
wanted=("${@:2}")
[ ${#wanted[@]} -gt 0 ] || wanted=(rest grpc grpc-web open)
cd "$(dirname "$0")"
proofmark=${PROOFMARK:-../target/release/proofmark}
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT

# On a processor of its own, where there are two and Linux's taskset.
pin() {
  local processor=$1; shift
  if command -v taskset >/dev/null && [ "$(nproc)" -gt 1 ]; then exec taskset -c "$processor" "$@"; else exec "$@"; fi
}
serve() { # options
  [ -z "$server" ] || kill "$server"
  rm -f "$work/target.toml"
  (pin 0 "$proofmark" serve --listen 127.0.0.1:0 --users 2000 --seed 1 --stop-after 30m --target-out "$work/target.toml" "$@") > "$work/log" &
  server=$!
  for _ in $(seq 100); do [ -s "$work/target.toml" ] && return; sleep 0.1; done
}
load() { # name, options
  local name=$1 code=0; shift
  echo "== load-$name"
  (pin 1 "$proofmark" load --target "$work/target.toml" --seed 1 --warm-up 2s --report "html=load-$name.html" "$@") > "$work/$name.txt" || code=$?
  cat "$work/$name.txt"
  echo "exit $code"
}
for name in "${wanted[@]}"; do
  if [ "$name" != open ]; then
    serve
    load "$name" --transport "$name" --users 4 --duration "${seconds}s" --threshold 'verify.p99<50ms'
    continue
  fi
  # A server that is half as fast. What the closed model says it can take, and two fifths more at fixed times: what waits at the end is
  # served within the timeout.
  serve --slower 100%
  load closed --users 4 --duration "$((seconds / 3))s" --threshold 'cycle.p99<250ms'
  rate=$(awk '/cycles\/s:/ { printf "%d", $1 * 1.4 }' "$work/closed.txt")
  load open --rate "$rate/s" --users 200 --duration "$((seconds / 3))s" --threshold 'cycle.p99<250ms'
done
