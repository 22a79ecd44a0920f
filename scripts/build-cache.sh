#!/bin/sh
# Prints the folder for what a build leaves behind, outside the checkout, so that a fresh clone builds in seconds:
#
#   export CARGO_TARGET_DIR=$(scripts/build-cache.sh)
#
# SARAi is built for the CPU that builds it. The name therefore ends in a digest of what this CPU can do and of the
# compiler: a cache that came from another computer is left alone instead of crashing on an unknown instruction.
set -eu

root=${SARAI_BUILD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sarai-build}
# x86 calls them flags, ARM features; their order means nothing. AMX is left alone (.cargo/config.toml).
cpu=$(sed -n 's/^\(flags\|Features\)[[:space:]]*: //p' /proc/cpuinfo | head -n 1 | tr ' ' '\n' | grep -v '^amx' | sort -u)
digest=$(printf '%s\n' "$cpu" "$(rustc --version --verbose)" | sha256sum | cut -c 1-12)
echo "$root/target-$digest"
