# Opens a hosted Windows machine, which is thrown away afterwards, to a controller on its own loopback address: an administrator with a
# password of this run alone, WinRM, and an inventory. Not for any other machine.
param(
    [Parameter(Mandatory = $true)] [ValidateSet('winrm', 'psrp', 'psrp-7')] [string] $Way,
    [Parameter(Mandatory = $true)] [string] $Inventory
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$name = 'avshift'
$password = 'Aa1!' + [System.Guid]::NewGuid().ToString('N')
Write-Output "::add-mask::$password"
$secret = ConvertTo-SecureString -String $password -AsPlainText -Force
$null = New-LocalUser -Name $name -Password $secret
# By its number: the group's name differs with the language.
Add-LocalGroupMember -SID 'S-1-5-32-544' -Member $name

# This runs in PowerShell 7, which then has an endpoint of its own; Windows PowerShell has one by itself.
Enable-PSRemoting -SkipNetworkProfileCheck -Force
# A local administrator has an administrator's rights over the network too.
$policies = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System'
$null = New-ItemProperty -Path $policies -Name LocalAccountTokenFilterPolicy -Value 1 -PropertyType DWord -Force

$variables = @{
    ansible_host = '127.0.0.1'
    ansible_port = 5985
    ansible_user = $name
    ansible_password = $password
    ansible_connection = $Way.Split('-')[0]
    avshift_become = $false
}
if ($Way -eq 'winrm') {
    $variables['ansible_winrm_transport'] = 'ntlm'
} else {
    $variables['ansible_psrp_protocol'] = 'http'
    $variables['ansible_psrp_auth'] = 'ntlm'
}
if ($Way -eq 'psrp-7') { $variables['ansible_psrp_configuration_name'] = 'PowerShell.7' }
$hosts = @{ windows = @{ hosts = @{ $env:COMPUTERNAME.ToLowerInvariant() = $variables } } }
[System.IO.File]::WriteAllText([System.IO.Path]::Combine($PWD.Path, $Inventory), (ConvertTo-Json -InputObject $hosts -Depth 6))
