#!/bin/sh
# All tests of the Windows lab: make test-windows. What needs PowerShell runs where a .NET SDK is.
set -eu
cd "$(dirname "$0")/../.."
if command -v dotnet >/dev/null 2>&1; then
    lab/windows/powershell.sh
else
    echo "Left out, since no .NET SDK 10 (dotnet) is on the PATH: PowerShell 7 for Windows, live looks, 5.1's reference assemblies, Pester."
fi
lab/controller make --list windows
exec lab/controller run --list windows python3 -m pytest -q tests/windows
