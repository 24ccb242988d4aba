# Folders with a Python and packages, for the scripts beside this folder, which source it. Needs ROOT.

# python_environment NAME REQUIREMENTS: $ROOT/target/conformance-venv-NAME holds what that file says, kept for the next time;
# where it cannot, fails, and $python_missing says why.
python_environment() {
  local candidate python= venv=$ROOT/target/conformance-venv-$1 log=$ROOT/target/conformance-pip-$1.log
  ! cmp -s "$2" "$venv/requirements.txt" || return 0
  for candidate in python3.11 python3.12 python3.10 python3.13 python3; do
    if command -v "$candidate" > /dev/null && "$candidate" -c 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' 2> /dev/null; then
      python=$(command -v "$candidate")
      break
    fi
  done
  [ -n "$python" ] || { python_missing="no Python 3.10 to 3.13 with venv and pip was found"; return 1; }
  mkdir -p "$ROOT/target"
  printf 'installing %s\n' "$(grep -m 1 '^[a-z]' "$2")"
  {
    { [ -x "$venv/bin/python" ] || "$python" -m venv "$venv"; } \
      && "$venv/bin/python" -m pip install -q --disable-pip-version-check -r "$2" \
      && cp "$2" "$venv/requirements.txt"
  } > "$log" 2>&1 || { python_missing="what $2 asks for cannot be installed: $(tail -n 1 "$log")"; return 1; }
}
