#!/usr/bin/env bash
# Makes the captures beside this folder: one folder per Go version. usage: capture.sh go1.22.12 …
# Needs a Go command of 1.21 or later; the others come through GOTOOLCHAIN.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
for version in "$@"; do
  work=$(mktemp -d)
  minor=$(echo "$version" | sed -E 's/^go(1\.[0-9]+).*/\1/')
  cp "$here/main.go.txt" "$work/main.go"
  printf 'module example.com/capture\n\ngo %s\n' "$minor" > "$work/go.mod"
  (cd "$work" && GOTOOLCHAIN=$version GOFLAGS=-buildvcs=false ${CAPTURE_ENV:+env $CAPTURE_ENV} go build -trimpath -o target .)
  out="$here/../go-${version#go}${CAPTURE_SUFFIX:-}"
  mkdir -p "$out"
  GOTRACEBACK=all "$work/target" > "$work/out" 2> "$work/err" &
  pid=$!
  for _ in $(seq 50); do [ -s "$work/out" ] && break; sleep 0.1; done
  url=$(head -1 "$work/out")
  n=3
  for kind in send recv nilchan select empty mutex rwmutex wg cond sleep ticker generic inlined deep locked labels transport body file heap contend; do
    curl -fsS "$url/leak?kind=$kind&n=$n" > /dev/null
    n=$((n + 1))
  done
  curl -fsS "$url/gc" > /dev/null
  get() { curl -fsS -o "$out/$2" "$url/debug/pprof/$1"; }
  get 'goroutine?debug=2' goroutine.d2.txt
  get goroutine goroutine.pb.gz
  get 'goroutine?debug=1' goroutine.d1.txt
  get heap heap.pb.gz
  get 'heap?debug=1' heap.d1.txt
  get allocs allocs.pb.gz
  get block block.pb.gz
  get mutex mutex.pb.gz
  get threadcreate threadcreate.pb.gz
  get 'threadcreate?debug=1' threadcreate.d1.txt
  get 'profile?seconds=1' cpu.pb.gz
  get 'goroutine?seconds=1' goroutine-delta.pb.gz
  curl -fsS -o "$out/goroutineleak.pb.gz" "$url/debug/pprof/goroutineleak" 2> /dev/null || true
  if [ -s "$out/goroutineleak.pb.gz" ]; then get 'goroutine?debug=2' goroutine-after-leak.d2.txt; fi
  curl -s "$url/panic" > /dev/null || true
  wait "$pid" || true
  cp "$work/err" "$out/panic.log.txt"
  gzip -9nf "$out"/*.d2.txt "$out/panic.log.txt"
  rm -rf "$work"
  echo "$version -> $out"
done
