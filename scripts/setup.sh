#!/bin/sh
# Installs what the build and the tests need beyond a Rust toolchain, and nothing that is there already.
#
#   scripts/setup.sh run     what building SARAi and fetching a model takes
#   scripts/setup.sh test    that, and what the tests drive: a browser, containers, clocks, Python's virtual environments
#                          and the reader of systemd's units
#
# When nothing is missing it says nothing and takes milliseconds. As root, or with sudo that asks for no password, it
# installs through apt; anywhere else it prints what to install and fails.
set -eu

case "${1:-}" in
    run | test) purpose=$1 ;;
    *) echo "usage: scripts/setup.sh run|test" >&2; exit 2 ;;
esac

missing=
# need PACKAGE CHECK...: Debian's package, unless the check succeeds.
need() {
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}

has_libclang() {
    [ -n "${LIBCLANG_PATH:-}" ] && return
    # Not libclang-cpp, which other programs bring and bindgen cannot use.
    for folder in /usr/lib/llvm-*/lib /usr/lib/*-linux-gnu /usr/lib64; do
        for library in "$folder"/libclang.so* "$folder"/libclang-[0-9]*.so*; do
            [ -e "$library" ] && return
        done
    done
    return 1
}

has_library() {
    for library in /usr/lib/*/"$1"; do
        [ -e "$library" ] && return
    done
    return 1
}

has_module() {
    python3 -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)' "$1"
}

check_rust() {
    wanted=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
    found=$(rustc --version 2>/dev/null | cut -d ' ' -f 2) || true
    oldest=$(printf '%s\n' "$wanted" "${found:-0}" | sort -V | head -n 1)
    if [ "$oldest" != "$wanted" ] || ! command -v cargo >/dev/null; then
        echo "SARAi is built with Rust $wanted or newer; found: ${found:-none}. Get it at https://rustup.rs" >&2
        exit 1
    fi
}

cd "$(dirname "$0")/.."
check_rust
need cmake command -v cmake
need g++ command -v c++
need libclang-dev has_libclang
need ca-certificates test -e /etc/ssl/certs/ca-certificates.crt
need python3 command -v python3
need python3-pip has_module pip
# The jail, and what links the programs in it statically.
need bubblewrap command -v bwrap
need libc6-dev test -e "$(c++ -print-file-name=libc.a 2>/dev/null)"
if [ "$purpose" = test ]; then
    # For systemd-analyze, which reads the unit that `sarai service` writes.
    need systemd command -v systemd-analyze
    need docker-compose command -v docker-compose
    need curl command -v curl
    need python3-venv has_module ensurepip
    need chromium command -v chromium
    need chromium-driver command -v chromedriver
    need dbus-daemon command -v dbus-daemon
    need libnotify-bin command -v notify-send
    # A clock that can be set while programs run.
    need libfaketime has_library faketime/libfaketimeMT.so.1
fi
[ -n "$missing" ] || exit 0

install="apt-get install --yes --no-install-recommends$missing"
if ! command -v apt-get >/dev/null; then
    echo "Missing (by the names of Debian's packages):$missing. Install them and run this again." >&2
    exit 1
elif [ "$(id -u)" = 0 ]; then
    as_root=
elif sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    echo "Missing:$missing. Run this line, then the command again:" >&2
    echo "    sudo apt-get update && sudo $install" >&2
    exit 1
fi

echo "Installing:$missing"
# Words are meant to be split: both variables hold several.
$as_root apt-get update --quiet=2 </dev/null
$as_root env DEBIAN_FRONTEND=noninteractive $install --quiet=2 </dev/null
