# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Windows as the engine knows it. It is looked at, and a removal is foretold; nothing on it is changed."""

from __future__ import annotations

from ...plan.foretelling import Foretelling
from ...plan.platform import PathRules, Places, Platform
from . import names, planning
from .collected import collected
from .evidence import TABLE
from .forecast.made import made
from .forecast.texts import LIMITS, gone

WINDOWS = Platform(
    name="windows",
    table=TABLE,
    places=Places("", "", ""),
    paths=PathRules(name=names.name, parent=names.parent, above=lambda _path: ()),
    kinds={},
    order=(),
    collected=collected,
    file_endings=("exe", "dll", "sys", "msi"),
    further=planning.further,
    foretelling=Foretelling(planning.asked, made, gone, LIMITS),
)
