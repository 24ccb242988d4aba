#!/usr/bin/env bash
# The real MLflow server, for measuring beside it. FOLDER holds its SQLite store and its artifacts.
#
#   bench/mlflow.sh install                      the newest 3.x into target/bench-venv, or nothing if it is there
#   bench/mlflow.sh load FOLDER RUNS POINTS      makes the store and inserts runs with 20 metrics and 20 params each, and
#                                                one metric of POINTS points: what REST calls would leave, in seconds
#                                                instead of hours; prints the experiment and the run
#   bench/mlflow.sh start FOLDER PORT [WORKERS]  runs the server; without WORKERS with its default number
#   bench/mlflow.sh about FOLDER                 prints its version, journal mode and synchronous pragma
#   bench/mlflow.sh client URL SECONDS           logs metrics with the Python client, prints how many a second
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
VENV=${MLFLOW_VENV:-$ROOT/target/bench-venv}
export MLFLOW_DISABLE_TELEMETRY=true DO_NOT_TRACK=true GIT_PYTHON_REFRESH=quiet no_proxy=127.0.0.1 NO_PROXY=127.0.0.1

command=${1:-}
folder=${2:-}
case $command in
  install)
    [ -x "$VENV/bin/mlflow" ] && exit
    python3 -m venv "$VENV"
    "$VENV/bin/python" -m pip install -q --disable-pip-version-check 'mlflow>=3,<4'
    ;;
  load)
    mkdir -p "$folder"
    "$VENV/bin/python" "$ROOT/bench/load_mlflow.py" "$folder/mlflow.db" "$3" "$4"
    ;;
  start)
    mkdir -p "$folder"
    cd "$folder"
    exec "$VENV/bin/mlflow" server --host 127.0.0.1 --port "$3" --backend-store-uri "sqlite:///$folder/mlflow.db" \
      --artifacts-destination "$folder/artifacts" ${4:+--workers "$4"} > "$folder/log" 2>&1
    ;;
  about)
    "$VENV/bin/python" - "$folder/mlflow.db" 2> /dev/null <<'END'
import sys
import mlflow
from mlflow.store.db.utils import create_sqlalchemy_engine_with_retry

with create_sqlalchemy_engine_with_retry("sqlite:///" + sys.argv[1]).connect() as connection:
    ask = lambda pragma: connection.exec_driver_sql("pragma " + pragma).scalar()
    print(f"MLflow {mlflow.__version__}: journal_mode={ask('journal_mode')}, synchronous={['OFF', 'NORMAL', 'FULL', 'EXTRA'][ask('synchronous')]}")
END
    ;;
  client)
    "$VENV/bin/python" - "$2" "$3" 2> /dev/null <<'END'
import sys
import time
import mlflow

client = mlflow.MlflowClient(sys.argv[1])
run = client.create_run(client.create_experiment(f"client {time.time()}")).info.run_id
client.log_metric(run, "m", 0, step=0)
count, begin, end = 0, time.monotonic(), time.monotonic() + float(sys.argv[2])
while time.monotonic() < end:
    count += 1
    client.log_metric(run, "m", count, step=count)
print(f"{count / (time.monotonic() - begin):.1f}")
END
    ;;
  *)
    sed -n '2,11p' "$0" >&2
    exit 2
    ;;
esac
