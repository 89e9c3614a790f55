#!/usr/bin/env bash
# Fuzzes one of the rooms that read what strangers write, with libFuzzer and AddressSanitizer.
#
#     scripts/fuzz.sh parser|renderer|front-matter|inliner [SECONDS]    ten minutes unless it is said
#     scripts/fuzz.sh TARGET FILE...                            runs only these inputs
#
# Stops at the first finding, leaves it in scripts/fuzz/.build/TARGET/findings and says so. What was found once belongs into
# the tests of its room.
set -euo pipefail
cd "$(dirname "$0")/fuzz"
target="${1:?which target? See the head of this script}"
shift
# A crash is libFuzzer's to tell.
export SWIFT_BACKTRACE=enable=no FUZZ_TARGET="$target"
swift build -c release --product fuzz -j 2
fuzzer="$(swift build -c release --show-bin-path)/fuzz"
work=".build/$target"
mkdir -p "$work/corpus" "$work/findings"
if [ $# -gt 0 ] && [ -e "$1" ]; then exec "$fuzzer" "$@"; fi

# What people write is where to start.
case "$target" in
parser | renderer)
    for file in ../../Templates/*.* ../../Templates/*/*.*; do cp "$file" "$work/corpus/$(basename "$(dirname "$file")")-$(basename "$file")"; done
    cp seeds/"$target"/* "$work/corpus/"
    python3 seeds/golden.py "$target" "$work/corpus"
    ;;
front-matter) cp ../../Templates/*.* ../../pitwall.yaml ../../Campaigns/*.yaml "$work/corpus/" ;;
inliner)
    cp ../../Templates/layouts/*.html ../../Templates/partials/*.html "$work/corpus/"
    cp ../../../shared/data/newsletters/*.html "$work/corpus/" 2>/dev/null || echo "The newsletters are not there: starting without them."
    ;;
esac
exec "$fuzzer" "$work/corpus" -dict="seeds/$target.dict" -artifact_prefix="$work/findings/" -max_total_time="${1:-600}" \
    -max_len=4000 -timeout=20 -rss_limit_mb=1500 -malloc_limit_mb=200 -print_final_stats=1 -use_value_profile=1 -report_slow_units=2
