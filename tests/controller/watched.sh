#!/bin/sh
# Runs a command with everything but a checkout's .cache below overlays, and lists what it has written there:
# watched.sh CHECKOUT LIST COMMAND..., the list below .cache, too.
set -eu
if [ "${AVSHIFT_WATCHED:-}" != 1 ]; then
    AVSHIFT_WATCHED=1 exec unshare --mount --propagation private -- "$0" "$@"
fi
checkout=$1 list=$2
shift 2

# Seen by this process and its children alone.
mount -t tmpfs tmpfs /mnt
overlay() {
    mkdir -p "/mnt/$1/upper" "/mnt/$1/work"
    mount -t overlay -o "lowerdir=$2,upperdir=/mnt/$1/upper,workdir=/mnt/$1/work" overlay "$3"
}
mkdir /mnt/root
overlay machine / /mnt/root
for folder in /proc /sys /dev; do
    mount --rbind "$folder" "/mnt/root$folder"
done
# A resolver's address may be in it; what would be written there ends in an error.
mount --bind -o ro /run /mnt/root/run
mkdir -p "/mnt/root$checkout"
overlay checkout "$checkout" "/mnt/root$checkout"
mkdir -p "/mnt/root$checkout/.cache"
mount --bind "$checkout/.cache" "/mnt/root$checkout/.cache"

# Whoever enters a namespace begins at its root: that has to be this one.
mount --bind /mnt /mnt/root/mnt
cd /mnt/root
mkdir .outside
pivot_root . .outside
umount -l /.outside
cd /

# A file that never has a name, as apt's, shows in its folder alone.
written() {
    find /mnt/machine/upper /mnt/checkout/upper -mindepth 1 ! -path /mnt/machine/upper/tmp | sort
}
written >/mnt/before
status=0
"$@" || status=$?
written | comm -13 /mnt/before - >"$list"
exit $status
