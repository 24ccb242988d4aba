# Builds the program and writes down how to start it. Sourced after tools.sh, with ROOT set.
#
# target/launch/ holds: built (a marker, as old as the start of the last good build), root (where that was), java
# (the JDK), classpath (everything), cli.classpath (what commands need, which talk to a server or copy a database: opening
# 150 jars costs more than such a command does), cli.aot and server.aot (the JVM's caches; optional), build.log.

LAUNCH=$ROOT/target/launch

# Everything the packaged program is made from. Folders count too: deleting a file touches its folder.
up_to_date() {
  [ -e "$LAUNCH/built" ] && [ -r "$LAUNCH/classpath" ] && [ -r "$LAUNCH/java" ] || return 1
  local root newer
  IFS= read -r root < "$LAUNCH/root" && [ "$root" = "$ROOT" ] || return 1
  newer=$(find "$ROOT/pom.xml" "$ROOT/src/main" -newer "$LAUNCH/built" -print -quit 2>/dev/null)
  [ -z "$newer" ]
}

# One build at a time: the lock is a link whose target is the builder's process id.
lock_build() {
  local holder told=
  mkdir -p "$ROOT/target"
  until ln -s "$$" "$ROOT/target/build.lock" 2>/dev/null; do
    holder=$(readlink "$ROOT/target/build.lock" || true)
    if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then
      rm -f "$ROOT/target/build.lock"
      continue
    fi
    [ -n "$told" ] || say "waiting for another build (process ${holder:-unknown}) to end"
    told=yes
    sleep 0.5
  done
  trap unlock_build EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

unlock_build() {
  [ "$(readlink "$ROOT/target/build.lock" 2>/dev/null)" = "$$" ] && rm -f "$ROOT/target/build.lock"
  trap - EXIT INT TERM
}

# Runs Maven on JDK 25 in the repository.
maven() {
  (cd "$ROOT" && JAVA_HOME=$JDK MAVEN_OPTS="--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow ${MAVEN_OPTS:-}" "$MVN" -B "$@")
}

# Before a build: what it needs, and when it began.
begin_build() {
  need_glibc
  JDK=$(find_jdk) || exit 1
  MVN=$(find_maven) || exit 1
  need_libgomp
  mkdir -p "$LAUNCH"
  touch "$LAUNCH/started"
}

# The JVM's AOT caches, each made by a run of what it shall make fast. Without them everything works, only slower to
# start; so nothing is said if one cannot be made.
train_client() {
  rm -f "$LAUNCH/cli.aot"
  "$JDK/bin/java" "${CLI_OPTIONS[@]}" -XX:AOTCacheOutput="$LAUNCH/cli.aot" -Xlog:disable -cp "$1" io.millrace.Main --help > /dev/null 2>&1 || true
}

# Runs a pipeline of steps that do little, a few times, some of it taken from the cache, and plans it.
train_pipelines() {
  local step=0 before= text='name: training\nsteps:\n' state tries
  while [ $step -lt 50 ]; do
    text="$text  s$step: { uses: core/value, with: { value: $step }$before }\n"
    before=", needs: s$step" step=$((step + 1))
  done
  text="{\"texts\":{\"millrace.yaml\":\"name: training\n\",\"pipelines/training.yaml\":\"$text\"}}"
  printf '%s' "$text" | curl -s -o /dev/null --max-time 10 -H 'Content-Type: application/json' -d @- "$1/api/v1/projects/apply" || return 0
  for step in false false true; do
    state=$(curl -s --max-time 5 -H 'Content-Type: application/json' -d "{\"cache\":$step}" "$1/api/v1/pipelines/training/runs")
    state=${state#*\"id\":\"} state=${state%%\"*}
    for tries in $(seq 1 50); do
      case $(curl -s --max-time 5 "$1/api/v1/runs/$state") in *'"state":"running"'*) sleep 0.1 ;; *) break ;; esac
    done
  done
  printf '%s' "$text" | curl -s -o /dev/null --max-time 10 -H 'Content-Type: application/json' -d @- "$1/api/v1/projects/plan" || true
}

# Asks a model so often that what the JVM learns of answering is kept too.
train_predictions() {
  local model=$ROOT/src/test/resources/models/diamonds_mlp.onnx digest whole='"shape":[1],"datatype":"INT64","data":[2]' json='Content-Type: application/json'
  [ -r "$model" ] || return 0
  digest=$(sha256sum "$model") && digest=${digest%% *} || return 0
  curl -s -o /dev/null --max-time 10 -T "$model" "$1/api/v1/blobs/$digest" || return 0
  curl -s -o /dev/null --max-time 10 -H "$json" -d "{\"onnx\":\"$digest\"}" "$1/api/v1/models/training/versions" || return 0
  curl -s -o /dev/null --max-time 10 -H "$json" -d '{"model":"training/1"}' "$1/api/v1/endpoints/training/deploy" || return 0
  curl -s -o /dev/null --max-time 20 "$1/v2/models/training/infer?[1-5000]" \
    -d "{\"inputs\":[{\"name\":\"numeric\",\"shape\":[1,6],\"datatype\":\"FP32\",\"data\":[0.3,61.5,55,4.3,4.3,2.6]},{\"name\":\"cut\",$whole},{\"name\":\"color\",$whole},{\"name\":\"clarity\",$whole}]}" || true
}

