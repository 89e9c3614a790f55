#!/usr/bin/env bash
# From a fresh clone to a sent newsletter: installs the libraries that are missing, builds, and runs the main job in demo/ against
# a mail server on this machine that keeps what it gets. Nothing leaves the machine. May be run again; then it takes seconds.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib/setup.sh

demo=demo
inbox=""
end_inbox() { [ -z "$inbox" ] || { kill -INT "$inbox" 2>/dev/null || true; wait "$inbox" 2>/dev/null || true; inbox=""; }; }
trap end_inbox EXIT

title() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] && [ -z "${NO_COLOR:-}" ] || title() { printf '\n%s\n' "$*"; }
# Shows a command as a user would type it in the demo workspace, then runs it there.
run() { printf '\n$ pitwall'; printf ' %s' "$@"; printf '\n'; (cd "$demo" && "$pitwall" "$@"); }

title "1. Libraries"
need_swift
install_missing $PITWALL_LIBRARIES
say "All there."

title "2. Build (the first one takes some minutes)"
build_release
pitwall="$PITWALL_BIN"

title "3. A workspace in $demo/"
if [ -e "$demo" ]; then
    [ -f "$demo/.made-by-quickstart" ] || fail "$demo/ is there and was not made by this script: move it away"
    rm -rf "$demo"
fi
mkdir -p "$demo"
touch "$demo/.made-by-quickstart"
cp -r pitwall.yaml Templates Segments Campaigns Examples "$demo/"
# The examples end some day in the past; made anew they end today, so that "in the last 30 days" finds somebody.
if command -v python3 >/dev/null 2>&1; then
    python3 scripts/make_examples.py --end today --out "$demo/Examples" >/dev/null
fi
say "The sample templates, segments and campaigns of this repository, with example people."

title "4. A mail server that keeps what it gets"
"$pitwall" inbox --port 0 --out "$demo/outbox" 2>"$demo/inbox.log" &
inbox=$!
for _ in $(seq 100); do
    grep -q 'smtp://' "$demo/inbox.log" && break
    kill -0 "$inbox" 2>/dev/null || { cat "$demo/inbox.log" >&2; fail "the inbox did not start"; }
    sleep 0.1
done
PITWALL_RELAY_URL="$(grep -o 'smtp://[0-9.]*:[0-9]*' "$demo/inbox.log" | head -n 1)"
[ -n "$PITWALL_RELAY_URL" ] || fail "the inbox did not say where it listens"
export PITWALL_RELAY_URL
say "pitwall inbox listens on $PITWALL_RELAY_URL"

title "5. People, what they agreed to, what they did"
run import contacts Examples/contacts.csv
run import consent Examples/consent.csv
run import events Examples/events.jsonl
run import suppressions Examples/suppressions.csv

title "6. Who, what, and what it would look like"
run segments list
run plan spring-launch
run preview spring-launch --sample 3
run preview spring-launch --sample 3 --out preview

title "7. Send"
run send spring-launch --yes

title "8. What was sent"
run log spring-launch --limit 5
end_inbox

title "Where to look"
cat <<TEXT
  $demo/outbox/index.html      every message that arrived, as its reader sees it
  $demo/preview/               three of them as .html, .txt and .eml

Next, in $demo/ (put $(dirname "$pitwall") in your PATH):
  pitwall inbox                                 start the mail server again, in another terminal
  pitwall segments count pricing                looked at the price list, did not buy
  pitwall segments show lapsed --limit 5
  pitwall contacts show EMAIL                   one person: attributes, consent, events, messages
  pitwall send lapsed --test-to you@example.com
  pitwall serve --only web                      answer the unsubscribe links
  pitwall doctor
TEXT
