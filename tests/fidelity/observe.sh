#!/bin/sh
# Writes into FOLDER what a lab host holds now, by the system's own tools: its files, packages, what they own, groups,
# accounts, the names below /run, which is in memory and not in the snapshot, and the rules of its firewalls.
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

# rpm writes beside a database that it only reads, so it gets a copy in memory.
rpm_says() {
    # shellcheck disable=SC2016  # for the shell inside
    inside sh -eu -c 'copy=/run/observed-rpm
        command -v rpm >/dev/null || exit 0
        cp -RL "$(rpm --eval %_dbpath)" "$copy"
        rpm --dbpath "$copy" -qa --qf "$1"
        rm -rf "$copy"' - "$1"
}

mkdir -p "$folder"
"$lab/snapshot.sh" "$container" >"$folder/files"
# shellcheck disable=SC2016  # for dpkg-query
inside sh -eu -c 'command -v dpkg-query >/dev/null || exit 0; dpkg-query --show --showformat="$1"' - \
    '${Package}\t${Version}\t${Status}\n' >"$folder/packages"
inside sh -eu -c '[ -d /var/lib/dpkg/info ] || exit 0; cd /var/lib/dpkg/info; grep -H "" -- *.list' >"$folder/owned"
rpm_says '%{NAME}\t%{VERSION}-%{RELEASE}\tinstalled\n' >>"$folder/packages"
rpm_says '[%{=NAME}.list:%{FILENAMES}\n]' >>"$folder/owned"
inside cat /etc/group >"$folder/groups"
inside cat /etc/passwd >"$folder/accounts"
inside find /run -xdev >"$folder/run"
# What counts packets or says when it was listed is left out, so that two moments can be compared.
# shellcheck disable=SC2016  # for the shell inside
inside sh -eu -c 'for tool in iptables-legacy-save ip6tables-legacy-save iptables-save ip6tables-save; do
        command -v "$tool" >/dev/null || continue
        listed=$("$tool")
        printf "%s\n" "$listed" | sed -n -e "s/ \[[0-9]*:[0-9]*\]$//" -e "/^[#]/d" -e "/./s/^/$tool: /p"
    done
    for family in -4 -6; do
        command -v ip >/dev/null || continue
        listed=$(ip "$family" rule show)
        printf "%s\n" "$listed" | sed "s/[[:space:]]\{1,\}/ /g; s/^/ip $family rule: /"
    done
    command -v nft >/dev/null || exit 0
    listed=$(nft -nn -s list ruleset)
    printf "%s\n" "$listed" | sed -n "/[^[:space:]]/s/^[[:space:]]*/nft: /p"' >"$folder/firewall"
