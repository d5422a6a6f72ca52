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
exec sh -c "$last"
