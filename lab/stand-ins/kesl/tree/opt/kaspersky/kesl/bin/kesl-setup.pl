#!/usr/bin/perl
# Stand-in for the vendor's initial setup: accepts the agreement, enables and starts the service.
# Written for the avshift lab.
use strict;
use warnings;
use Getopt::Long;

my ($autoinstall, $version);
GetOptions('autoinstall=s' => \$autoinstall, 'version' => \$version)
    or die "usage: kesl-setup.pl --autoinstall=yes (stand-in)\n";
if ($version) {
    print 'kesl-setup.pl @version4@ (stand-in of the avshift lab)', "\n";
    exit 0;
}
defined $autoinstall or die "kesl-setup.pl (stand-in) asks no questions: give --autoinstall=yes\n";

my $agreements = '/var/opt/kaspersky/kesl/common/agreements.ini';
open(my $file, '>', $agreements) or die "cannot write: $agreements: $!\n";
print $file "; stand-in\nEulaId=stand-in-agreement\n";
close($file) or die "cannot write: $agreements: $!\n";

for my $command (['daemon-reload'], ['enable', '--quiet', 'kesl.service'], ['start', 'kesl.service']) {
    system('systemctl', @$command) == 0 or die "systemctl @$command failed\n";
}
