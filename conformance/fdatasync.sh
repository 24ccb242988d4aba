#!/usr/bin/env bash
# Every acknowledged write is on disk: counts the fsync and fdatasync calls the server makes behind writes that it
# answered one after another. kill -9 cannot show this, since what the kernel holds survives it; strace can.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
WRITES=20

fail() { printf 'fdatasync: %s\n' "$*" >&2; exit 1; }

command -v strace >/dev/null || fail "strace is missing; get it: apt-get install strace"
command -v curl >/dev/null || fail "curl is missing; get it: apt-get install curl"

work=$(mktemp -d)
tracer=
# strace holds back the signals it is sent while it traces, so the server itself is told to stop, and strace ends with it.
stop() {
  local server
  server=$(sed -n 's/.*"pid":\([0-9]*\).*/\1/p' "$work/data/server.json" 2>/dev/null || true)
  [ -z "$server" ] || kill -TERM "$server" 2>/dev/null || true
  [ -z "$tracer" ] || wait "$tracer" 2>/dev/null || true
  rm -rf "$work"
}
trap stop EXIT

# The server, its system calls that make data durable written to a file, one line each, with the file they are for.
strace -f -qq -y -e trace=fsync,fdatasync -e signal=none -o "$work/syscalls" \
  "$ROOT/millrace" up --port 0 --data "$work/data" > "$work/out" 2> "$work/err" &
tracer=$!

url=
for _ in $(seq 1 300); do
  url=$(grep -oE 'http://[^ /]+' "$work/out" | head -1 || true)
  [ -z "$url" ] && sleep 0.1 || break
done
[ -n "$url" ] || { cat "$work/out" "$work/err" >&2; fail "the server did not say where it listens"; }

syncs() { grep -cE "$1" "$work/syscalls" || true; }

# Blobs: each has its file and its folder made durable.
before=$(syncs 'f(data)?sync\(.*/(incoming|blobs)/')
for i in $(seq 1 "$WRITES"); do
  printf 'acknowledged %s' "$i" > "$work/blob"
  digest=$(sha256sum "$work/blob" | cut -d' ' -f1)
  status=$(curl -s -o /dev/null -w '%{http_code}' -X PUT --data-binary "@$work/blob" "$url/api/v1/blobs/$digest")
  [ "$status" = 201 ] || fail "PUT of a blob answered $status"
done
after=$(syncs 'f(data)?sync\(.*/(incoming|blobs)/')
printf 'fdatasync: %d blobs acknowledged, %d syncs of files and folders\n' "$WRITES" "$((after - before))"
[ $((after - before)) -ge $((2 * WRITES)) ] || fail "fewer than two syncs for each blob"

# Rows: each write that is answered alone has a commit of its own, and each commit syncs the database's log.
before=$(syncs 'f(data)?sync\(.*-wal')
for i in $(seq 1 "$WRITES"); do
  status=$(curl -s -o "$work/answer" -w '%{http_code}' -X POST -H 'Content-Type: application/json' \
    --data "{\"project\":\"durable-$i\",\"texts\":{\"millrace.yaml\":\"name: durable-$i\"},\"sources\":{}}" "$url/api/v1/projects/apply")
  [ "$status" = 200 ] || { cat "$work/answer" >&2; fail "applying a project answered $status"; }
done
after=$(syncs 'f(data)?sync\(.*-wal')
printf 'fdatasync: %d writes acknowledged, %d syncs of the write-ahead log\n' "$WRITES" "$((after - before))"
[ $((after - before)) -ge "$WRITES" ] || fail "a write was acknowledged before the log was synced"
