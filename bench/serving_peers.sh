#!/usr/bin/env bash
# MLServer, BentoML or Triton's Python backend, with the example model diamonds_mlp answered by ONNX Runtime on one thread, for
# measuring beside them.
#   bench/serving_peers.sh FOLDER mlserver|bentoml|triton WORKERS   prints the URL that will answer /v2/models/m/infer, and is the
#                                                                   server; MLServer's 0 is no worker beside the server
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
FOLDER=$1 PEER=$2 WORKERS=$3
MODEL=$ROOT/src/test/resources/models/diamonds_mlp.onnx
export no_proxy=127.0.0.1,localhost NO_PROXY=127.0.0.1,localhost BENTOML_DO_NOT_TRACK=True OMP_NUM_THREADS=1 PYTHONUNBUFFERED=1
mkdir -p "$FOLDER/m/1"

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# A virtual environment of its own for each, since they ask for different versions of the same packages.
environment() {
  VENV=${PEERS_VENVS:-$ROOT/target}/serving-$PEER
  [ -e "$VENV/installed" ] && return
  local python
  for python in python3.11 python3.12 python3.10; do ! "$python" -c 'import venv' 2> /dev/null || break; done
  "$python" -m venv "$VENV"
  "$VENV/bin/python" -m pip install -q --disable-pip-version-check "$@" onnxruntime >&2
  touch "$VENV/installed"
}

case $PEER in
  mlserver)
    # Newer loops have none where MLServer's workers ask for one.
    environment mlserver==1.7.1 'uvloop<0.22'
    port=$(free_port)
    printf '{"host": "127.0.0.1", "http_port": %s, "grpc_port": %s, "metrics_port": %s, "parallel_workers": %s, "debug": false}' \
      "$port" "$(free_port)" "$(free_port)" "$WORKERS" > "$FOLDER/settings.json"
    printf '{"name": "m", "implementation": "serving_peers.MlServerModel", "parameters": {"uri": "%s"}}' "$MODEL" > "$FOLDER/m/model-settings.json"
    printf 'http://127.0.0.1:%s\n' "$port"
    cd "$FOLDER"
    PATH=$VENV/bin:$PATH PYTHONPATH=$ROOT/bench/peers/mlserver exec "$VENV/bin/mlserver" start . > log 2>&1
    ;;
  bentoml)
    environment bentoml==1.4.40
    port=$(free_port)
    printf 'http://127.0.0.1:%s\n' "$port"
    cd "$FOLDER"
    export MODEL WORKERS PATH="$VENV/bin:$PATH" BENTOML_HOME=$FOLDER/home
    exec "$VENV/bin/bentoml" serve serving_peers:Diamonds --working-dir "$ROOT/bench/peers/bentoml" --host 127.0.0.1 --port "$port" > log 2>&1
    ;;
  triton)
    # As many instances of the model as workers.
    ROOT=${TRITON_ROOT:-$ROOT}
    . "$ROOT/conformance/lib/triton.sh"
    triton_install >&2 || { echo "$triton_missing" >&2; exit 1; }
    mkdir -p "$FOLDER/onnx" "$FOLDER/repository"
    cp "$MODEL" "$FOLDER/onnx/m.onnx"
    triton_repository "$FOLDER/repository" "$FOLDER/onnx" m
    printf 'name: "m"\nbackend: "python"\ninstance_group [{ count: %s, kind: KIND_CPU }]\n' "$WORKERS" > "$FOLDER/repository/m/config.pbtxt"
    trap triton_stop EXIT
    trap 'exit 143' TERM INT
    triton_start "$FOLDER/repository" --http-thread-count 2 || { echo "$triton_missing" >&2; exit 1; }
    printf 'http://%s\n' "$triton_http"
    wait "$triton"
    ;;
  *) printf 'got "%s", expected mlserver, bentoml or triton\n' "$PEER" >&2; exit 2 ;;
esac
