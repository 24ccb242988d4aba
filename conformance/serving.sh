#!/usr/bin/env bash
# The official Triton client against Millrace, over REST (blocking and asyncio) and gRPC: every example model answers as the
# library that trained it did, health, metadata, configuration, statistics, model repository, and requests that are broken.
# Not run where there is no Python 3.10 to 3.13 with pip, or no example models.
#
#   conformance/serving.sh        MILLRACE_MODELS names another folder with NAME.onnx and NAME.cases.json
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
HERE=$ROOT/conformance/serving
TARGET=$ROOT/target
VENV=$TARGET/conformance-venv-serving

not_run() { printf 'not run: %s\n' "$*"; exit 0; }

models=${MILLRACE_MODELS:-$ROOT/../shared/models}
[ -d "$models" ] || models=$ROOT/src/test/resources/models
[ -r "$models/diamonds_mlp.cases.json" ] || not_run "there are no example models in $models"

python=
for candidate in python3.11 python3.12 python3.10 python3.13 python3; do
  if command -v "$candidate" > /dev/null && "$candidate" -c 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' 2> /dev/null; then
    python=$(command -v "$candidate")
    break
  fi
done
[ -n "$python" ] || not_run "no Python 3.10 to 3.13 with venv and pip was found"

mkdir -p "$TARGET"
if ! cmp -s "$HERE/requirements.txt" "$VENV/requirements.txt"; then
  printf 'installing %s\n' "$(grep '^tritonclient' "$HERE/requirements.txt")"
  {
    { [ -x "$VENV/bin/python" ] || "$python" -m venv "$VENV"; } \
      && "$VENV/bin/python" -m pip install -q --disable-pip-version-check -r "$HERE/requirements.txt" \
      && cp "$HERE/requirements.txt" "$VENV/requirements.txt"
  } > "$TARGET/conformance-pip-serving.log" 2>&1 \
    || not_run "the Triton client cannot be installed: $(tail -n 1 "$TARGET/conformance-pip-serving.log")"
fi

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
play serving-broken "$VENV/bin/python" "$HERE/broken.py" "$url"
if grep -E '^[^ ]+ (ERROR|WARN) ' "$work/err"; then failed="$failed server-log"; fi

[ -z "$failed" ] || { printf 'failed:%s\n' "$failed"; exit 1; }
