#!/usr/bin/env bash
# Gives a checkout one version everywhere, and makes the changelog's release of its fragments. Nothing is committed.
set -euo pipefail

version=$1
cd "$(dirname "$0")/.."
if [ -n "$(git status --porcelain)" ]; then
    echo "Preparing the release: the tree is not clean. Commit or remove what 'git status' shows." >&2
    exit 1
fi
if ! [[ $version =~ ^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$ ]]; then
    echo "Preparing the release: '$version': it is no version. Give three numbers, such as 1.0.0." >&2
    exit 1
fi
python=$PWD/.venv/bin/python
$python release/versions.py "$version"
# Their digests cover the version.
$python docs/tools/examples.py
# antsibull-changelog wants the path that Ansible wants.
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir -p "$place/ansible_collections/avshift"
ln -s "$PWD" "$place/ansible_collections/avshift/endpoint"
(
    cd "$place/ansible_collections/avshift/endpoint"
    PATH=$PWD/.cache/lint/bin:$PATH HOME=$place antsibull-changelog release --date "$(git log -1 --format=%cs)"
)
echo "Look at 'git diff', commit, and call: make release VERSION=$version"
