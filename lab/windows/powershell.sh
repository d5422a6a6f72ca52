#!/bin/sh
# With a .NET SDK 10 and its package source: checks the PowerShell code against Windows PowerShell 5.1, runs Pester, and builds the
# PowerShell 7 for Windows that the lab's hosts have. It has never run where this was written: see README.md beside it.
set -eu
cd "$(dirname "$0")/../.."
here=$(pwd)/lab/windows
work=$(pwd)/.cache/powershell
# What the root of the list `windows` sees as .cache/powershell.
result=$(pwd)/.cache/controller/windows/cache/powershell
packages=${NUGET_PACKAGES:-$HOME/.nuget/packages}
mkdir -p "$work"
cp -r "$here/powershell" "$here/compat" "$here/pester" "$work/"

echo "== compat: does it keep to Windows PowerShell 5.1 and .NET Framework 4.6.2?"
dotnet build --nologo -v quiet -c Release -o "$work/compat/out" "$work/compat"
"$work/compat/out/compat" \
    "$packages/microsoft.netframework.referenceassemblies.net462/1.0.3/build/.NETFramework/v4.6.2" \
    plugins/modules/*.ps1 plugins/module_utils/*.psm1

echo "== Pester"
dotnet restore --nologo -v quiet "$work/pester"
[ -x "$work/tools/pwsh" ] || dotnet tool install --tool-path "$work/tools" PowerShell --version 7.6.9
# shellcheck disable=SC2016  # PowerShell expands it
PESTER="$packages/pester/6.2.0/tools/Pester.psd1" TESTS="$here/pester" "$work/tools/pwsh" -NoProfile -NonInteractive -Command \
    '$ErrorActionPreference = "Stop"; Import-Module $env:PESTER; Invoke-Pester -Path $env:TESTS -CI'

echo "== PowerShell 7 for Windows"
[ -e "$result/ready" ] && [ -z "$(find "$here/powershell" -newer "$result/ready")" ] && exit 0
rm -rf "$result"
# Compiled ahead of time it starts in half the time.
dotnet publish --nologo -v quiet -c Release -p:PublishReadyToRun=true -o "$result" "$work/powershell"
# Without these beside the program its own commands are not there.
cp -r "$result/runtimes/win/lib/net10.0/Modules" "$result/Modules"
touch "$result/ready"
