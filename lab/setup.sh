#!/bin/sh
# Finds out once where the programs come from, says so in one line, and notes it: lab/setup.sh FILE PYTHON.
# The question is whether pip can install requirements.txt.
set -eu

file=$1 python=$2
venv=.venv
log=.cache/setup.log
# Why an index gave nothing is in pip's own log alone: what pip prints ends with "No matching distribution" for all of it.
whole=.cache/setup-pip.log
missing='No matching distribution|Could not find a version'
mkdir -p .cache

chosen() {
    echo "== setup: $2"
    echo "WAY := $1" >"$file"
    exit 0
}

stop() {
    echo "Setting up: pip install: $1 ($log). $2, or call make PACKAGES=distribution to do with Debian's packages." >&2
    exit 1
}

# What pip says, however quiet it was told to be.
told() {
    cat $log $whole 2>/dev/null | sed -E 's/^[0-9]{4}-[0-9-]+T[0-9:,]+ +//'
}

# Its complaints. What an index answered counts only where pip ended without a package: others may have had the rest.
said() {
    told | grep -E '^ *(ERROR|WARNING): '
    if told | grep -qE "^ *ERROR: ($missing)"; then
        told | grep -E '^ *Could not fetch URL '
    fi
}

refusal() {
    if reason=$(said | grep -oE '40[0-9] Client Error: [A-Za-z ]+ for url' | tail -n 1) && [ -n "$reason" ]; then
        echo "the package index answered ${reason%% *}${reason##*Error:}" | sed 's/ for url$//'
    elif said | grep -q 'Connection refused'; then
        echo 'nothing listens where the package index should be'
    elif said | grep -qE 'NameResolutionError|Name or service not known|Temporary failure in name resolution'; then
        echo "the package index's host name is not known"
    elif said | grep -q 'SSLError'; then
        echo "the package index's certificate is not trusted"
    elif said | grep -q 'ProxyError'; then
        echo 'the proxy does not lead to the package index'
    elif said | grep -q 'NewConnectionError'; then
        echo 'the package index cannot be reached'
    else
        said | grep -m 1 'ERROR: ' | cut -c 1-150
    fi
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
rm -f $whole
# It is make's own rule, called without what this make was called with.
# shellcheck disable=SC2016  # the inner shell expands them
rule='unset MAKEFLAGS MAKELEVEL; exec make --no-print-directory PYTHON="$0" "$1" >"$2" 2>&1'
if PIP_LOG=$whole python3 lab/heartbeat.py packages sh -c "$rule" "$python" $venv/ready $log; then
    chosen environment "$venv, since pip could install requirements.txt"
fi
# From the surest sign to the least sure.
if said | grep -qiE 'timed out|timeouterror'; then
    stop 'the package index did not answer in time' 'Try again'
fi
if said | grep -qE '50[0-9] Server Error|too many 50[0-9] error|429 Client Error'; then
    stop 'the package index has a fault of its own' 'Try again'
fi
if said | grep -qE "$missing|Connection refused|NewConnectionError|NameResolutionError|40[1347] Client Error|ProxyError"; then
    rm -rf $venv
    chosen controller "Debian's packages in a folder, since pip was refused: $(refusal)"
fi
tail -n 20 $log >&2
stop 'it failed otherwise' 'Mend that'
