#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Perl: hashes, strings, regular expressions, closures, sorting, processes; output never changes.
use strict;
use warnings;
use Data::Dumper;
use Digest::SHA qw(sha256_hex);
use List::Util qw(sum max first shuffle reduce);
use MIME::Base64;
use POSIX qw(floor strftime);
use Scalar::Util qw(weaken);
use Storable qw(dclone freeze thaw);
use Time::Local;

$Data::Dumper::Sortkeys = 1;
$Data::Dumper::Indent   = 1;
$| = 1;

my %table = map { ("key$_" => $_ * $_ % 1009) } 1 .. 60000;
delete $table{"key$_"} for grep { $_ % 3 == 0 } 1 .. 60000;
print scalar(keys %table), " ", sum(values %table), "\n";
my @order = sort { $table{$a} <=> $table{$b} || $a cmp $b } keys %table;
print "@order[0..4] $order[-1]\n";

my $text = join ' ', map { "word" . $_ % 613 } 1 .. 40000;
my %count;
$count{$_}++ for $text =~ /\b(\w+)\b/g;
print scalar(keys %count), " ", join(',', (sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count)[0 .. 3]), "\n";
(my $changed = $text) =~ s/(\w+?)(\d+)/sprintf('%s<%05d>', uc $1, $2 * 7)/ge;
print length($changed), " ", sha256_hex($changed), "\n";
print sha256_hex(join '|', reverse split / /, $text), "\n";

my @records = map { { id => $_, list => [1 .. $_ % 20], name => "n" x ($_ % 50) } } 1 .. 5000;
my $copy = dclone(\@records);
$copy->[77]{list} = ['changed'];
print scalar(@{ $records[77]{list} }), " ", length(freeze($copy)), "\n";
my $thawed = thaw(freeze(\@records));
print sum(map { scalar @{ $_->{list} } } @$thawed), "\n";
print sha256_hex(Dumper(@records[0 .. 200])), "\n";

my @closures = map { my $n = $_; sub { $n += shift } } 1 .. 10000;
$_->(3) for @closures;
print sum(map { $_->(0) } @closures), "\n";

for my $round (1 .. 2000) {
    my $parent = { round => $round };
    my $child = { up => $parent, data => 'x' x ($round % 300) };
    $parent->{child} = $child;
    weaken($child->{up});
}

my $grown = '';
$grown .= chr(97 + $_ % 26) x ($_ % 17) for 1 .. 30000;
print length($grown), " ", substr($grown, 12345, 20), " ", encode_base64(substr($grown, 0, 30));
substr($grown, 100, 50000) = 'cut';
my $bits = '';
vec($bits, $_ * 37 % 65536, 1) = 1 for 1 .. 20000;
print length($grown), " ", unpack('%32b*', $bits), "\n";

my @matrix = map { my $i = $_; [map { $i * $_ % 13 } 0 .. 99] } 0 .. 99;
my $trace = 0;
for my $i (0 .. 99) { $trace += $matrix[$i][$_] * $matrix[$_][$i] for 0 .. 99 }
print "$trace ", floor(sqrt $trace), " ", strftime('%Y-%m-%d', gmtime timegm(0, 0, 0, 29, 1, 2024)), "\n";

sub walk { my ($n) = @_; return $n <= 1 ? $n : walk($n - 1) + walk($n - 2) }
print walk(20), " ", (reduce { "$a$b" } map { chr(65 + $_) } 0 .. 25), "\n";

my $program = join ";\n", map { "sub made$_ { return \$_[0] + $_ }" } 1 .. 1500;
eval "$program; 1" or die $@;
{ no strict 'refs'; print sum(map { &{"made$_"}(1) } 1 .. 1500), "\n"; }
eval { die { code => 42 } };
print "caught $@->{code}\n";

for my $n (1 .. 10) {
    my $pid = fork // die "fork: $!";
    if (!$pid) { my @junk = map { 'y' x $_ } 1 .. 500; exit(@junk == 500 ? $n : 99) }
    waitpid $pid, 0;
    print $? >> 8, $n < 10 ? ' ' : "\n";
}
my $out = `sh -c 'echo from the shell; cat' < /dev/null`;
print $out;
open my $memory, '>', \my $buffer or die;
printf {$memory} "%d:%s\n", $_, 'z' x ($_ % 5) for 1 .. 5000;
close $memory;
print length($buffer), " ", (first { /^4999/ } split /\n/, $buffer), "\n";
