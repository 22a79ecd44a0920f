#!/bin/sh
# Makes what compose.yaml names: the three images, the list of system calls, and folders for the sockets.
#
#   deploy/compose/prepare.sh SARAI      the program; the engine is found as always (DOCKER_HOST is heeded)
set -eu

[ $# = 1 ] || { echo "usage: deploy/compose/prepare.sh SARAI" >&2; exit 2; }
sarai=$(cd "$(dirname "$1")" && pwd)/${1##*/}
cd "$(dirname "$0")"

for image in serve sql draft; do
    "$sarai" skill image "$image"
done
"$sarai" jail seccomp >.seccomp.json
mv .seccomp.json seccomp.json
mkdir -p databases run/sql run/draft
# Who listens there is nobody, outside too. Whoever may enter this folder may connect.
chmod 1777 run/sql run/draft
