# What the util of the module windows_reads answers where no registry is needed, so that it runs with PowerShell on any system.

BeforeAll {
    Import-Module -Name (Join-Path -Path $PSScriptRoot -ChildPath '../../../plugins/module_utils/Reads.psm1') -Force

    function Read-One($Read) {
        return (Invoke-ReadList @($Read) 100 60)[$Read.id]
    }
}

Describe 'a look' {
    It 'gives one answer for each read, by its id' {
        $told = Invoke-ReadList @(@{ id = 'a'; kind = 'tree'; path = "$TestDrive" }, @{ id = 'b'; kind = 'other' }) 100 60
        @($told.Keys | Sort-Object) | Should -Be @('a', 'b')
        $told.b.failed | Should -Be 'kind'
    }

    It 'distinguishes a missing file and a missing folder' {
        (Read-One @{ id = 'a'; kind = 'content'; path = "$TestDrive/gone" }).absent | Should -Be 'System.IO.FileNotFoundException'
        (Read-One @{ id = 'a'; kind = 'content'; path = "$TestDrive/gone/file" }).absent | Should -Be 'System.IO.DirectoryNotFoundException'
    }

    It 'starts no program but those of its list' {
        (Read-One @{ id = 'a'; kind = 'output'; program = 'cmd' }).failed | Should -Be 'program'
    }

    It 'fails alone where no provider answers' {
        $told = Invoke-ReadList @(@{ id = 'a'; kind = 'cim'; namespace = 'root/none'; class = 'None'; properties = @('x') }, @{ id = 'b'; kind = 'tree'; path = "$TestDrive" }) 100 60
        ($told.a.ContainsKey('failed') -or $told.a.ContainsKey('absent')) | Should -BeTrue
        $told.b.ContainsKey('attributes') | Should -BeTrue
    }

    It 'gives the bytes of a file, compressed, and none of a larger one' {
        Set-Content -LiteralPath "$TestDrive/file" -Value 'abc' -NoNewline
        $answer = Read-One @{ id = 'a'; kind = 'content'; path = "$TestDrive/file" }
        $answer.size | Should -Be 3
        $answer.gzip | Should -Not -BeNullOrEmpty
        (Read-One @{ id = 'a'; kind = 'content'; path = "$TestDrive/file"; limit = 2 }).ContainsKey('gzip') | Should -BeFalse
    }

    It 'marks what its limit leaves out' {
        1..5 | ForEach-Object { Set-Content -LiteralPath "$TestDrive/$_" -Value 'x' }
        $told = Invoke-ReadList @(@{ id = 'a'; kind = 'tree'; path = "$TestDrive"; depth = 1 }) 2 60
        $told.a.cut | Should -BeTrue
        $told.a.below.Count | Should -Be 2
    }
}
