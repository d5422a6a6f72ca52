#!/usr/bin/perl
# Stand-in for the vendor's uninstall.pl. Written for the avshift lab.
use strict;
use warnings;

@ARGV && $ARGV[0] =~ /^(deb|rpm)$/ or die "usage: uninstall.pl deb|rpm (stand-in)\n";
