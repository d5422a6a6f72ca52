"""Moves a Python's clock a day on: on the path of a release's second build, which has to give the same bytes."""

from __future__ import annotations

import time

_now = time.time
time.time = lambda: _now() + 86400
