#!/usr/bin/env bash
# What the launchers say where something they need is missing, and that a folder with spaces in its name is no trouble.
# A machine without JDK, Maven or libgomp is played by a copy of the scripts whose places to look lie in a folder of the
# test's own, run with a PATH of its own.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
fail() { printf 'launcher: %s\n' "$*" >&2; exit 1; }

work=$(mktemp -d)
server=
stop() {
  [ -z "$server" ] || { kill -TERM "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }
  rm -rf "$work"
}
trap stop EXIT

IFS= read -r jdk < "$ROOT/target/launch/java"
machine=$work/machine
copy="$work/a copy"
mkdir -p "$machine/lib" "$work/bin" "$work/home" "$copy/src/main"
cp "$ROOT/millrace" "$ROOT/dev" "$ROOT/pom.xml" "$copy"
cp -R "$ROOT/src/main/shell" "$copy/src/main/shell"
sed -E "s# /(usr|opt|lib|lib64|Library)/# $machine/\1/#g; s# /(lib|lib64) # $machine/\1 #g; s#ldconfig -p#false#g" \
  "$ROOT/src/main/shell/tools.sh" > "$copy/src/main/shell/tools.sh"
for tool in bash cat dirname find grep head kill ln mkdir mktemp mv readlink rm sed seq sleep sort touch uname; do
  ln -s "$(command -v "$tool")" "$work/bin/$tool"
done

# expect NAME CODE MESSAGE... -- [VARIABLE=VALUE...] COMMAND...: it ends with that code and says all that.
expect() {
  local name=$1 code=$2 got=0 messages=() message
  shift 2
  while [ "$1" != -- ]; do messages+=("$1"); shift; done
  shift
  env -i "PATH=$work/bin" "HOME=$work/home" "$@" > "$work/said" 2>&1 || got=$?
  for message in "${messages[@]}"; do
    grep -qF -- "$message" "$work/said" || { cat "$work/said" >&2; fail "$name: it did not say: $message"; }
  done
  [ "$got" = "$code" ] || { cat "$work/said" >&2; fail "$name: it ended with $got instead of $code"; }
  printf 'launcher: %s\n' "$name"
}

# script FILE: an executable of these lines.
script() { mkdir -p "$(dirname "$1")"; { echo '#!/bin/bash'; cat; } > "$1"; chmod +x "$1"; }

expect "no JDK" 1 "no JDK 25 found" "Looked at: JAVA_HOME (not set), java on the PATH (none)" "Get it: apt-get install openjdk-25-jdk" \
  -- "$copy/millrace" --help

script "$machine/old jdk/bin/java" < /dev/null
script "$machine/old jdk/bin/javac" < /dev/null
echo 'JAVA_VERSION="21.0.5"' > "$machine/old jdk/release"
expect "a JDK of another release" 1 "no JDK 25 found" "Found other releases: $machine/old jdk (21)" \
  -- "JAVA_HOME=$machine/old jdk" "$copy/millrace" --help

expect "no Maven" 1 "no Maven 3.8.7 or newer found" "Looked at: mvn on the PATH" "Get it: apt-get install maven" \
  -- "JAVA_HOME=$jdk" "$copy/millrace" --help

echo 'echo "Apache Maven 3.6.3"' | script "$machine/maven/bin/mvn"
expect "a Maven that is too old" 1 "no Maven 3.8.7 or newer found" "Found: $machine/maven/bin/mvn (3.6.3)" \
  -- "JAVA_HOME=$jdk" "MAVEN_HOME=$machine/maven" "$copy/millrace" --help

# As mvn does, this one starts only with a java on the PATH or a JAVA_HOME. What is asked for next is libgomp.
script "$machine/maven/bin/mvn" <<'END'
[ -x "${JAVA_HOME:-}/bin/java" ] || { echo "The JAVA_HOME environment variable is not defined correctly" >&2; exit 1; }
echo "Apache Maven 3.9.9"
END
if [ "$(uname -s)" = Linux ]; then
  mkdir -p "$machine/usr/lib/jvm"
  ln -s "$jdk" "$machine/usr/lib/jvm/jdk-25"
  expect "Maven without a java on the PATH, and no libgomp" 1 "libgomp.so.1, which training needs, is missing" "Get it: apt-get install libgomp1" \
    -- "MAVEN_HOME=$machine/maven" "$copy/millrace" --help

  touch "$machine/lib/ld-musl-x86_64.so.1"
  expect "a machine with musl" 1 "this machine's C library is musl" "container" -- "JAVA_HOME=$jdk" "$copy/millrace" --help
fi

expect "no Node" 1 "no Node 20 or newer with npm found" "node: none" "Get it: apt-get install nodejs npm" -- "$copy/dev" ui

# What was built, seen from a folder with spaces: a command and the server, each with its AOT cache.
spaced="$work/with two  spaces"
mkdir "$spaced"
cp "$ROOT/millrace" "$spaced"
ln -s "$ROOT/src" "$spaced/src"
ln -s "$ROOT/target" "$spaced/target"
MILLRACE_AS_BUILT=1 "$spaced/millrace" --version > "$work/said" || fail "a command does not start in a folder with spaces"
MILLRACE_AS_BUILT=1 "$spaced/millrace" up --port 0 --data "$spaced/its data" > "$work/out" 2> "$work/err" &
server=$!
for _ in $(seq 1 300); do
  ! grep -q 'ready at' "$work/out" || break
  kill -0 "$server" 2>/dev/null || break
  sleep 0.1
done
grep -q 'ready at' "$work/out" || { cat "$work/out" "$work/err" >&2; fail "the server does not start in a folder with spaces"; }
MILLRACE_AS_BUILT=1 "$spaced/millrace" down --data "$spaced/its data" > /dev/null || fail "down does not work in a folder with spaces"
echo "launcher: a folder with spaces"
