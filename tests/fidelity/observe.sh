#!/bin/sh
# Writes into FOLDER what a lab host holds now, by the system's own tools: its files, packages, what they own, groups,
# accounts, and the names below /run, which is in memory and not in the snapshot.
# usage: tests/fidelity/observe.sh CONTAINER FOLDER
set -eu

if [ $# -ne 2 ]; then
    echo "observe refused: $#: a container's name and a folder are needed. See the usage in this file." >&2
    exit 2
fi
container=$1
folder=$2
lab=$(CDPATH='' cd -- "$(dirname -- "$0")/../../lab" && pwd)
CONTAINERS_CONF=$lab/containers.conf
export CONTAINERS_CONF

inside() {
    podman exec --env LC_ALL=C "$container" "$@"
}

mkdir -p "$folder"
"$lab/snapshot.sh" "$container" >"$folder/files"
# shellcheck disable=SC2016  # for dpkg-query
inside dpkg-query --show --showformat='${Package}\t${Version}\t${Status}\n' >"$folder/packages"
inside sh -c 'cd /var/lib/dpkg/info && grep -H "" -- *.list' >"$folder/owned"
inside cat /etc/group >"$folder/groups"
inside cat /etc/passwd >"$folder/accounts"
inside find /run -xdev >"$folder/run"
