#!/bin/sh
# The template engine beside others, each figure of one run.
#
#     Benchmarks/templates.sh                              builds in release first; everything, some minutes
#     Benchmarks/templates.sh render parse allocations     one or more of: render, parse, allocations, cores, hostile, pages
#
# python-liquid and Jinja2 are installed into Benchmarks/templates/.build/venv.
set -eu
cd "$(dirname "$0")/templates"
swift build -c release --product bench
venv=.build/venv
if ! "$venv/bin/python3" -c 'import jinja2, liquid' 2>/dev/null; then
    python3 -m venv "$venv"
    "$venv/bin/python3" -m pip install --quiet --disable-pip-version-check python-liquid jinja2
fi
TEMPLATES_BENCH="$(swift build -c release --product bench --show-bin-path)/bench"
export TEMPLATES_BENCH
exec "$venv/bin/python3" run.py "$@"
