#!/bin/sh
# A connection to a host that is this machine, until the host is gone.
home=$(dirname "$0")
if [ -e "$home/gone" ]; then
    echo "ssh: connect to host web port 22: No route to host" >&2
    exit 255
fi
for last; do :; done
# A host may have several Pythons of its own.
[ ! -d "$home/bin" ] || PATH="$(cd "$home/bin" && pwd):$PATH"
sh -c "$last"
status=$?
# Where a program is not there, take what is still being sent to it, as ssh does: Ansible calls a host unreachable whose
# connection ends in the middle of that.
[ "$status" -lt 126 ] || timeout 1 cat >/dev/null
exit "$status"
