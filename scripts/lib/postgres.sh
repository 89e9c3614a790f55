# A PostgreSQL of its own for the tests: a private port, a data folder that vanishes. Source it after setup.sh.

# Where Debian keeps the server's programs, the newest first; empty where there are none.
postgres_programs() {
    ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -rn | while read -r folder; do
        [ -x "$folder/initdb" ] && [ -x "$folder/pg_ctl" ] && { echo "$folder"; break; }
    done
}

# Debian's package would start a server that nobody asked for.
install_postgres() {
    [ -z "$(postgres_programs)" ] || return 0
    command -v dpkg-query >/dev/null 2>&1 || return 1
    local root=""
    [ "$(id -u)" = 0 ] || root="sudo"
    $root mkdir -p /etc/postgresql-common/createcluster.d
    echo "create_main_cluster = false" | $root tee /etc/postgresql-common/createcluster.d/pitwall.conf >/dev/null
    (install_missing postgresql)
}

# Runs a program as somebody who is not root, which PostgreSQL refuses to be.
as_postgres() {
    if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

# Starts a server and says in PITWALL_TEST_POSTGRES where it is; `stop_postgres` ends it.
start_postgres() {
    PITWALL_TEST_POSTGRES_FOLDER=""
    local programs port
    programs="$(postgres_programs)"
    [ -n "$programs" ] || return 1
    PITWALL_TEST_POSTGRES_FOLDER="$(mktemp -d "${TMPDIR:-/tmp}/pitwall-postgres.XXXXXX")"
    [ "$(id -u)" != 0 ] || chown postgres "$PITWALL_TEST_POSTGRES_FOLDER"
    local data="$PITWALL_TEST_POSTGRES_FOLDER/data"
    as_postgres "$programs/initdb" -D "$data" -U pitwall -A trust --locale=C.UTF-8 -E UTF8 --no-sync >/dev/null 2>&1 || return 1
    # Others than the owner need a password, so that a refused one can be tested.
    printf '%s\n' "host all pitwall 127.0.0.1/32 trust" "host all all 127.0.0.1/32 scram-sha-256" |
        as_postgres tee "$data/pg_hba.conf" >/dev/null
    port="$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
    # What is written need not outlive the tests.
    as_postgres "$programs/pg_ctl" -D "$data" -w -t 60 -l "$PITWALL_TEST_POSTGRES_FOLDER/log" start -o \
        "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$PITWALL_TEST_POSTGRES_FOLDER -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200" \
        >/dev/null 2>&1 || return 1
    PITWALL_TEST_POSTGRES="postgres://pitwall@127.0.0.1:$port/postgres?connect_timeout=60"
    export PITWALL_TEST_POSTGRES
}

stop_postgres() {
    [ -n "${PITWALL_TEST_POSTGRES_FOLDER:-}" ] || return 0
    [ ! -s "$PITWALL_TEST_POSTGRES_FOLDER/pgbouncer.pid" ] || kill "$(cat "$PITWALL_TEST_POSTGRES_FOLDER/pgbouncer.pid")" 2>/dev/null || true
    as_postgres "$(postgres_programs)/pg_ctl" -D "$PITWALL_TEST_POSTGRES_FOLDER/data" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$PITWALL_TEST_POSTGRES_FOLDER"
    PITWALL_TEST_POSTGRES_FOLDER=""
}

# Puts PgBouncer before that server, in transaction mode, and says in PITWALL_TEST_PGBOUNCER where it is; it ends with the server.
start_pgbouncer() {
    local folder="$PITWALL_TEST_POSTGRES_FOLDER" program port
    program="$(command -v pgbouncer || ls /usr/sbin/pgbouncer 2>/dev/null)"
    [ -n "$folder" ] && [ -n "$program" ] || return 1
    port="$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
    echo '"pitwall" ""' | as_postgres tee "$folder/users.txt" >/dev/null
    printf '%s\n' "[databases]" "* = host=127.0.0.1 port=$(sed -n 4p "$folder/data/postmaster.pid")" "[pgbouncer]" \
        "listen_addr = 127.0.0.1" "listen_port = $port" "unix_socket_dir =" "pool_mode = transaction" "auth_type = trust" \
        "auth_file = $folder/users.txt" "default_pool_size = 10" "max_client_conn = 500" "logfile = $folder/pgbouncer.log" \
        "pidfile = $folder/pgbouncer.pid" | as_postgres tee "$folder/pgbouncer.ini" >/dev/null
    (cd / && as_postgres "$program" -q -d "$folder/pgbouncer.ini") >/dev/null 2>&1 || return 1
    PITWALL_TEST_PGBOUNCER="postgres://pitwall@127.0.0.1:$port/postgres?connect_timeout=60"
    export PITWALL_TEST_PGBOUNCER
}
