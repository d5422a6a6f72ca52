#!/bin/sh
# Finds out once where the programs come from, says so in one line, and notes it: lab/setup.sh FILE PYTHON.
# The question is whether pip can install requirements.txt.
set -eu

file=$1 python=$2
venv=.venv
log=.cache/setup.log
mkdir -p .cache

chosen() {
    echo "== setup: $2"
    echo "WAY := $1" >"$file"
    exit 0
}

if [ "${PACKAGES:-}" = distribution ]; then
    # A checkout that has an environment keeps it for calls that do not say so.
    [ ! -e $venv/ready ] || file=/dev/null
    chosen controller "Debian's packages in a folder, as PACKAGES=distribution says"
fi
if [ -e $venv/ready ] && [ -z "$(find requirements.txt -newer $venv/ready)" ]; then
    chosen environment "$venv is there"
fi
lab/prerequisites.sh
echo "== setup: Python packages into $venv, about 2 minutes"
# It is make's own rule, called without what this make was called with.
# shellcheck disable=SC2016  # the inner shell expands them
rule='unset MAKEFLAGS MAKELEVEL; exec make --no-print-directory PYTHON="$0" "$1" >"$2" 2>&1'
if python3 lab/heartbeat.py packages sh -c "$rule" "$python" $venv/ready $log; then
    chosen environment "$venv, since pip could install requirements.txt"
fi
# What pip says of it, from the surest sign to the least sure.
if grep -qiE 'timed out|timeout' $log; then
    echo "Setting up: pip install: the package index did not answer in time ($log)." \
        "Try again, or call make PACKAGES=distribution to do with Debian's packages." >&2
    exit 1
fi
if grep -qE '50[0-9] (Server )?Error' $log; then
    echo "Setting up: pip install: the package index has a fault of its own ($log)." \
        "Try again, or call make PACKAGES=distribution to do with Debian's packages." >&2
    exit 1
fi
refused='No matching distribution|Could not find a version|Connection refused|NewConnectionError|NameResolutionError|40[134] Client Error|ProxyError'
if grep -qE "$refused" $log; then
    rm -rf $venv
    chosen controller "Debian's packages in a folder, since pip was refused: $(grep -m 1 -E '^ERROR' $log | cut -c 1-150)"
fi
tail -n 20 $log >&2
echo "Setting up: pip install: it failed otherwise ($log). Mend that, or call make PACKAGES=distribution." >&2
exit 1
