"""Stands in for tests/unit/support.py where the controller's code cannot be imported: it needs a newer Python."""

from __future__ import annotations

from pathlib import Path

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
