# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Ask the kernel which IPsec policies and states use a mark, without a program: linux/xfrm.h."""

import os
import struct

from . import netlink

PROTOCOL = 6
GET_STATES, STATE, GET_POLICIES, POLICY = 18, 16, 21, 19
MARK, SET_MARK = 21, 29
NUMBER = struct.Struct("=I")
# struct xfrm_selector, then xfrm_userpolicy_info and xfrm_usersa_info, each aligned for this CPU.
SELECTOR = "16s16s5H3BiI"
SIZES = {
    POLICY: struct.calcsize("@" + SELECTOR + "12Q2I4B0Q"),
    STATE: struct.calcsize("@" + SELECTOR + "16sIB3x16s12Q5IH3B0Q"),
}
KINDS = {POLICY: "policy", STATE: "state"}
# The kernel's side of each protocol is listed here. Asking for one that is not there would load its module.
SOCKETS = "/proc/net/netlink"
# A policy may also be set through this older interface.
KEY_SOCKETS = "/proc/net/pfkey"


def marked():
    """Return [(mark as a number, what uses it)]. Raises OSError where the kernel does not answer."""
    if not _is_there():
        if os.path.exists(KEY_SOCKETS):
            raise OSError("the kernel has PF_KEY, and no netlink to ask for what was set by it")
        return []
    asked = {POLICY: GET_POLICIES, STATE: GET_STATES}
    return [found for kind in sorted(asked) for found in marked_in(netlink.dump(PROTOCOL, asked[kind], b""))]


def marked_in(data):
    """Yield (mark as a number, what uses it) of each policy and state in netlink messages (bytes). Never raises."""
    for kind, content in netlink.messages(data):
        if kind not in SIZES:
            continue
        told = dict(netlink.attributes(content[netlink.HEADER.size + SIZES[kind] :]))
        if len(told.get(MARK, b"")) == 2 * NUMBER.size:
            mark, mask = struct.unpack("=II", told[MARK])
            yield mark, "%s for packets marked %s/%x" % (KINDS[kind], hex(mark), mask)
        if len(told.get(SET_MARK, b"")) == NUMBER.size:
            mark = NUMBER.unpack(told[SET_MARK])[0]
            yield mark, "%s that marks packets %s" % (KINDS[kind], hex(mark))


def _is_there():
    """Return True if the kernel's side of the protocol is there, or if that cannot be ruled out."""
    if not os.path.exists(SOCKETS):
        return True
    with open(SOCKETS, encoding="ascii", errors="replace") as stream:
        return any(line.split()[1:3] == [str(PROTOCOL), "0"] for line in stream)
