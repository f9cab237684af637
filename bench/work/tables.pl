# SPDX-License-Identifier: BSD-2-Clause
# Hashes of arrays of strings, a third of the keys removed on the way.
use strict;
use warnings;

my %table;
for my $i (0 .. 350_000) {
    push @{ $table{ "key" . ($i * 7919 % 90001) } }, ("$i," x ($i % 9));
    delete $table{ "key" . ($i * 104729 % 90001) } if $i % 3 == 0;
}
my $length = 0;
$length += length join ';', @{ $table{$_} } for sort keys %table;
print "$length\n";
