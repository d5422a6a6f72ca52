#!/usr/bin/perl
# Stand-in for the vendor's uninstall.pl: stops the agent and takes it out of the registry of products.
# Written for the avshift lab.
use strict;
use warnings;

my $registry = '/var/opt/kaspersky/applications.setup';

@ARGV && $ARGV[0] =~ /^(deb|rpm)$/ or die "usage: uninstall.pl deb|rpm [--upgrade] (stand-in)\n";
my $upgrade = grep { $_ eq '--upgrade' } @ARGV;

system('systemctl', 'stop', 'klnagent64.service');
exit 0 if $upgrade;
system('systemctl', 'disable', '--quiet', 'klnagent64.service');

open(my $in, '<', $registry) or exit 0;
my $text = do { local $/; <$in> };
close($in);
$text = '' unless defined $text;
$text =~ s/^\[1103\]\n(?:[^\[].*\n|\n)*//m;
if ($text =~ /\S/) {
    open(my $out, '>', $registry) or die "cannot write: $registry: $!\n";
    print $out $text;
    close($out) or die "cannot write: $registry: $!\n";
} else {
    unlink $registry or die "cannot remove: $registry: $!\n";
}
