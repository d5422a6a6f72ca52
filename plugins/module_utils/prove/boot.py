# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# Runs on endpoints: standard library only, Python 3.6 and newer.
"""Check that units run now and will start again at boot."""

from ..linux import systemd
from ..posix.errors import EndpointError
from .checks import BAD, OK, UNKNOWN, check


def prove(names):
    """Return one check per unit: active and enabled."""
    try:
        shown = systemd.show(names)
    except EndpointError as error:
        return [check("unit:" + name, UNKNOWN, str(error)) for name in names]
    return [_judge(name, shown[name]) for name in names]


def _judge(name, unit):
    right = unit["ActiveState"] == "active" and unit["UnitFileState"] == "enabled"
    detail = "%s, %s at boot" % (unit["ActiveState"], unit["UnitFileState"] or "unknown to systemd")
    return check("unit:" + name, OK if right else BAD, detail)
