#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# postgres.sh setup|serve|client FOLDER PORT: a database of its own, reached by a local socket only.
# The server refuses to run as root and then becomes the user postgres.
set -eu
folder=$2
port=$3
bin=$(find /usr/lib/postgresql/*/bin -maxdepth 0 | sort -V | tail -n 1)

as_user() {
  if [ "$(id -u)" -eq 0 ]; then
    exec setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
  fi
  exec "$@"
}

case $1 in
  setup)
    mkdir "$folder"
    [ "$(id -u)" -ne 0 ] || chown postgres: "$folder"
    cd "$folder"
    (as_user "$bin/initdb" -D "$folder/data" -A trust -N -U bench >/dev/null)
    ;;
  serve)
    cd "$folder"
    set -- "$bin/postgres" -D "$folder/data" -k "$folder" -p "$port" -c listen_addresses= \
      -c fsync=off -c log_min_messages=fatal
    # The loader cannot append to a log that the same process began as root.
    [ -z "${LD_DEBUG_OUTPUT:-}" ] || set -- env "LD_DEBUG_OUTPUT=$LD_DEBUG_OUTPUT.user" "$@"
    as_user "$@"
    ;;
  client)
    cd "$folder"
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      ! "$bin/pg_isready" -q -h "$folder" -p "$port" || break
      sleep 0.2
    done
    "$bin/pgbench" -h "$folder" -p "$port" -U bench -q -i -s 2 postgres
    "$bin/pgbench" -h "$folder" -p "$port" -U bench -n -c 4 -t 1000 postgres
    ;;
esac
