#!/bin/sh
# Installs what the lab needs on a Debian machine. Changes nothing when everything is there.
set -eu

packages='podman runc mmdebstrap conmon netavark aardvark-dns fuse-overlayfs uidmap gcc libc6-dev dpkg-dev iptables ca-certificates python3 python3-venv shellcheck'

is_installed() {
    [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

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
