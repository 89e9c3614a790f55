#!/bin/sh
# Measures what the house promises, each figure beside its yardstick in the same run.
#
#     Benchmarks/run.sh                             builds in release first; everything, some minutes
#     Benchmarks/run.sh send ledger memory import   one or more of them
#     PITWALL_BIN=path Benchmarks/run.sh            takes this program
set -eu
cd "$(dirname "$0")/.."
if [ -z "${PITWALL_BIN:-}" ]; then
    . scripts/lib/setup.sh
    build_release
fi
exec python3 Benchmarks/bench.py "$@"
