#!/bin/sh
# Builds CPython 3.13 without the interpreter lock from Debian's source package.
#
#   build-free-threaded.sh [PREFIX]
#
# PREFIX is by default where `planner` looks:
# ${XDG_DATA_HOME:-~/.local/share}/planner/python/3.13t. About 8 minutes on two
# cores; JOBS=1 builds on one. The system's own sources of packages stay as they
# are: the source comes by a list of its own, from the mirror that apt uses. It
# comes without pip: use `uv pip install --python`, or `pip --python`.
set -eu

fail() {
    printf 'build-free-threaded: %s\n' "$1" >&2
    exit 1
}

prefix=${1:-${XDG_DATA_HOME:-$HOME/.local/share}/planner/python/3.13t}
case $prefix in
    /*) ;;
    *) prefix=$PWD/$prefix ;;
esac
jobs=${JOBS:-$(nproc)}

works() {
    "$prefix/bin/python3.13t" -c 'import ssl, zlib, ctypes, sys; assert not sys._is_gil_enabled()'
}
if works 2>/dev/null; then
    printf '%s is there already; remove %s to build it anew\n' \
        "$prefix/bin/python3.13t" "$prefix"
    exit 0
fi

command -v apt-get >/dev/null ||
    fail 'no apt-get: this script needs Debian or a relative; elsewhere run: uv python install 3.13t'
missing=
command -v cc >/dev/null || missing="$missing gcc libc6-dev"
command -v make >/dev/null || missing="$missing make"
command -v dpkg-source >/dev/null || missing="$missing dpkg-dev"
for header in zlib.h openssl/ssl.h ffi.h; do
    [ -n "$missing" ] && break
    printf '#include <%s>\n' "$header" | cc -E - >/dev/null 2>&1 || case $header in
        zlib.h) missing="$missing zlib1g-dev" ;;
        openssl/ssl.h) missing="$missing libssl-dev" ;;
        ffi.h) missing="$missing libffi-dev" ;;
    esac
done
[ -z "$missing" ] || fail "not installed, as root run: apt-get install$missing"

build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
trap 'exit 1' HUP INT TERM

# The Debian mirror that this system uses, for the suite that has 3.13.
mirror=$(apt-get indextargets --format '$(ORIGIN) $(SITE)' 'Created-By: Packages' |
    awk '$1 == "Debian" { print $2; exit }')
[ -n "$mirror" ] ||
    fail "apt knows no mirror of Debian; run: apt-get update (as root), else: uv python install 3.13t"
mkdir -p "$build/lists/partial" "$build/cache/archives/partial"
printf 'deb-src %s trixie main\n' "$mirror" >"$build/sources.list"
apt() {
    apt-get -qq -o Dir::Etc::sourcelist="$build/sources.list" -o Dir::Etc::sourceparts=- \
        -o Dir::State::lists="$build/lists" -o Dir::Cache="$build/cache" \
        -o APT::Sandbox::User= "$@"
}
apt update ||
    fail "the mirror $mirror gave no list of trixie's sources (deb-src); see apt's lines above"
cd "$build"
apt source python3.13 >/dev/null || fail 'the source package python3.13 could not be had; see above'

cd "$build"/python3.13-*/
log=$build/log
for step in \
    "./configure --quiet --disable-gil --without-ensurepip --prefix=$prefix" \
    "make -s -j$jobs" \
    'make -s install'; do
    $step >"$log" 2>&1 || {
        tail -n 30 "$log" >&2
        fail "failed, its last lines are above: $step"
    }
done
works ||
    fail "built, but not free of the lock or without ssl, zlib or ctypes: $prefix"
printf 'built %s\n' "$prefix/bin/python3.13t"
