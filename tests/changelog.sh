#!/usr/bin/env bash
# Makes what CHANGELOG.rst would be if the version in galaxy.yml were released now, in a copy, and writes it to a path.
# Fragments stay as they are: they become a release's by `antsibull-changelog release` alone.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
made=$(realpath -m "$1")
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
export PATH=$here/.cache/lint/bin:$PATH
export HOME=$place

copy=$place/ansible_collections/avshift/endpoint
mkdir -p "$copy"
cd "$here"
cp -r galaxy.yml meta plugins roles changelogs "$copy"
cd "$copy"
antsibull-changelog release --date 2000-01-01
cp CHANGELOG.rst "$made"
