#!/bin/sh
# Runs the kit from a checkout, in WSL or on any Linux, with a virtual environment of its own: in_wsl.sh INVENTORY PACKAGES
set -eu
checkout=$(cd "$(dirname "$0")/../.." && pwd)
inventory=$(realpath "$1") packages=$(realpath "$2")
work=${TMPDIR:-/tmp}/avshift-acceptance
mkdir -p "$work/ansible_collections/avshift"
ln -sfn "$checkout" "$work/ansible_collections/avshift/endpoint"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check 'ansible-core>=2.19,<2.20' pypsrp 'pywinrm>=0.4' pyyaml
# A folder that anybody may write to, as WSL shows Windows' disks, is no place for Ansible's settings.
cd "$work"
: >ansible.cfg
export ANSIBLE_CONFIG="$work/ansible.cfg" ANSIBLE_COLLECTIONS_PATH="$work"
"$work/venv/bin/ansible-galaxy" collection install -p "$work" 'ansible.windows:>=3.2.0'
exec "$work/venv/bin/ansible-playbook" -i "$inventory" "$checkout/tests/windows-acceptance/acceptance.yml" \
    -e "kit_packages=$packages" -e "kit_output=$checkout/avshift/windows-acceptance"
