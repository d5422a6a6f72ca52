"""Replaces pip's installer where ansible-test looks for it: runs pip from the wheel beside it."""

import sys
from pathlib import Path

sys.path.insert(0, str(next(Path(__file__).parent.glob("pip-@PIP@-*.whl"))))

from pip._internal.cli.main import main

if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
    sys.exit(main(["install", *arguments]))
