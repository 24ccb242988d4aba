#!/usr/bin/env bash
# The same requests, valid and broken, to a Triton server and to Millrace, over REST and gRPC: status, form of error, shapes,
# values and metadata are the same, or the difference stands with its reason in DIFFERENCES.md. Not run where Triton cannot be
# installed.
#
#   conformance/triton.sh [--table]     with --table what is not listed is printed as lines for the list
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
HERE=$ROOT/conformance/triton
MODELS=$ROOT/src/test/resources/models
NAMES="diamonds_mlp digits_cnn titanic_logreg"

not_run() { printf 'not run: %s\n' "$*"; exit 0; }

. "$ROOT/conformance/lib/server.sh"
. "$ROOT/conformance/lib/triton.sh"
. "$ROOT/conformance/lib/python.sh"

triton_install || not_run "$triton_missing"
python_environment serving "$ROOT/conformance/serving/requirements.txt" || not_run "$python_missing"

trap 'triton_stop; stop' EXIT
models=$work/onnx
mkdir "$models"
for name in $NAMES; do cp "$MODELS/$name.onnx" "$MODELS/$name.cases.json" "$models"; done
NAMES="$NAMES $("$ROOT/target/conformance-venv-serving/bin/python" "$HERE/identity.py" "$models")"

# shellcheck disable=SC2086
triton_repository "$work/repository" "$models" $NAMES
triton_start "$work/repository" --model-control-mode explicit --load-model='*' || { echo "$triton_missing" >&2; exit 1; }
start_server
export NO_PROXY="127.0.0.1,localhost" no_proxy="127.0.0.1,localhost" MILLRACE_URL=$url
for name in $NAMES; do
  { "$ROOT/millrace" model import "$name" "$models/$name.onnx" && "$ROOT/millrace" deploy "$name" --model "$name/1"; } > "$work/import" 2>&1 \
    || { cat "$work/import"; exit 1; }
done

play triton-compared "$ROOT/target/conformance-venv-serving/bin/python" "$HERE/compare.py" \
  "$triton_http" "$triton_grpc" "${url#http://}" "${url#http://}" "$models" "$ROOT/conformance/DIFFERENCES.md" "$@"
if grep -E '^[^ ]+ (ERROR|WARN) ' "$work/err"; then failed="$failed server-log"; fi

[ -z "$failed" ] || { printf 'failed:%s\n' "$failed"; exit 1; }
