# Shared by the scripts: what has to be on the machine, and how it gets there. Source it; it runs nothing by itself.

# Debian's names of the C libraries that pitwall is built on.
PITWALL_LIBRARIES="libcurl4-openssl-dev libssl-dev libgumbo-dev libcmark-gfm-dev libcmark-gfm-extensions-dev libidn2-dev libsqlite3-dev libpq-dev libjemalloc-dev"

say() { printf '%s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Installs those of the given Debian packages that are missing, and says which.
install_missing() {
    command -v dpkg-query >/dev/null 2>&1 || { say "This is no Debian: make sure that these are installed: $*"; return 0; }
    local missing=""
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    local root=""
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null 2>&1 || fail "these packages are missing and need root to be installed:$missing"
        root="sudo"
    fi
    say "Installing:$missing"
    $root apt-get update -qq >/dev/null || fail "the list of packages can't be had: is there a network?"
    DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
        fail "these packages can't be installed:$missing"
}

need_swift() {
    command -v swift >/dev/null 2>&1 || fail "there is no swift: install Swift 6.2 or later from https://swift.org/install"
}

# Builds pitwall for use and names it in PITWALL_BIN. Swift's own libraries become part of it where the toolchain has them in that form:
# finding and binding eight of them took 10 of the 25 ms of CPU that the program needs to start.
#
# Packed relocations are 25 kB where plain ones are 3 MB, all of which starting reads and keeps in memory; the C library understands them
# from 2.36 on. The program stays one that is loaded at another address each time.
build_release() {
    local static="" packed=""
    if [ "$(printf 'glibc 2.36\n%s\n' "$(getconf GNU_LIBC_VERSION 2>/dev/null)" | sort -V | head -1)" = "glibc 2.36" ]; then
        packed="-Xlinker -z -Xlinker pack-relative-relocs"
    fi
    [ ! -d "$(dirname "$(readlink -f "$(command -v swift)")")/../lib/swift_static" ] || static="--static-swift-stdlib"
    # What the linker says of glibc's `mktemp` is about a function of Foundation that nobody here calls.
    swift build -c release $static $packed --product pitwall
    PITWALL_BIN="$(swift build -c release $static $packed --product pitwall --show-bin-path)/pitwall"
    export PITWALL_BIN
}
