# Builds the program and writes down how to start it. Sourced after tools.sh, with ROOT set.
#
# target/launch/ holds: built (a marker, as old as the start of the last good build), root (where that was), java
# (the JDK), classpath (everything), cli.classpath (what commands that only talk to a server need: opening 150 jars
# costs more than such a command does), cli.aot (the JVM's cache for them; optional), build.log.

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
  JDK=$(find_jdk) || exit 1
  MVN=$(find_maven) || exit 1
  need_libgomp
  mkdir -p "$LAUNCH"
  touch "$LAUNCH/started"
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
      */app/*.jar | */com.fasterxml.jackson.*) few=$few:$jar ;;
    esac
    all=$all:$jar
  done
  printf '%s\n' "${all#:}" > "$LAUNCH/classpath"
  printf '%s\n' "${few#:}" > "$LAUNCH/cli.classpath"
  printf '%s\n' "$JDK" > "$LAUNCH/java"
  printf '%s\n' "$ROOT" > "$LAUNCH/root"
  rm -f "$LAUNCH/cli.aot"
  # Without the cache everything works, only slower; so nothing is said if it cannot be made.
  "$JDK/bin/java" $CLI_OPTIONS -XX:AOTCacheOutput="$LAUNCH/cli.aot" -Xlog:disable -cp "${few#:}" io.millrace.Main --help > /dev/null 2>&1 || true
  mv "$LAUNCH/started" "$LAUNCH/built"
}

# Builds if anything is newer than the last build; quiet, unless it fails.
ensure_built() {
  if up_to_date; then return; fi
  lock_build
  if ! up_to_date; then
    begin_build
    say "building (on first use, and when the sources change; about a minute)"
    if ! maven package -DskipTests > "$LAUNCH/build.log" 2>&1; then
      grep -E '^\[ERROR\]|BUILD FAILURE' "$LAUNCH/build.log" | head -40 >&2
      die "the build failed; everything it said is in $LAUNCH/build.log"
    fi
    finish_build
  fi
  unlock_build
}

# Of every JVM that runs the program.
COMMON_OPTIONS="-XX:+UseSerialGC -XX:-UsePerfData -XX:+ExitOnOutOfMemoryError --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -Dfile.encoding=UTF-8"
# Short commands: little compilation, small heap.
CLI_OPTIONS="$COMMON_OPTIONS -XX:TieredStopAtLevel=1"
# The server: gives memory back when idle.
SERVER_OPTIONS="$COMMON_OPTIONS -Djava.util.logging.manager=org.jboss.logmanager.LogManager -Xms32m -Xmx1g -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=20"
