#!/usr/bin/env bash
# The official clients of Triton and KServe against Millrace, over REST and gRPC: every example model answers as the library
# that trained it did, health, metadata, configuration, statistics, model repository, and requests that are broken.
# Not run where there is no Python 3.10 to 3.13 with pip, or no example models.
#
#   conformance/serving.sh        MILLRACE_MODELS names another folder with NAME.onnx and NAME.cases.json
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
HERE=$ROOT/conformance/serving
VENV=$ROOT/target/conformance-venv-serving

not_run() { printf 'not run: %s\n' "$*"; exit 0; }

models=${MILLRACE_MODELS:-$ROOT/../shared/models}
[ -d "$models" ] || models=$ROOT/src/test/resources/models
[ -r "$models/diamonds_mlp.cases.json" ] || not_run "there are no example models in $models"

. "$ROOT/conformance/lib/python.sh"
python_environment serving "$HERE/requirements.txt" || not_run "$python_missing"

. "$ROOT/conformance/lib/server.sh"

start_server
export NO_PROXY="127.0.0.1,localhost" no_proxy="127.0.0.1,localhost" MILLRACE_URL=$url

names=
for cases in "$models"/*.cases.json; do
  name=$(basename "$cases" .cases.json)
  "$ROOT/millrace" model import "$name" "$models/$name.onnx" > "$work/import" 2>&1 || { cat "$work/import"; exit 1; }
  "$ROOT/millrace" deploy "$name" --model "$name/1" > "$work/deploy" 2>&1 || { cat "$work/deploy"; exit 1; }
  names="$names $name"
done

# shellcheck disable=SC2086
play triton-client "$VENV/bin/python" "$HERE/triton_client.py" "$url" "$models" $names
if python_environment kserve "$HERE/requirements-kserve.txt"; then
  # shellcheck disable=SC2086
  play kserve-client "$ROOT/target/conformance-venv-kserve/bin/python" "$HERE/kserve_client.py" "$url" "$models" $names
else
  printf 'kserve-client not run: %s\n' "$python_missing"
fi
play serving-broken "$VENV/bin/python" "$HERE/broken.py" "$url"
if grep -E '^[^ ]+ (ERROR|WARN) ' "$work/err"; then failed="$failed server-log"; fi

[ -z "$failed" ] || { printf 'failed:%s\n' "$failed"; exit 1; }
