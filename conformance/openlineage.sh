#!/usr/bin/env bash
# OpenLineage's official Java client against Millrace.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
HERE=$ROOT/conformance/openlineage
LOG=$ROOT/target/conformance-openlineage.log

. "$ROOT/src/main/shell/tools.sh"
jdk=$(find_jdk 2> /dev/null || true)
mvn=$(find_maven 2> /dev/null || true)
[ -n "$jdk" ] && [ -n "$mvn" ] || { printf 'openlineage: not run: no JDK 25 or no Maven\n'; exit 0; }

work=$(mktemp -d)
server=
stop() {
  [ -z "$server" ] || { kill -TERM "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }
  rm -rf "$work"
}
trap stop EXIT

(cd "$HERE/java" && JAVA_HOME=$jdk "$mvn" -q -B dependency:build-classpath "-Dmdep.outputFile=$work/classpath") > "$LOG" 2>&1 \
  || { printf 'openlineage: not run: %s\n' "$(tail -n 1 "$LOG")"; exit 0; }
"$ROOT/millrace" up --port 0 --data "$work/data" > "$work/out" 2> "$work/err" &
server=$!
url=
for _ in $(seq 1 600); do
  url=$(grep -oE 'http://[^ /]+' "$work/out" | head -1 || true)
  [ -z "$url" ] && kill -0 "$server" 2>/dev/null && sleep 0.1 || break
done
[ -n "$url" ] || { cat "$work/out" "$work/err" >&2; echo "openlineage: the server did not say where it listens" >&2; exit 1; }
status=0
"$jdk/bin/java" -cp "$(cat "$work/classpath")" "$HERE/OpenLineageClientCheck.java" "$url" > "$LOG" 2>&1 || status=$?
grep -E '^FAILED ' "$LOG" || true
printf 'openlineage                  %s\n' "$(grep -E '^[0-9]+ passed' "$LOG" || tail -n 5 "$LOG")"
exit "$status"
