#!/usr/bin/env bash
# MLflow's official clients against Millrace: the Python clients 3.x and 2.x, the Java client, the documentation's REST
# examples by curl, and every class of MLflow's past vulnerabilities as raw requests.
#
#   conformance/mlflow.sh [URL]   the server that listens there, instead of one started for this;
#                                 MLFLOW_CHECKS="" leaves out what MLflow's own server does not pass
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
HERE=$ROOT/conformance/mlflow
TARGET=$ROOT/target
CHECKS=${MLFLOW_CHECKS---millrace}

not_run() { printf 'not run: %s\n' "$*"; exit 0; }

python=
for candidate in python3.11 python3.12 python3.10 python3.13 python3; do
  if command -v "$candidate" > /dev/null && "$candidate" -c 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' 2> /dev/null; then
    python=$(command -v "$candidate")
    break
  fi
done
[ -n "$python" ] || not_run "no Python 3.10 to 3.13 with venv and pip was found"
command -v curl > /dev/null || not_run "curl is missing"

mkdir -p "$TARGET"
# A folder with a Python and the client, kept for the next time; named by what was asked for when it was made.
environment() {
  local line=$1 venv=$TARGET/conformance-venv-$1 wanted=$HERE/requirements-$1.txt
  cmp -s "$wanted" "$venv/requirements.txt" && return
  printf 'installing %s\n' "$(grep '^mlflow==' "$wanted")"
  { [ -x "$venv/bin/python" ] || "$python" -m venv "$venv"; } > "$TARGET/conformance-pip-$line.log" 2>&1 || return
  "$venv/bin/python" -m pip install -q --disable-pip-version-check -r "$wanted" >> "$TARGET/conformance-pip-$line.log" 2>&1 || return
  cp "$wanted" "$venv/requirements.txt"
}
for line in 3 2; do
  environment "$line" || not_run "the MLflow client $line.x cannot be installed: $(tail -n 1 "$TARGET/conformance-pip-$line.log")"
done

. "$ROOT/conformance/lib/server.sh"

url=${1:-}
if [ -z "$url" ]; then
  start_server
fi
export NO_PROXY="127.0.0.1,localhost" no_proxy="127.0.0.1,localhost"

# shellcheck disable=SC2086
play python-client-3 "$TARGET/conformance-venv-3/bin/python" "$HERE/scenario.py" "$url" $CHECKS
# shellcheck disable=SC2086
play python-client-2 "$TARGET/conformance-venv-2/bin/python" "$HERE/scenario.py" "$url" $CHECKS
play rest "$HERE/rest.sh" "$url"

. "$ROOT/src/main/shell/tools.sh"
jdk=$(find_jdk 2> /dev/null || true)
mvn=$(find_maven 2> /dev/null || true)
if [ -n "$jdk" ] && [ -n "$mvn" ] && (cd "$HERE/java" && JAVA_HOME=$jdk "$mvn" -q -B dependency:build-classpath "-Dmdep.outputFile=$work/classpath") > "$TARGET/conformance-maven.log" 2>&1; then
  MLFLOW_PYTHON_EXECUTABLE=$TARGET/conformance-venv-3/bin/python play java-client \
    "$jdk/bin/java" --sun-misc-unsafe-memory-access=allow -cp "$(cat "$work/classpath")" "$HERE/JavaClient.java" "$url"
else
  printf 'java-client not run: %s\n' "$([ -n "$jdk" ] && [ -n "$mvn" ] && tail -n 1 "$TARGET/conformance-maven.log" || echo 'no JDK 25 or no Maven')"
fi
# Last, since some of it is meant to wear the server down.
play vulnerabilities "$TARGET/conformance-venv-3/bin/python" "$HERE/vulnerabilities.py" "$url"

[ -z "$failed" ] || { printf 'failed:%s\n' "$failed"; exit 1; }
