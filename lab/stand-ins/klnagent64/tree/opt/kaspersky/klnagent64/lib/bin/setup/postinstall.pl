#!/usr/bin/perl
# Stand-in for the vendor's postinstall.pl: registers the agent, writes its unit, starts it.
# Written for the avshift lab.
use strict;
use warnings;
use File::Path qw(make_path);

my $registry = '/var/opt/kaspersky/applications.setup';
my $unit = '/etc/systemd/system/klnagent64.service';

sub write_file {
    my ($path, $text) = @_;
    open(my $file, '>', $path) or die "cannot write: $path: $!\n";
    print $file $text;
    close($file) or die "cannot write: $path: $!\n";
}

sub read_file {
    my ($path) = @_;
    open(my $file, '<', $path) or return '';
    local $/;
    my $text = <$file>;
    return defined $text ? $text : '';
}

make_path('/etc/opt/kaspersky/klnagent', '/var/opt/kaspersky/klnagent/log');
write_file('/etc/opt/kaspersky/klnagent/klnagent.conf', "; stand-in\nKLNAGENT_SERVER=\n");

my $others = read_file($registry);
$others =~ s/^\[1103\]\n(?:[^\[].*\n|\n)*//m;
write_file($registry, "$others" . "[1103]\nNAME=klnagent64 (stand-in)\nVERSION=" . '@own_version@' . "\n");

write_file($unit, <<'UNIT');
[Unit]
Description=Kaspersky Network Agent (stand-in of the avshift lab)
After=network.target

[Service]
Type=forking
ExecStart=/opt/kaspersky/klnagent64/sbin/klnagent
TimeoutStopSec=120

[Install]
WantedBy=multi-user.target
UNIT

for my $command (['daemon-reload'], ['enable', '--quiet', 'klnagent64.service'], ['start', 'klnagent64.service']) {
    system('systemctl', @$command) == 0 or die "systemctl @$command failed\n";
}
