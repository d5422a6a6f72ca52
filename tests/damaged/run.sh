#!/bin/sh
# Runs the tests of damaged package databases in the lab's hosts of Debian 11 and 13, with each one's own rpm and Python:
# which databases an rpm reads, and what it makes of damaged ones, differs from version to version. About two minutes.
set -eu

home=$(cd "$(dirname "$0")/../.." && pwd)
export CONTAINERS_CONF="$home/lab/containers.conf"
python=${1:-$home/.venv/bin/python}
needed="rpm python3-pytest python3-hypothesis"

for name in debian11 debian13; do
    "$python" "$home/lab/fleet.py" build --image "$name"
    image=$(cd "$home/lab" && "$python" -c "from avshift_lab import images; print(images.load('$name').reference)")
    podman run --rm --network host --volume "$home:/src:ro" --env PYTHONDONTWRITEBYTECODE=1 --env DEBIAN_FRONTEND=noninteractive \
        --env PYTHONPATH=/src/tests/damaged:/src/.cache "$image" sh -euc "
            apt-get -qq update
            apt-get -qq install --yes --no-install-recommends $needed >/tmp/apt.log 2>&1 || { cat /tmp/apt.log; exit 1; }
            rpm --version
            cd /tmp
            python3 -m pytest -q --import-mode=append --noconftest -c /dev/null -p no:cacheprovider /src/tests/unit/test_damaged_databases.py"
done
