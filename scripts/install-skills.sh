#!/bin/sh
# Puts the jail and the built-in skills where the program looks for them: beside itself.
#
#   scripts/install-skills.sh BUILT BESIDE SKILL...
#
# A skill's folder is made of what its source folder says and the program that was built for it. Each is put there whole,
# so that a running daemon never reads half of one.
set -eu

built=$1 beside=$2
shift 2
cd "$(dirname "$0")/.."
mkdir -p "$beside/skills"
for program in sarai-jail sarai-probe; do
    cp "$built/$program" "$beside/.$program"
    mv "$beside/.$program" "$beside/$program"
done
for skill in "$@"; do
    new=$beside/skills/.$skill
    rm -rf "$new"
    mkdir -p "$new/bin"
    cp "skills/$skill/SKILL.md" "skills/$skill/sarai.skill.toml" "$new"
    cp "$built/sarai-skill-$skill" "$new/bin/"
    if cmp -s "$new/bin/sarai-skill-$skill" "$beside/skills/$skill/bin/sarai-skill-$skill" &&
        diff -r "$new" "$beside/skills/$skill" >/dev/null; then
        rm -rf "$new"
        continue
    fi
    rm -rf "$beside/skills/$skill"
    mv "$new" "$beside/skills/$skill"
done
