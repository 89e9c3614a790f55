#!/bin/bash
# The proof that many machines share a campaign: three hosts in network namespaces, each with its clock wrong in its own way, and a PostgreSQL
# and a mail server that was not written here behind virtual wires. Senders are killed, frozen past their lease and cut off at random.
# Nobody may be sent a message twice, and nobody be left out. Needs root for the namespaces, and says so where it can't run.
#
#     scripts/prove-machines.sh                     ten minutes; builds in release first
#     PITWALL_BIN=path scripts/prove-machines.sh --minutes 3 --seed 7
set -eu
cd "$(dirname "$0")/.."
. scripts/lib/setup.sh
. scripts/lib/postgres.sh
skip() { say "skipped: $*"; exit 0; }
[ "$(id -u)" = 0 ] || skip "only root may make network namespaces"
command -v ip >/dev/null 2>&1 || skip "there is no ip: install iproute2"
ip netns add pitwall-try 2>/dev/null && ip netns del pitwall-try || skip "this system makes no network namespaces"
[ -e ../shared/tools/smtp_witness.py ] || skip "../shared/tools/smtp_witness.py, the mail server of somebody else's, is not there"
install_postgres || skip "PostgreSQL can't be installed"
[ -n "${PITWALL_BIN:-}" ] || build_release
export PITWALL_POSTGRES_PROGRAMS="$(postgres_programs)" PITWALL_BIN
exec python3 scripts/prove-machines.py "$@"
