#!/bin/sh
# Tries the controller in a folder: lab/controller of this checkout with unit tests in it, and a small one that is killed.
set -eu
cd "$(dirname "$0")/../.."
lab/controller make
exec .venv/bin/pytest -q tests/controller
