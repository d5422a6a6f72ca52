#!/bin/sh
# Prints every file of a lab host: path, type, mode, uid:gid, size, mtime, sha256, link target.
# usage: lab/snapshot.sh CONTAINER > file
#
# One line a file, separated by tabs, sorted by path. Backslash, tab and newline in names are written \\, \t
# and \n. `-` stands for what a file does not have, `unreadable` for the sum of what a scanner blocks. Only what is on the host's own disks, and /tmp.
set -eu

if [ $# -ne 1 ]; then
    echo "snapshot refused: $#: one container's name is needed. Give it, as \`lab/fleet.py list\` shows it." >&2
    exit 2
fi
container=$1
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
CONTAINERS_CONF=$here/containers.conf
LC_ALL=C
export CONTAINERS_CONF LC_ALL

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The devices of / and /tmp tell which mount points below them are to be left out. xargs ends with 123 when
# a file could not be read.
# shellcheck disable=SC2016  # for the container's shell
inside='
export LC_ALL=C
select="( -path /proc -o -path /sys -o -path /dev -o -path /run ) -prune -o"
# Disks of an owner that a host has mounted where products and their data lie.
places="/ /tmp $(awk "\$5 ~ \"^/(opt|srv|var/lib|var/opt)/\" { print \$5 }" /proc/self/mountinfo)"
case $1 in
    files) find $places -xdev $select -printf "%p\0%y\0%m\0%U:%G\0%s\0%T@\0%l\0%D\0" ;;
    sums) find $places -xdev $select -type f -print0 | xargs -0 -r sha256sum -z -- 2>/dev/null || [ $? -eq 123 ] ;;
    devices) find $places -maxdepth 0 -printf "%D\n" ;;
esac'

in_container() {
    podman exec "$container" sh -c "$inside" sh "$1"
}

escaped() {
    sed -z 's/\\/\\\\/g; s/\t/\\t/g; s/\n/\\n/g'
}

in_container devices >"$folder/devices"
in_container files >"$folder/files"
in_container sums >"$folder/sums"

# `sum  path` with 64 digits and two blanks becomes `path`, `sum`.
sed -z -E 's/^(.{64})  /\1\x00/' "$folder/sums" | escaped | paste -z -d '\t' - - | tr '\0' '\n' |
    awk -F '\t' -v OFS='\t' '{ print $2, $1 }' | sort -t "$(printf '\t')" -k 1,1 -u >"$folder/sums.sorted"

escaped <"$folder/files" | paste -z -d '\t\t\t\t\t\t\t' - - - - - - - - | tr '\0' '\n' |
    awk -F '\t' -v OFS='\t' 'NR == FNR { own[$1]; next } $8 in own { $7 = $7 == "" ? "-" : $7; print }' \
        "$folder/devices" - | sort -t "$(printf '\t')" -k 1,1 -u >"$folder/files.sorted"

join -t "$(printf '\t')" -a 1 -e - -o 1.1,1.2,1.3,1.4,1.5,1.6,2.2,1.7 "$folder/files.sorted" "$folder/sums.sorted" |
    awk -F '\t' -v OFS='\t' '$2 == "f" && $7 == "-" { $7 = "unreadable" } { print }'
