#!/usr/bin/env bash
# What MLflow kept is kept here after `millrace import mlflow`: a store that its own client wrote, imported twice, compared
# through the client. Uses the client that conformance/mlflow.sh installs.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
PYTHON=$ROOT/target/conformance-venv-3/bin/python
fail() { printf 'mlflow_import: %s\n' "$*" >&2; exit 1; }
[ -x "$PYTHON" ] || { printf 'mlflow_import: not run: no client of MLflow; conformance/mlflow.sh installs it where there is pip\n'; exit 0; }

. "$ROOT/conformance/lib/server.sh"
. "$ROOT/conformance/lib/postgres.sh"

# import_of FOLDER STORE DATABASE: what MLflow's client writes to the store is here after importing the database twice.
import_of() {
  mkdir "$work/$1"
  "$PYTHON" "$ROOT/conformance/mlflow_import.py" make "$work/$1" "$2" > "$work/made" 2>&1 \
    || { cat "$work/made" >&2; fail "MLflow's client could not write a store"; }
  start_server
  for _ in 1 2; do
    MILLRACE_URL=$url "$ROOT/millrace" import mlflow "$3" --artifacts "$work/$1/artifacts" > "$work/import" 2>&1 \
      || { cat "$work/import" >&2; fail "the import failed"; }
  done
  "$PYTHON" "$ROOT/conformance/mlflow_import.py" check "$work/$1" "$2" "$url"
  stop_server
}

import_of sqlite "sqlite:///$work/sqlite/mlflow.db" "$work/sqlite/mlflow.db"

start_postgres || { printf 'mlflow_import: PostgreSQL not run: it is not installed; get it: apt-get install postgresql\n'; exit 0; }
import_of postgres "$postgres_uri" "$postgres_uri"
