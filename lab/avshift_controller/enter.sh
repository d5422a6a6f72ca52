#!/bin/sh
# Makes the root in a new mount, process, IPC and control group namespace, and stays as its first process.
# enter.sh ROOT CHECKOUT CACHE COMMON-GIT-FOLDER-OR-NOTHING, then POINT VERSION OPTIONS of each control group hierarchy.
set -eu

root=$1 checkout=$2 cache=$3 git=$4
shift 4
inside=/avshift/ansible_collections/avshift/endpoint

mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t tmpfs -o mode=0755 tmpfs "$root/run"
find "$root/tmp" "$root/var/tmp" -xdev -mindepth 1 -delete
chmod 1777 "$root/tmp" "$root/var/tmp"
rm -f "$root/etc/resolv.conf"
# A resolver of the machine's own is not reached on another network's loopback; there this address leads to it.
resolver=169.254.1.53
sed "s/^nameserver \(127\..*\|::1\)\$/nameserver $resolver/" /etc/resolv.conf >"$root/etc/resolv.conf"
cp /etc/hosts "$root/etc/hosts"

# What is below them is this group's alone, since the namespace begins there.
mount -t tmpfs -o mode=0755 tmpfs "$root/sys/fs/cgroup"
while [ $# -gt 0 ]; do
    if [ "$2" = 2 ]; then
        kind=cgroup2 options=rw
    else
        kind=cgroup options=$3
    fi
    mkdir -p "$root$1"
    mount -t "$kind" -o "$options" cgroup "$root$1"
    shift 3
done

mkdir -p "$root$inside"
mount --bind "$checkout" "$root$inside"
mount --bind "$cache" "$root$inside/.cache"
if [ -n "$git" ]; then
    mkdir -p "$root$git"
    mount --bind "$git" "$root$git"
fi

cd "$root"
mkdir -p .outside
pivot_root . .outside
umount -l /.outside
cd /

# Commands have a network of their own; this process stays in the machine's, as does the program that leads out of it.
: >/run/controller.net
unshare --net=/run/controller.net ip link set lo up
pasta --config-net --runas 0:0 --quiet --tcp-ports none --udp-ports none --dns-forward "$resolver" \
    --netns /run/controller.net --pid /run/pasta.pid ||
    echo "the network of the root has no way out: pasta failed" >&2
: >/run/controller.ready
exec python3 -c '
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
while signal.sigwait([signal.SIGCHLD]):
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        continue
'