train_server() {
  local data server url= path tries
  rm -f "$LAUNCH/server.aot"
  data=$(mktemp -d "$LAUNCH/training.XXXXXX")
  : > "$data/out" # It is read below, perhaps before the server is there.
  "$JDK/bin/java" "${SERVER_OPTIONS[@]}" -XX:AOTCacheOutput="$LAUNCH/server.aot" -Xlog:disable -Dmillrace.home="$ROOT" \
    -Dmillrace.classpath="$LAUNCH/classpath" -cp "$1" io.millrace.Main up --port 0 --data "$data/data" > "$data/out" 2> "$data/err" < /dev/null &
  server=$!
  for tries in $(seq 1 300); do
    url=$(sed -n 's#.*ready at \(http://[^ ]*\).*#\1#p' "$data/out")
    [ -z "$url" ] && kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  if [ -n "$url" ] && command -v curl > /dev/null; then
    for path in / /v2 /v2/health/ready /openapi /api/v1/models /api/v1/endpoints /api/v1/pipelines /api/v1/datasets; do
      curl -s -o /dev/null --max-time 5 "$url$path" || true
    done
    train_pipelines "$url"
    train_predictions "$url"
  fi
  kill -TERM "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  rm -rf "$data"
}

# After Maven packaged the program: how to start it.
finish_build() {
  local app=$ROOT/target/quarkus-app jar all= few=
  for jar in "$app"/quarkus/transformed-bytecode.jar "$app"/quarkus/generated-bytecode.jar "$app"/app/*.jar "$app"/lib/main/*.jar "$app"/lib/boot/*.jar; do
    [ -e "$jar" ] || continue
    case $jar in
      */info.picocli.*)
        if "$JDK/bin/java" "$ROOT/src/main/shell/ModernJar.java" "$jar" "$LAUNCH/picocli.jar"; then jar=$LAUNCH/picocli.jar; fi
        few=$few:$jar
        ;;
      */app/*.jar | */com.fasterxml.jackson.* | */org.postgresql.* | */org.xerial.*) few=$few:$jar ;;
    esac
    all=$all:$jar
  done
  printf '%s\n' "${all#:}" > "$LAUNCH/classpath"
  printf '%s\n' "${few#:}" > "$LAUNCH/cli.classpath"
  printf '%s\n' "$JDK" > "$LAUNCH/java"
  printf '%s\n' "$ROOT" > "$LAUNCH/root"
  train_client "${few#:}"
  train_server "${all#:}"
  mv "$LAUNCH/started" "$LAUNCH/built"
}

# Builds if anything is newer than the last build; quiet, unless it fails.
ensure_built() {
  if up_to_date; then return; fi
  lock_build
  if ! up_to_date; then
    begin_build
    say "building (on first use, and when the sources change; about a minute)"
    if ! maven package -Dmaven.test.skip=true > "$LAUNCH/build.log" 2>&1; then
      grep -E '^\[ERROR\]|BUILD FAILURE' "$LAUNCH/build.log" | head -40 >&2
      die "the build failed; everything it said is in $LAUNCH/build.log"
    fi
    finish_build
  fi
  unlock_build
}

# Of every JVM that runs the program.
COMMON_OPTIONS=(-XX:+UseSerialGC -XX:-UsePerfData -XX:+ExitOnOutOfMemoryError --enable-native-access=ALL-UNNAMED
  --sun-misc-unsafe-memory-access=allow -Dfile.encoding=UTF-8)
# Short commands: little compilation, small heap.
CLI_OPTIONS=("${COMMON_OPTIONS[@]}" -XX:TieredStopAtLevel=1)
# The server: gives memory back when idle.
SERVER_OPTIONS=("${COMMON_OPTIONS[@]}" --add-opens=java.base/java.lang=ALL-UNNAMED
  -Djava.util.logging.manager=org.jboss.logmanager.LogManager -Xms48m -XX:NewSize=24m -Xmx1g -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=20)
# What the native libraries freed goes back to the system too, where the JVM can see to that (glibc).
[ "$(uname -s)" != Linux ] || SERVER_OPTIONS+=(-XX:TrimNativeHeapInterval=10000)
