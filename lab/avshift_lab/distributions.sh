# shellcheck shell=sh
# Makes a distribution's image boot as a host of the lab. It runs as root in a container of that image, with what the
# image itself has; what is there already is left as it is, and nothing is fetched for it. It prints the form of its packages.

export DEBIAN_FRONTEND=noninteractive LC_ALL=C

has() {
    for tool; do
        command -v "$tool" >/dev/null || return 1
    done
}

# A list of packages is needed to see what the distribution offers, and to install it.
lists() {
    if has apt-get; then
        ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1 || apt-get -qq update >&2
    elif has dnf; then
        [ -z "$(dnf --quiet repolist)" ] || dnf --quiet makecache >&2
    elif has zypper; then
        [ -z "$(zypper --quiet repos 2>/dev/null)" ] || zypper --quiet --non-interactive refresh >&2
    fi
}

add() {
    if has apt-get; then
        apt-get -qq --yes --no-install-recommends install "$@" >&2
    elif has dnf; then
        dnf --quiet --assumeyes install "$@" >&2
    elif has zypper; then
        zypper --quiet --non-interactive install --no-recommends "$@" >&2
    else
        echo "it has none of apt-get, dnf and zypper" >&2
        exit 1
    fi
}

lists
if ! has /sbin/init python3 perl ip ps find groupadd; then
    if has apt-get; then
        add systemd systemd-sysv libpam-systemd dbus python3 perl iproute2 procps adduser e2fsprogs
    elif has dnf; then
        add systemd python3 perl-interpreter perl-Getopt-Long perl-File-Path iproute procps-ng findutils util-linux \
            shadow-utils hostname tar gzip
    else
        add systemd systemd-sysvinit python3 perl iproute2 procps findutils util-linux shadow hostname tar gzip
    fi
fi
# ansible-core of the lab wants a newer Python than the own one of Enterprise Linux 8 and of Leap 15; it finds it itself.
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 8))'; then
    if has dnf; then add python3.12; else add python311; fi
fi
# What would change files by itself: two snapshots of an idle host have to be the same.
for timer in /usr/lib/systemd/system/*.timer /lib/systemd/system/*.timer; do
    [ ! -e "$timer" ] || ln -sf /dev/null "/etc/systemd/system/${timer##*/}"
done
# A container has no modules of its own, and no disk for a journal that grows.
ln -sf /dev/null /etc/systemd/system/systemd-modules-load.service
rm -rf /var/log/journal
rm -f /usr/sbin/policy-rc.d
if has rpm; then echo rpm; else echo deb; fi
