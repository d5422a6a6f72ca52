#!/bin/sh
# Stand-in of the avshift lab; no vendor code.
set -eu
systemctl disable --now @unit@
rm -rf /opt/sophos-spl /etc/systemd/system/@unit@
systemctl daemon-reload
