#!/usr/bin/env bash
# Models of MLflow's python_function flavor: logged and registered with MLflow's client, deployed, asked over REST and gRPC with the
# official Triton client, their processes killed under traffic, and gone with a server that is killed; scoring datasets, imported,
# evaluated and gated with the command line.
# Not run where there is no Python 3.10 to 3.13 with pip.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
HERE=$ROOT/conformance/pyfunc
TARGET=$ROOT/target

not_run() { printf 'not run: %s\n' "$*"; exit 0; }

. "$ROOT/conformance/lib/python.sh"
python_environment 3 "$ROOT/conformance/mlflow/requirements-3.txt" || not_run "$python_missing"
python_environment serving "$ROOT/conformance/serving/requirements.txt" || not_run "$python_missing"

. "$ROOT/conformance/lib/server.sh"

export MILLRACE_PYTHON=$TARGET/conformance-venv-3/bin/python
start_server
export NO_PROXY="127.0.0.1,localhost" no_proxy="127.0.0.1,localhost" MILLRACE_URL=$url

"$TARGET/conformance-venv-3/bin/python" "$HERE/log_models.py" "$url" "$work/cases.json" "$work" > "$work/log" 2>&1 || { cat "$work/log"; exit 1; }
for name in tickets urgency readings; do
  "$ROOT/millrace" deploy "$name" --model "$name/1" > "$work/deploy-$name" 2>&1 || { cat "$work/deploy-$name"; exit 1; }
done
if ! grep -q 'warning: requirement: no-such-package-of-ours==1.0 is asked for, and is not installed' "$work/deploy-tickets" \
  || ! grep -q 'warning: requirement: scikit-learn<1 is asked for, and scikit-learn [0-9.]* is installed' "$work/deploy-tickets"; then
  cat "$work/deploy-tickets"
  failed="$failed requirements"
fi

pid=$(sed -n 's/.*"pid": *\([0-9]*\).*/\1/p' "$work/data/server.json")
play pyfunc "$TARGET/conformance-venv-serving/bin/python" "$HERE/ask.py" "$url" "$work/cases.json" "$pid"

play pyfunc-tables "$TARGET/conformance-venv-3/bin/python" "$HERE/tables.py" "$url" "$work/cases.json" "$ROOT/millrace" "$work"

# Their processes notice that the server is gone.
kill -KILL "$pid"
wait "$server" 2> /dev/null || true
server=
left=
for _ in $(seq 1 100); do
  left=$(pgrep -f "$work/data/work/python/" || true)
  [ -n "$left" ] || break
  sleep 0.1
done
[ -z "$left" ] || { printf 'processes left: %s\n' "$left"; failed="$failed orphans"; }

[ -z "$failed" ] || { printf 'failed:%s\n' "$failed"; exit 1; }
