"""The transport's tests: with the ansible-core of this environment. tests/matrix runs them with every supported one."""

from __future__ import annotations

from importable import make_importable

make_importable()
