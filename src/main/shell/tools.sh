# Finds the JDK 25, Maven and the libraries that Millrace is built and run with. Sourced by ./millrace and ./dev,
# by bash 3.2 (macOS) and newer. What is missing is told with the places looked at and the way to get it.

say() { printf 'millrace: %s\n' "$*" >&2; }

die() { say "$@"; exit 1; }

# The feature release of the JDK in a folder, from its release file, else by asking it; nothing if it is none.
jdk_release() {
  [ -x "$1/bin/javac" ] && [ -x "$1/bin/java" ] || return 1
  local line version=
  if [ -r "$1/release" ]; then
    while IFS= read -r line; do
      case $line in JAVA_VERSION=*) version=${line#*=\"} ;; esac
    done < "$1/release"
  fi
  [ -n "$version" ] || version=$("$1/bin/javac" -version 2>&1 | sed 's/^javac //')
  version=${version%%[!0-9]*}
  [ -n "$version" ] && printf '%s\n' "$version"
}

# The folder of the JDK that a java on the PATH belongs to.
jdk_of_path() {
  local java link
  java=$(command -v javac || command -v java) || return 1
  while link=$(readlink "$java"); do
    case $link in /*) java=$link ;; *) java=$(dirname "$java")/$link ;; esac
  done
  (cd "$(dirname "$java")/.." 2>/dev/null && pwd -P)
}

# Prints the home of a JDK 25, or tells what was looked for and exits.
find_jdk() {
  local home sdkman=${SDKMAN_DIR:-$HOME/.sdkman} on_path others=
  on_path=$(jdk_of_path || true)
  for home in "${JAVA_HOME:-}" "$on_path" \
      /usr/lib/jvm/* /usr/java/* /usr/local/*jdk* /opt/*jdk* /opt/*java* /opt/*/*jdk* /opt/java/* /opt/temurin* \
      /Library/Java/JavaVirtualMachines/*/Contents/Home "$HOME"/Library/Java/JavaVirtualMachines/*/Contents/Home \
      /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
      "$sdkman"/candidates/java/* "$HOME"/.jdks/*; do
    [ -n "$home" ] && [ -d "$home" ] || continue
    case $(jdk_release "$home") in
      25) printf '%s\n' "$home"; return ;;
      '') ;;
      *) case $others in *"$home ("*) ;; *) others="$others $home ($(jdk_release "$home"))" ;; esac ;;
    esac
  done
  say "no JDK 25 found."
  say "  Looked at: JAVA_HOME (${JAVA_HOME:-not set}), java on the PATH (${on_path:-none}), /usr/lib/jvm, /usr/java, /usr/local, /opt,"
  say "  /Library/Java/JavaVirtualMachines, Homebrew, SDKMAN ($sdkman/candidates/java), $HOME/.jdks."
  [ -z "$others" ] || say "  Found other releases:$others"
  say "  Get it: apt-get install openjdk-25-jdk, brew install openjdk@25, sdk install java 25-tem, or https://adoptium.net;"
  die "  or set JAVA_HOME to a JDK 25 that lies elsewhere."
}

# Prints the Maven command, which is 3.8.7 or newer, or tells what was looked for and exits. It is asked with the JDK
# that was found, since there need be no java on the PATH.
find_maven() {
  local mvn version found= oldest=3.8.7
  for mvn in "$(command -v mvn || true)" "${MAVEN_HOME:-/nowhere}/bin/mvn" "${M2_HOME:-/nowhere}/bin/mvn" /usr/share/maven/bin/mvn \
      /opt/*maven*/bin/mvn /usr/local/*maven*/bin/mvn /opt/homebrew/bin/mvn "${SDKMAN_DIR:-$HOME/.sdkman}"/candidates/maven/current/bin/mvn; do
    [ -n "$mvn" ] && [ -x "$mvn" ] || continue
    version=$(JAVA_HOME=${JDK:-${JAVA_HOME:-}} "$mvn" --version 2>/dev/null | sed -n 's/.*Apache Maven \([0-9.]*\).*/\1/p')
    if [ -n "$version" ] && [ "$(printf '%s\n%s\n' "$oldest" "$version" | sort -t. -k1,1n -k2,2n -k3,3n | head -1)" = "$oldest" ]; then
      printf '%s\n' "$mvn"
      return
    fi
    found="$found $mvn (${version:-does not start})"
  done
  say "no Maven $oldest or newer found."
  say "  Looked at: mvn on the PATH, MAVEN_HOME, M2_HOME, /usr/share/maven, /opt, /usr/local, Homebrew, SDKMAN."
  [ -z "$found" ] || say "  Found:$found"
  die "  Get it: apt-get install maven, brew install maven, sdk install maven, or https://maven.apache.org/download.cgi."
}

# The native libraries that the program carries are built for glibc. Where only another C library is, nothing is built.
need_glibc() {
  [ "$(uname -s)" = Linux ] || return 0
  local musl=
  for musl in /lib/ld-musl-*; do break; done
  [ -e "$musl" ] && [ ! -e /lib64/ld-linux-x86-64.so.2 ] && [ ! -e /lib/ld-linux-aarch64.so.1 ] || return 0
  die "this machine's C library is musl (as on Alpine), and Millrace runs on 64-bit Linux with glibc and on macOS: use one of those, or a container with Debian, Ubuntu or Fedora."
}

# Training needs the OpenMP runtime; on macOS it comes with the native library.
need_libgomp() {
  [ "$(uname -s)" = Linux ] || return 0
  local folder
  if { ldconfig -p || /sbin/ldconfig -p; } 2>/dev/null | grep -q 'libgomp\.so\.1'; then return 0; fi
  for folder in /lib /lib64 /usr/lib /usr/lib64 /usr/lib/*-linux-gnu /lib/*-linux-gnu /usr/local/lib; do
    [ -e "$folder/libgomp.so.1" ] && return 0
  done
  say "the OpenMP runtime libgomp.so.1, which training needs, is missing."
  say "  Looked at: ldconfig -p, /lib, /lib64, /usr/lib, /usr/lib64, /usr/lib/*-linux-gnu, /usr/local/lib."
  die "  Get it: apt-get install libgomp1, or dnf install libgomp."
}

# The pages are built with Node 20 or newer.
need_node() {
  local version=
  version=$(node --version 2>/dev/null || true)
  case $version in
    v[2-9][0-9].*|v[1-9][0-9][0-9].*) command -v npm >/dev/null && return 0 ;;
  esac
  say "no Node 20 or newer with npm found."
  say "  Looked at: node and npm on the PATH (node: ${version:-none}, npm: $(command -v npm || echo none))."
  die "  Get it: apt-get install nodejs npm, brew install node, or https://nodejs.org."
}
