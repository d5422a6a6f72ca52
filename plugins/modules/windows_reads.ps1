#!powershell

# Copyright: avshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

#AnsibleRequires -PowerShell ..module_utils.Reads
#Requires -Version 5.1

# Ansible.Basic is left out on purpose: it compiles C# on the host, and creates an event source and an event there.
$limit = 20000
$seconds = 60
if ($complex_args.ContainsKey('limit')) { $limit = [int] $complex_args.limit }
if ($complex_args.ContainsKey('seconds')) { $seconds = [int] $complex_args.seconds }
$answers = Invoke-ReadList $complex_args.reads $limit $seconds
$identity = New-Object -TypeName System.Security.Principal.WindowsPrincipal -ArgumentList ([System.Security.Principal.WindowsIdentity]::GetCurrent())
$administrator = $identity.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)
@{ changed = $false; powershell = $PSVersionTable.PSVersion.ToString(); administrator = $administrator; process64 = [System.Environment]::Is64BitProcess; system64 = [System.Environment]::Is64BitOperatingSystem; answers = $answers } | ConvertTo-Json -Depth 40 -Compress
