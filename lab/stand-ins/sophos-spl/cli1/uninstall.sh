#!/bin/sh
# Stand-in of the avshift lab; no vendor code.
set -eu
state=@home@/state
systemctl disable --now @unit@
rm -rf /opt/sophos-spl /usr/lib/systemd/system/@unit@
systemctl daemon-reload
