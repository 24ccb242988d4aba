#!/usr/bin/env bash
# What MLflow kept is kept here after `millrace import mlflow`: a store that its own client wrote, imported twice, compared
# through the client. Uses the client that conformance/mlflow.sh installs.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
PYTHON=$ROOT/target/conformance-venv-3/bin/python
fail() { printf 'mlflow_import: %s\n' "$*" >&2; exit 1; }
[ -x "$PYTHON" ] || { printf 'mlflow_import: not run: no client of MLflow; conformance/mlflow.sh installs it where there is pip\n'; exit 0; }

. "$ROOT/conformance/lib/server.sh"

mkdir "$work/store"
"$PYTHON" "$ROOT/conformance/mlflow_import.py" make "$work/store" > "$work/made" 2>&1 || { cat "$work/made" >&2; fail "MLflow's client could not write a store"; }
start_server

for _ in 1 2; do
  MILLRACE_URL=$url "$ROOT/millrace" import mlflow "$work/store/mlflow.db" --artifacts "$work/store/artifacts" > "$work/import" 2>&1 \
    || { cat "$work/import" >&2; fail "the import failed"; }
done
"$PYTHON" "$ROOT/conformance/mlflow_import.py" check "$work/store" "$url"
