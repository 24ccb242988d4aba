# What the scripts beside this folder share, which source it: a folder and a server that are gone when they end, and checks.
# Needs ROOT.

work=$(mktemp -d)
server=
# stop_server: ends it and forgets what it kept.
stop_server() {
  [ -z "$server" ] || { kill -TERM "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }
  server=
  rm -rf "$work/data"
}
stop() {
  stop_server
  rm -rf "$work"
}
trap stop EXIT

# address FILE PID: where the server of that process says in the file that it listens; nothing if it ended before.
address() {
  local said=
  for _ in $(seq 1 600); do
    said=$(grep -oE 'http://[^ /]+' "$1" | head -1 || true)
    [ -z "$said" ] && kill -0 "$2" 2>/dev/null && sleep 0.1 || break
  done
  printf '%s' "$said"
}

# start_server: a server on an empty folder, $work/data, whose process is $server, whose address is $url.
start_server() {
  "$ROOT/millrace" up --port 0 --data "$work/data" > "$work/out" 2> "$work/err" &
  server=$!
  url=$(address "$work/out" "$server")
  [ -n "$url" ] || { cat "$work/out" "$work/err" >&2; echo "$(basename "$0" .sh): the server did not say where it listens" >&2; exit 1; }
}

failed=
# play NAME COMMAND...: what failed is shown, and the line that says how many passed; its log is in target, its name in $failed.
play() {
  local name=$1 status=0 log=$ROOT/target/conformance-$1.log
  shift
  "$@" > "$log" 2>&1 || status=$?
  grep -E '^(FAILED|skipped) ' "$log" || true
  printf '%-28s %s\n' "$name" "$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1 || true)"
  if [ "$status" != 0 ]; then
    grep -qE '^[0-9]+ passed' "$log" || tail -n 20 "$log"
    failed="$failed $name"
  fi
}
