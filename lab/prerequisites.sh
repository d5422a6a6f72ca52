#!/bin/sh
# Installs what the lab and the tests in a browser need on a Debian machine, and raises one of the kernel's limits until the next restart. Changes
# nothing when everything is there. "prerequisites.sh controller" installs only what lab/controller needs, "prerequisites.sh windows" only
# what builds the packages of tests/windows-acceptance.
set -eu

# Debian's keys are what its images are checked with: on another distribution they do not come with apt.
packages='podman runc openssh-client mmdebstrap debian-archive-keyring conmon netavark aardvark-dns fuse-overlayfs uidmap gcc libc6-dev dpkg-dev rpm iptables ca-certificates python3 python3-venv shellcheck chromium python3-hivex msitools wixl'
case ${1:-} in
controller) packages='mmdebstrap debian-archive-keyring ca-certificates python3' ;;
windows) packages='wixl msitools gcc-mingw-w64-x86-64-win32 python3-olefile' ;;
esac
# Ubuntu has Chromium as a snap alone, and no package of that name: a browser that is there already does.
if command -v google-chrome >/dev/null 2>&1; then
    packages=$(echo "$packages" | sed 's/ chromium / /')
fi
# A host takes six or seven inotify instances, and its systemd ends at once where none is left. 128 is usual.
instances=/proc/sys/fs/inotify/max_user_instances
wanted=512

is_installed() {
    [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

if [ "$(cat "$instances")" -lt "$wanted" ] && ! { echo "$wanted" >"$instances"; } 2>/dev/null; then
    echo "lab prerequisites: $instances: it cannot be raised to $wanted here. Bring up 20 hosts at once at most." >&2
fi

missing=''
if command -v dpkg-query >/dev/null 2>&1; then
    for package in $packages; do
        is_installed "$package" || missing="$missing $package"
    done
else
    missing=" $packages"
fi
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "lab prerequisites missing:$missing: this needs root and apt. Install them and run this again." >&2
    exit 1
fi

export DEBIAN_FRONTEND=noninteractive
echo "installing what the lab needs:$missing"
apt-get -qq update
# shellcheck disable=SC2086  # a list of words
apt-get -qq --yes install --no-install-recommends $missing >/dev/null
