#!/usr/bin/env bash
# Prefect's and Dagster's cost of a step, for measuring beside it.
#   bench/pipeline_peers.sh FOLDER STEPS   prints lines of a name, a tab, and what was measured
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
VENV=${PEERS_VENV:-$ROOT/target/peers-venv}
if ! [ -x "$VENV/bin/dagster" ] || ! [ -x "$VENV/bin/prefect" ]; then
  python3 -m venv "$VENV"
  "$VENV/bin/python" -m pip install -q --disable-pip-version-check prefect==3.6.29 fastapi==0.119.1 dagster >&2
fi
mkdir -p "$1/prefect" "$1/dagster"
export DO_NOT_TRACK=1 PREFECT_HOME=$1/prefect DAGSTER_HOME=$1/dagster PREFECT_LOGGING_LEVEL=ERROR \
  PREFECT_SERVER_ANALYTICS_ENABLED=false no_proxy=127.0.0.1,localhost NO_PROXY=127.0.0.1,localhost
printf 'telemetry:\n  enabled: false\n' > "$1/dagster/dagster.yaml"
cd "$1"
exec "$VENV/bin/python" "$ROOT/bench/pipeline_peers.py" "$2"
