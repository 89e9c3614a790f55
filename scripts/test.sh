#!/usr/bin/env bash
# Installs what the tests need, builds everything, runs all tests. Arguments go to `swift test`: scripts/test.sh --filter LiquidTests
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib/setup.sh
. scripts/lib/postgres.sh

need_swift
install_missing $PITWALL_LIBRARIES python3 python3-venv openssl sqlite3 procps

# A browser for what only a browser can tell: that styles look the same once they are in the elements, and that no value runs as a
# script. It is 300 MB and some minutes of the tests' time: PITWALL_BROWSER=no leaves it out, and those tests say that they skip.
if [ "${PITWALL_BROWSER:-yes}" != no ] && ! command -v chromium >/dev/null 2>&1; then
    (install_missing chromium) || say "chromium can't be installed: the tests that need it are skipped."
fi

# A verifier of DKIM in C, beside the one in Python below. Debian starts it as a milter on a local socket, where nobody asks it anything.
if ! command -v opendkim >/dev/null 2>&1; then
    (install_missing opendkim) || say "opendkim can't be installed: the tests that need it are skipped."
fi

# Python's side of the tests: an SMTP server with TLS and AUTH and a verifier of DKIM that were not written here. In a folder of its own, so that nothing of
# the system's Python changes. Tests that need it say that they skip where it is not there.
venv=.build/test-venv
if [ ! -x "$venv/bin/python3" ] || ! "$venv/bin/python3" -c 'import aiosmtpd, dkim, nacl' 2>/dev/null; then
    mkdir -p .build
    if python3 -m venv "$venv" && "$venv/bin/python3" -m pip install --quiet --disable-pip-version-check aiosmtpd 'dkimpy[ed25519]'; then
        say "Installed aiosmtpd and dkimpy for the tests."
    else
        say "aiosmtpd and dkimpy can't be installed: the tests that need them are skipped."
    fi
fi
[ -x "$venv/bin/python3" ] && PATH="$PWD/$venv/bin:$PATH"
export PATH

# The stores run on two databases: tests of both need a server, which lives as long as they do. PITWALL_TEST_POSTGRES names one that is
# there already; `no` leaves it out.
if [ -z "${PITWALL_TEST_POSTGRES:-}" ]; then
    trap stop_postgres EXIT
    trap 'exit 1' INT TERM HUP
    if install_postgres && start_postgres; then
        say "A PostgreSQL for the tests is at ${PITWALL_TEST_POSTGRES%%\?*}."
    else
        stop_postgres
        say "PostgreSQL can't be started: the tests that need it are skipped, and stores are tested on SQLite alone."
    fi
fi
[ "${PITWALL_TEST_POSTGRES:-}" != no ] || unset PITWALL_TEST_POSTGRES

# Some of them also through a pooler, which leaves a program no connection of its own.
if [ -n "${PITWALL_TEST_POSTGRES_FOLDER:-}" ] && [ -z "${PITWALL_TEST_PGBOUNCER:-}" ]; then
    [ -x /usr/sbin/pgbouncer ] || (install_missing pgbouncer) || true
    start_pgbouncer || say "PgBouncer can't be started: the tests that need it are skipped."
fi

# A crash ends at once instead of symbolising for a minute.
export SWIFT_BACKTRACE=enable=no

swift build --build-tests
# One at a time: many tests wait for servers and for the built program, and would otherwise hold every thread of the pool that the
# servers within the tests need to answer them.
swift test --skip-build --no-parallel "$@"
