#!/usr/bin/perl
# Stand-in for the vendor's postinstall.pl: writes the units of the server and of its own agent and starts them.
# Written for the avshift lab.
use strict;
use warnings;

my %commands = (
    kladminserver_srv => '/opt/kaspersky/ksc64/sbin/klserver tcp:13000 tcp:13299 tcp:14000',
    klnagent_srv => '/opt/kaspersky/ksc64/sbin/klnagent',
);

for my $name (sort keys %commands) {
    my $path = "/etc/systemd/system/$name.service";
    open(my $file, '>', $path) or die "cannot write: $path: $!\n";
    print $file <<"UNIT";
[Unit]
Description=Kaspersky Security Center (stand-in of the avshift lab)
After=network.target

[Service]
User=ksc
Group=kladmins
ExecStart=$commands{$name}

[Install]
WantedBy=multi-user.target
UNIT
    close($file) or die "cannot write: $path: $!\n";
}

for my $command (['daemon-reload'], ['enable', '--quiet', '--now', map { "$_.service" } sort keys %commands]) {
    system('systemctl', @$command) == 0 or die "systemctl @$command failed\n";
}
