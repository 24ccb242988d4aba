#!/usr/bin/env bash
# OpenLineage's official Java client against Millrace, and Millrace's own events against that client's classes.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
HERE=$ROOT/conformance/openlineage
LOG=$ROOT/target/conformance-openlineage.log

. "$ROOT/src/main/shell/tools.sh"
jdk=$(find_jdk 2> /dev/null || true)
mvn=$(find_maven 2> /dev/null || true)
[ -n "$jdk" ] && [ -n "$mvn" ] || { printf 'openlineage: not run: no JDK 25 or no Maven\n'; exit 0; }

. "$ROOT/conformance/lib/server.sh"

(cd "$HERE/java" && JAVA_HOME=$jdk "$mvn" -q -B dependency:build-classpath "-Dmdep.outputFile=$work/classpath") > "$LOG" 2>&1 \
  || { printf 'openlineage: not run: %s\n' "$(tail -n 1 "$LOG")"; exit 0; }
start_server
# Another server tells of its runs: into a file, which the client's classes are to read.
mkdir -p "$work/project/pipelines" "$work/project/datasets" "$work/project/queries"
printf 'name: told\n' > "$work/project/millrace.yaml"
printf 'source: people.csv\n' > "$work/project/datasets/people.yaml"
printf 'id,age\n1,3\n2,4\n' > "$work/project/people.csv"
printf 'select id, age from people' > "$work/project/queries/people.sql"
printf 'name: told\nsteps:\n  rows: { uses: data/query, with: { sql: queries/people.sql, datasets: [people] } }\n  split: { uses: data/split, with: { data: "${{ steps.rows.outputs.data }}", by: hash, test: 0.5 } }\n  late: { run: exit 3, needs: rows }\n' > "$work/project/pipelines/told.yaml"
"$ROOT/millrace" up --port 0 --data "$work/teller" --openlineage-file "$work/events.jsonl" > "$work/out2" 2> "$work/err2" &
teller=$!
told=$(address "$work/out2" "$teller")
MILLRACE_URL=$told "$ROOT/millrace" apply "$work/project" >> "$LOG" 2>&1
MILLRACE_URL=$told "$ROOT/millrace" run told --follow >> "$LOG" 2>&1 || true # A step of it fails, as it is to.
for _ in $(seq 1 100); do
  grep -q '"name":"told","facets' "$work/events.jsonl" 2> /dev/null && grep -q 'FAIL.*"name":"told","facets' "$work/events.jsonl" && break
  sleep 0.1
done
kill -TERM "$teller"; wait "$teller" 2> /dev/null || true
status=0
"$jdk/bin/java" -cp "$(cat "$work/classpath")" "$HERE/OpenLineageClientCheck.java" "$url" "$work/events.jsonl" > "$LOG" 2>&1 || status=$?
grep -E '^FAILED ' "$LOG" || true
printf 'openlineage                  %s\n' "$(grep -E '^[0-9]+ passed' "$LOG" || tail -n 5 "$LOG")"
exit "$status"
