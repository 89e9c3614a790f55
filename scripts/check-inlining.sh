#!/usr/bin/env bash
# Compares pages before and after their styles went into the elements, in Chromium, element by element: the newsletters beside the
# repository, made-up pages (PITWALL_SEED, PITWALL_ROUNDS), and what Python's premailer makes of the same newsletters.
# It is a script of its own since Chromium is 300 MB: scripts/test.sh skips these tests where there is none.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib/setup.sh

need_swift
install_missing $PITWALL_LIBRARIES chromium python3 python3-venv

newsletters=${PITWALL_NEWSLETTERS:-../shared/data/newsletters}
export PITWALL_PREMAILER=$PWD/.build/premailer
venv=.build/premailer-venv
rm -rf "$PITWALL_PREMAILER"
if [ -d "$newsletters" ]; then
    [ -x "$venv/bin/python3" ] || python3 -m venv "$venv"
    "$venv/bin/python3" -c 'import premailer' 2>/dev/null || "$venv/bin/python3" -m pip install --quiet --disable-pip-version-check premailer
    mkdir -p "$PITWALL_PREMAILER"
    "$venv/bin/python3" - "$newsletters" "$PITWALL_PREMAILER" <<'PY'
import logging, pathlib, sys
from premailer import Premailer

logging.disable(logging.CRITICAL)
# It would also write align="center" and the like, which move what the styles alone leave where it is.
attributes = ["align", "valign", "bgcolor", "background", "width", "height"]
source, target = map(pathlib.Path, sys.argv[1:])
for page in sorted(source.glob("*.html")):
    html = page.read_text(encoding="utf-8")
    (target / page.name).write_text(Premailer(html, disable_validation=True, disable_basic_attributes=attributes).transform(), encoding="utf-8")
PY
else
    say "There are no newsletters at $newsletters: only made-up pages are compared."
fi

export SWIFT_BACKTRACE=enable=no
swift test --no-parallel --filter InliningInChromiumTests "$@"
