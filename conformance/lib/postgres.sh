# A PostgreSQL of its own for the scripts beside this folder, from Debian's package; to be sourced after server.sh, whose stop
# it extends.

postgres_folder=
as_postgres() {
  # It refuses to run as root.
  if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

# start_postgres: a server with an empty database, whose URI, with a password made for it, is $postgres_uri; 1 where there is none.
start_postgres() {
  local bin port password
  bin=$(find /usr/lib/postgresql -path '*/bin/pg_ctl' 2>/dev/null | sort -V | tail -n 1)
  [ -n "$bin" ] || return 1
  bin=$(dirname "$bin")
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  postgres_folder=$(mktemp -d)
  trap 'stop_postgres; stop' EXIT
  printf '%s' "$password" > "$postgres_folder/password"
  [ "$(id -u)" != 0 ] || chown -R postgres "$postgres_folder"
  (
    cd /
    as_postgres "$bin/initdb" -D "$postgres_folder/data" -U mlflow -A scram-sha-256 --pwfile="$postgres_folder/password" -E UTF8 --no-sync
    as_postgres "$bin/pg_ctl" -D "$postgres_folder/data" -l "$postgres_folder/log" -w -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=''" start
  ) > "$work/postgres.log" 2>&1 || { cat "$work/postgres.log" "$postgres_folder/log" >&2; exit 1; }
  postgres_bin=$bin
  postgres_uri=postgresql+psycopg2://mlflow:$password@127.0.0.1:$port/postgres
}

stop_postgres() {
  (cd / && as_postgres "$postgres_bin/pg_ctl" -D "$postgres_folder/data" -m immediate stop) > /dev/null 2>&1 || true
  rm -rf "$postgres_folder"
}
