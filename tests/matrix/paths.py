"""Where the matrix's parts are."""

from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
VERSIONS = HERE / "versions.yml"
PLAYBOOK = HERE / "playbook.yml"
TREE = HERE / "tree"
TRANSPORT = REPOSITORY / "tests" / "transport"
REQUIREMENTS = REPOSITORY / "requirements.txt"
CACHE = REPOSITORY / ".cache" / "matrix"
