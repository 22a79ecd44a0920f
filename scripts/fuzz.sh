#!/bin/sh
# Runs each fuzz target for some seconds, and fails when one finds something:
#
#   scripts/fuzz.sh 60             all of fuzz/fuzz_targets
#   scripts/fuzz.sh 60 snapshot    some of them
#
# The compiler of the house is enough: libFuzzer comes as a crate, and the flags that cargo-fuzz would give it stand
# here. The address sanitizer is unstable, which RUSTC_BOOTSTRAP admits for this build alone. What it builds and what it
# learns (the corpus) stay in the build cache; an input that breaks something is named in the last lines.
set -eu

case "${1:-}" in
    '' | *[!0-9]* | 0) echo "usage: scripts/fuzz.sh SECONDS [TARGET...]" >&2; exit 2 ;;
esac
seconds=$1
shift
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root/fuzz"
if [ $# = 0 ]; then
    for file in fuzz_targets/*.rs; do set -- "$@" "$(basename "$file" .rs)"; done
fi

cache=$("$root/scripts/build-cache.sh")/fuzz
triple=$(rustc --version --verbose | sed -n 's/^host: //p')
export CARGO_TARGET_DIR="$cache" RUSTC_BOOTSTRAP=1
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 -Cdebug-assertions -Coverflow-checks \
-Zsanitizer=address -Cforce-frame-pointers"

# With the triple named, build scripts and macros are built without the flags.
for target in "$@"; do
    cargo build --locked --release --target "$triple" --bin "$target"
done

# A template may take all the steps that it has, which instrumented code does not do in a second.
fuzz() {
    mkdir -p "$cache/corpus/$1" "$cache/findings/$1"
    echo "fuzz: $1 for $seconds s"
    if "$cache/$triple/release/$1" "$cache/corpus/$1" "seeds/$1" \
        -max_total_time="$seconds" -max_len=4096 -timeout=30 -rss_limit_mb=2048 -len_control=20 \
        -verbosity=0 -print_funcs=0 -print_final_stats=1 -artifact_prefix="$cache/findings/$1/"; then
        echo "fuzz: $1 found nothing"
    else
        echo "fuzz: $1 FOUND SOMETHING, see above and $cache/findings/$1"
        return 1
    fi
}

# All at once, each with a thread of its own; what they say comes one behind the other.
running=
for target in "$@"; do
    fuzz "$target" >"$cache/$target.log" 2>&1 &
    running="$running $target:$!"
done
status=0
for one in $running; do
    wait "${one#*:}" || status=1
    cat "$cache/${one%:*}.log"
done
exit "$status"
