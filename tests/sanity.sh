#!/usr/bin/env bash
# Runs ansible-test sanity on a copy of what git knows, at a path that it accepts. The ansible-test on
# PATH is taken, and the Python beside it. Nothing is ignored but what tests/sanity lists for checks of old versions, with the reasons.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
copy=$here/.cache/sanity/ansible_collections/avshift/endpoint
# ansible-test keeps its environments below HOME.
export HOME=$here/.cache/sanity/home
cache=$HOME/.ansible/test/cache
# Which pip this ansible-test asks for: its own code says so.
pip=$(python3 - <<'END'
import sys
from types import SimpleNamespace

from ansible_test._internal.python_requirements import get_venv_packages

print(get_venv_packages(SimpleNamespace(version="%d.%d" % sys.version_info[:2]))["pip"])
END
)

# The stand-ins' payload is no code of the collection: it is laid out as the vendor's packages are.
rm -rf "$copy"
mkdir -p "$copy" "$cache"
(cd "$here" && git ls-files -z --cached --others --exclude-standard |
    grep -zv '^lab/stand-ins/' | xargs -0 cp --parents -t "$copy")

# It would fetch pip's installer from a site of its own; where only a package index is reached, pip installs itself.
if [ ! -e "$cache/get_pip_${pip//./_}.py" ]; then
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$cache" "pip==$pip"
    sed "s/@PIP@/$pip/" "$here/tests/get_pip.py" >"$cache/get_pip_${pip//./_}.py"
fi

cd "$copy"
git init --quiet .
version=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
ansible-test sanity --venv --python "$version" --color no "$@"
