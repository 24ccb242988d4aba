#!/usr/bin/env bash
# One world with MLflow: trains the diamonds example, loads it by its registered name with mlflow.onnx and mlflow.pyfunc,
# logs and registers the same model with MLflow's client, and serves that; all against its golden rows. Not run where there is no Python 3.10 or newer, or no pip.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
VENV=$ROOT/target/conformance-venv
PACKAGES=(mlflow-skinny==3.17.2 onnx==1.23.2 onnxruntime==1.32.0 pandas==3.1.1 numpy==2.4.6)

fail() { printf 'mlflow_load: %s\n' "$*" >&2; exit 1; }
skip() { printf 'mlflow_load: not run: %s\n' "$*"; exit 0; }

if [ ! -x "$VENV/bin/python" ]; then
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || skip "no Python 3.10 or newer (python3) on the PATH"
  python3 -m venv "$VENV" > /dev/null 2>&1 || { rm -rf "$VENV"; skip "python3 -m venv does not work here; get it: apt-get install python3-venv"; }
fi
"$VENV/bin/python" -m pip install -q --disable-pip-version-check "${PACKAGES[@]}" > "$VENV/pip.log" 2>&1 \
  || skip "pip cannot install ${PACKAGES[*]}; what it said is in $VENV/pip.log"

. "$ROOT/conformance/lib/server.sh"

start_server

export MILLRACE_URL=$url
"$ROOT/millrace" apply "$ROOT/examples/diamonds" > /dev/null
"$ROOT/millrace" run diamond-price --follow > "$work/run" 2>&1 || { cat "$work/run" >&2; fail "the diamonds example does not train"; }
MLFLOW_DISABLE_TELEMETRY=true "$VENV/bin/python" "$ROOT/conformance/mlflow_load.py" "$url" diamond-price "$ROOT/millrace"
