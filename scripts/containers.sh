#!/bin/sh
# Starts a container engine of the tests' own, without systemd and without pulling anything:
#
#   scripts/containers.sh start DIR [podman|docker]    prints the path of its socket, which answers Docker's API
#   scripts/containers.sh stop DIR [podman|docker]     ends it with all its containers and removes what it made
#
# Without a name, Podman is meant. What is missing is installed through apt. All state is in DIR, and each engine runs
# in mount and process namespaces of its own: when their first process ends, nothing of it is left running or mounted.
set -eu

usage() {
    echo "usage: scripts/containers.sh start|stop DIR [podman|docker]" >&2
    exit 2
}

[ $# = 2 ] || [ $# = 3 ] || usage
action=$1 engine=${3:-podman}
case "$action" in start | stop) ;; *) usage ;; esac
case "$engine" in podman | docker) ;; *) usage ;; esac
mkdir -p "$2"
state=$(cd "$2" && pwd)/$engine
socket=$state/$engine.sock
# Docker is told this name; Podman has one of its own for everything.
cgroup=sarai-$(printf '%s' "$state" | cksum | cut -d ' ' -f 1)

fail() {
    echo "scripts/containers.sh: $*" >&2
    exit 1
}

# The path of a Unix socket holds 107 bytes.
[ "${#socket}" -le 107 ] || fail "$socket is too long for a socket; take a folder with a shorter path"

# The process outside the namespaces, which waits for the first one inside. A number alone may by now be another's.
running() {
    [ -s "$state/pid" ] && grep -qzF "unix://$socket" "/proc/$(cat "$state/pid")/cmdline" 2>/dev/null
}

ended() {
    case "$(cut -d ' ' -f 3 "/proc/$1/stat" 2>/dev/null)" in '' | Z) ;; *) return 1 ;; esac
}

answers() {
    [ -S "$socket" ] && python3 -c '
import socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.settimeout(10)
connection.connect(sys.argv[1])
connection.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
sys.exit(not connection.makefile("rb").read().endswith(b"OK"))
' "$socket" 2>/dev/null
}

# need PACKAGE PROGRAM: the package, unless the program is there.
missing=
need() {
    command -v "$2" >/dev/null || missing="$missing $1"
}

install_missing() {
    PATH=$PATH:/usr/sbin:/sbin
    need python3 python3
    need runc runc
    case "$engine" in
        podman) need podman podman ;;
        docker) need docker.io dockerd ;;
    esac
    [ -n "$missing" ] || return 0
    command -v apt-get >/dev/null || fail "missing (by the names of Debian's packages):$missing"
    echo "Installing:$missing" >&2
    # Words are meant to be split: it holds several.
    { apt-get update --quiet=2 && DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --no-install-recommends --quiet=2 $missing; } </dev/null >&2
}

# Both engines ask for more open files and processes than a computer may allow, unless they are told otherwise.
configure_podman() {
    cat >"$state/containers.conf" <<END
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
netns = "none"

[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
tmp_dir = "$state/tmp"

[network]
network_config_dir = "$state/networks"
END
    cat >"$state/storage.conf" <<END
[storage]
driver = "overlay"
graphroot = "$state/data"
runroot = "$state/run"
END
}

# What runs in the namespaces. A shell stays its first process, because somebody has to collect orphans there; and
# Podman's locks lie in /dev/shm. It starts in the engine's folder, where what watches a container may leave a file.
command_inside() {
    case "$engine" in
        podman)
            configure_podman
            export CONTAINERS_CONF="$state/containers.conf" CONTAINERS_STORAGE_CONF="$state/storage.conf"
            set -- podman system service --time 0 "unix://$socket"
            ;;
        docker)
            set -- dockerd --host "unix://$socket" --data-root "$state/data" --exec-root "$state/run" \
                --pidfile "$state/dockerd.pid" --storage-driver overlay2 --cgroup-parent "/$cgroup" \
                --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false --bridge=none \
                --userland-proxy=false --default-ulimit nofile=1024:1024 --default-ulimit nproc=1024:1024
            ;;
    esac
    setsid unshare --mount --propagation slave --pid --fork --kill-child=KILL --mount-proc -- \
        sh -c 'cd "$0"; mount -t tmpfs tmpfs /dev/shm; "$@" & wait $!' "$state" "$@" >"$state/log" 2>&1 </dev/null &
    echo $! >"$state/pid"
}

start() {
    if running && answers; then
        echo "$socket"
        return
    fi
    [ "$(id -u)" = 0 ] || fail "needs root for namespaces and mounts; or set SARAI_TEST_ENGINE to an engine's socket"
    install_missing
    stop
    mkdir -p "$state"
    command_inside
    # Podman answers after 0.2 s, Docker after 1.5 s; a computer that is busy needs longer.
    attempts=300
    until answers; do
        attempts=$((attempts - 1))
        if [ "$attempts" = 0 ] || ended "$(cat "$state/pid")"; then
            tail -n 20 "$state/log" >&2
            stop
            fail "$engine did not start; the last lines of its log are above"
        fi
        sleep 0.1
    done
    echo "$socket"
}

stop() {
    if running; then
        pid=$(cat "$state/pid")
        inside=$(cat "/proc/$pid/task/$pid/children")
        # Without its first process the kernel ends all the others of the namespace and forgets its mounts.
        kill -KILL ${inside:-$pid} 2>/dev/null || true
        attempts=100
        while running && [ "$attempts" -gt 0 ]; do
            attempts=$((attempts - 1))
            sleep 0.05
        done
    fi
    # Only empty groups can be removed: those of another Podman stay, wherever it has something in them.
    for group in /sys/fs/cgroup/libpod_parent /sys/fs/cgroup/*/libpod_parent \
        "/sys/fs/cgroup/$cgroup" /sys/fs/cgroup/*/"$cgroup"; do
        [ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
    done
    rm -rf "$state"
}

"$action"
