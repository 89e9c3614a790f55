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
    swift build -c release --product pitwall
    PITWALL_BIN="$(swift build -c release --product pitwall --show-bin-path)/pitwall"
    export PITWALL_BIN
fi
exec python3 scripts/prove.py "$@"
