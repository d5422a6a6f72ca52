#!/usr/bin/env python
"""Measures a look at a Windows disk whose hive SOFTWARE has 200,000 keys and 150 MB, beside the same by regipy."""

from __future__ import annotations

import sys

from avshift_bench import hives
from avshift_bench.measured import measured

if __name__ == "__main__":
    sys.exit(measured("hive", hives.measure))
