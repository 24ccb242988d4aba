# A Triton server beside Millrace, for scripts that compare the two; sourced. It comes from the package index, with its Python
# backend, whose models here are ONNX files that ONNX Runtime answers (triton_onnx.py). Needs ROOT.
#
#   triton_install                    finds a Python and installs; where it cannot, fails, and $triton_missing says why
#   triton_repository FOLDER MODELS NAME...   a model repository of MODELS/NAME.onnx, each as version 1
#   triton_start FOLDER [OPTION...]   starts it on the repository and waits; $triton is its process, $triton_http and
#                                     $triton_grpc are its addresses, $triton_log its log; options are tritonserver's
#   triton_stop                       to be called when the script ends
#
# The models read TRITON_MODEL_THREADS (of a session, 1) and TRITON_MODEL_BATCH (most rows of a batch, 65536); instances and
# batching are set in a NAME/config.pbtxt that the caller writes into the repository.

TRITON_VENV=$ROOT/target/conformance-venv-triton
# The package carries the server; what else it asks for is for its own Python interface, which is not used. The runtime is
# of Millrace's own version. With numpy 2 every answer of the backend is empty.
TRITON_PACKAGE=nvidia-pytriton==0.7.0
TRITON_MODEL_PACKAGES=(onnxruntime==1.29.0 numpy==1.26.4)
triton=
triton_missing=

# The folder of a Python's shared library, which the backend loads: beside the Python, or where the system has it; nothing
# where there is none.
triton_libpython() {
  local folder name
  IFS=' ' read -r folder name < <("$1" -c 'import sys, sysconfig; print(sysconfig.get_config_var("LIBDIR"), "libpython%d.%d.so.1.0" % sys.version_info[:2])')
  for folder in "$folder" $( { ldconfig -p || /sbin/ldconfig -p; } 2> /dev/null | sed -n "s#.*=> \(/.*\)/$name\$#\1#p"); do
    [ ! -r "$folder/$name" ] || { printf '%s' "$folder"; return; }
  done
}

# A Python that the package has a backend for and the packages are built for, and its shared library: $triton_python, $triton_lib.
triton_find_python() {
  local candidate version seen=
  for candidate in python3.11 python3.12 python3 /usr/bin/python3; do
    candidate=$(command -v "$candidate") || continue
    version=$("$candidate" -c 'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2]); sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2> /dev/null) || continue
    triton_python=$candidate
    triton_lib=$(triton_libpython "$candidate")
    if [ -z "$triton_lib" ] && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
      DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "libpython$version" > "$ROOT/target/conformance-apt-triton.log" 2>&1 || true
      triton_lib=$(triton_libpython "$candidate")
    fi
    [ -z "$triton_lib" ] || return 0
    seen="$seen $version"
  done
  if [ -n "$seen" ]; then
    triton_missing="no shared library of Python$seen was found; get it: apt-get install libpython3-dev"
  else
    triton_missing="no Python 3.11 or 3.12 with venv and pip was found"
  fi
  return 1
}

triton_install() {
  local log=$ROOT/target/conformance-pip-triton.log wanted="$TRITON_PACKAGE ${TRITON_MODEL_PACKAGES[*]}" stub
  [ "$(uname -s) $(uname -m)" = "Linux x86_64" ] || { triton_missing="Triton's package is for Linux on x86-64, and this is $(uname -s) on $(uname -m)"; return 1; }
  mkdir -p "$ROOT/target"
  triton_find_python || return 1
  if [ "$(cat "$TRITON_VENV/wanted" 2> /dev/null)" != "$triton_python $wanted" ]; then
    rm -rf "$TRITON_VENV"
    printf 'installing %s\n' "$TRITON_PACKAGE"
    {
      "$triton_python" -m venv "$TRITON_VENV" \
        && "$TRITON_VENV/bin/python" -m pip install -q --disable-pip-version-check --no-deps "$TRITON_PACKAGE" \
        && "$TRITON_VENV/bin/python" -m pip install -q --disable-pip-version-check "${TRITON_MODEL_PACKAGES[@]}"
    } > "$log" 2>&1 || { triton_missing="Triton cannot be installed: $(tail -n 1 "$log")"; return 1; }
    printf '%s' "$triton_python $wanted" > "$TRITON_VENV/wanted"
  fi
  triton_home=$("$TRITON_VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/pytriton/tritonserver
  # Each Python has its own half of the backend; the server takes the one beside the backend.
  stub=$triton_home/python_backend_stubs/$("$triton_python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')/triton_python_backend_stub
  # It finds its libraries from its own folder, so it is linked to rather than copied.
  ln -sf "$stub" "$triton_home/backends/python/triton_python_backend_stub"
}

triton_repository() {
  local folder=$1 models=$2 name
  shift 2
  for name in "$@"; do
    mkdir -p "$folder/$name/1"
    cp "$models/$name.onnx" "$folder/$name/1/graph.onnx"
    cp "$ROOT/conformance/lib/triton_onnx.py" "$folder/$name/1/model.py"
  done
}

triton_start() {
  local folder=$1 ports
  shift
  triton_log=$folder/../triton.log
  # The server takes no port of the system's choice, so it is given two that are free now.
  ports=$("$TRITON_VENV/bin/python" -c '
import socket
sockets = [socket.socket() for _ in range(2)]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))')
  triton_http=127.0.0.1:${ports% *}
  triton_grpc=127.0.0.1:${ports#* }
  # The backend's Python is the one on the PATH; it reads no PYTHONPATH.
  LD_LIBRARY_PATH="$triton_lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" PATH="$TRITON_VENV/bin:$PATH" \
    "$triton_home/bin/tritonserver" --model-repository "$folder" --backend-directory "$triton_home/backends" \
    --cache-directory "$triton_home/caches" --http-address 127.0.0.1 --http-port "${ports% *}" \
    --grpc-address 127.0.0.1 --grpc-port "${ports#* }" --allow-metrics false "$@" > "$triton_log" 2>&1 &
  triton=$!
  for _ in $(seq 1 600); do
    # Bash itself asks, so that no other tool is needed.
    if { exec 3<> "/dev/tcp/127.0.0.1/${ports% *}"; } 2> /dev/null; then
      printf 'GET /v2/health/ready HTTP/1.0\r\n\r\n' >&3
      if read -r -t 5 status <&3 && [[ $status == *" 200 "* ]]; then exec 3>&-; return 0; fi
      exec 3>&-
    fi
    kill -0 "$triton" 2> /dev/null || break
    sleep 0.1
  done
  triton_missing="Triton did not start: $(grep -E '^E[0-9]|rror' "$triton_log" | tail -n 1)"
  return 1
}

triton_stop() {
  [ -z "$triton" ] || { kill -TERM "$triton" 2> /dev/null || true; wait "$triton" 2> /dev/null || true; }
  triton=
}
