#!/usr/bin/perl
# Stand-in for the vendor's initial setup. Written for the avshift lab.
use strict;
use warnings;

print 'kav4fs-setup.pl @version@ (stand-in of the avshift lab)', "\n";
