#!/usr/bin/env bash
# What MLflow kept is kept here after `millrace import mlflow`: a store that its own client wrote, imported twice, compared
# through the client. Uses the client that conformance/mlflow.sh installs.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
PYTHON=$ROOT/target/conformance-venv-3/bin/python
fail() { printf 'mlflow_import: %s\n' "$*" >&2; exit 1; }
[ -x "$PYTHON" ] || { printf 'mlflow_import: not run: no client of MLflow; conformance/mlflow.sh installs it where there is pip\n'; exit 0; }

work=$(mktemp -d)
server=
stop() {
  [ -z "$server" ] || { kill -TERM "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }
  rm -rf "$work"
}
trap stop EXIT

mkdir "$work/store"
"$PYTHON" "$ROOT/conformance/mlflow_import.py" make "$work/store" > "$work/made" 2>&1 || { cat "$work/made" >&2; fail "MLflow's client could not write a store"; }
"$ROOT/millrace" up --port 0 --json --data "$work/data" > "$work/out" 2> "$work/err" &
server=$!
url=
for _ in $(seq 1 300); do
  url=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' "$work/out")
  [ -z "$url" ] && kill -0 "$server" 2>/dev/null && sleep 0.1 || break
done
[ -n "$url" ] || { cat "$work/out" "$work/err" >&2; fail "the server did not say where it listens"; }

for _ in 1 2; do
  MILLRACE_URL=$url "$ROOT/millrace" import mlflow "$work/store/mlflow.db" --artifacts "$work/store/artifacts" > "$work/import" 2>&1 \
    || { cat "$work/import" >&2; fail "the import failed"; }
done
"$PYTHON" "$ROOT/conformance/mlflow_import.py" check "$work/store" "$url"
