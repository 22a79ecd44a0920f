#!/bin/sh
# Builds the skill as one static program, which needs nothing in its jail.
set -eu
cd "$(dirname "$0")"
target=$(rustc -vV | sed -n 's/^host: //p')
RUSTFLAGS="${RUSTFLAGS:-} -C target-feature=+crt-static" cargo build --release --target "$target"
mkdir -p bin
# In one step: a skill that runs keeps its old program.
cp "${CARGO_TARGET_DIR:-target}/$target/release/{{name}}" "bin/.{{name}}.new"
mv "bin/.{{name}}.new" "bin/{{name}}"
