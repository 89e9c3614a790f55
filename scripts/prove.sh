#!/bin/sh
# The proof at full size: twenty thousand people, a mail server that was not written here, every way it can misbehave, and twenty
# kills in one campaign. Takes some minutes; prints what was verified and ends with 1 when something is off.
#
#     scripts/prove.sh                     builds in release first
#     PITWALL_BIN=path scripts/prove.sh    takes this program
#     scripts/prove.sh --people 2000       smaller
set -eu
cd "$(dirname "$0")/.."
if [ -z "${PITWALL_BIN:-}" ]; then
    . scripts/lib/setup.sh
    build_release
fi
exec python3 scripts/prove.py "$@"
