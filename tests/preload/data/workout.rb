# SPDX-License-Identifier: BSD-2-Clause
# Ruby: collections, strings, objects, fibers, threads, processes; output never changes.
require 'bigdecimal'
require 'digest'
require 'erb'
require 'json'
require 'set'
require 'stringio'
require 'strscan'
require 'time'
require 'yaml'
require 'zlib'

table = (1..50_000).to_h { |i| ["key#{i}", i * i % 1009] }
table.delete_if { |_, v| v % 5 == 0 }
puts table.size, table.values.sum, table.sort_by { |k, v| [v, k] }.first(3).inspect
groups = table.group_by { |_, v| v % 7 }.transform_values(&:size)
puts groups.sort.inspect

text = (1..30_000).map { |i| "word#{i % 613}" }.join(' ')
puts text.scan(/\w+/).tally.max_by { |w, n| [n, w] }.inspect
changed = text.gsub(/([a-z]+)(\d+)/) { "#{$1.capitalize}<#{$2.to_i * 3}>" }
puts changed.size, Digest::SHA256.hexdigest(changed)
grown = +''
30_000.times { |i| grown << (97 + i % 26).chr * (i % 13) }
grown[100, 50_000] = 'cut'
puts grown.size, grown.encode('UTF-16LE').bytesize, grown.sum(32)

Point = Struct.new(:x, :y) do
  def +(other) = Point.new(x + other.x, y + other.y)
end
puts (1..20_000).map { |i| Point.new(i, -i) }.reduce(:+).inspect

data = (1..2000).map { |i| { 'id' => i, 'list' => (1..i % 20).to_a, 'name' => 'n' * (i % 40), 'f' => i / 8.0 } }
puts JSON.parse(JSON.generate(data)) == data, JSON.pretty_generate(data).size
puts Marshal.load(Marshal.dump(data)) == data, YAML.load(data.first(200).to_yaml) == data.first(200)
puts Zlib::Inflate.inflate(Zlib::Deflate.deflate(text, 9)) == text
puts ERB.new('<% 300.times do |i| %><%= i * i %>,<% end %>').result.size

puts (1..1200).reduce(:*).to_s.size, (2**2000 % 10**20), 3.14r.inspect, BigDecimal('0.1').add(BigDecimal('0.2'), 10).to_s
puts Set.new((1..9000).map { |i| i * i % 997 }).size, (1..Float::INFINITY).lazy.select(&:even?).map { |i| i**2 }.first(5).inspect

fiber = Fiber.new { a, b = 0, 1; loop { Fiber.yield a; a, b = b, a + b } }
puts Array.new(200) { fiber.resume }.last
fibers = Array.new(300) { |i| Fiber.new { |x| x = Fiber.yield(x + i) while x; i } }
puts fibers.sum { |f| f.resume(1) }

queue = Queue.new
threads = Array.new(8) { |n| Thread.new { 2000.times { |i| queue << [n, 's' * (i % 90)] } } }
threads.each(&:join)
total = 0
total += queue.pop[1].size until queue.empty?
puts total

20.times do |round|
  junk = Array.new(2000) { |i| { round => 'j' * (i % 200), list: [i] * 5 } }
  GC.start if round % 5 == 4
  junk.clear
end
GC.compact if GC.respond_to?(:compact)

klass = Class.new { 500.times { |i| define_method("m#{i}") { |x| x + i } } }
object = klass.new
puts 500.times.sum { |i| object.send("m#{i}", 1) }
begin
  raise ArgumentError, 'deep'
rescue => e
  puts "#{e.class} #{e.message}"
end
def dive(n) = dive(n + 1)
begin
  dive(0)
rescue SystemStackError => e
  puts e.message
end

scanner = StringScanner.new(text)
words = 0
words += 1 while scanner.scan_until(/word\d+/)
puts words
puts 5.times.map { |i| pid = fork { exit!(Array.new(300) { 'x' * i }.size > 0 ? i : 9) }; Process.wait2(pid)[1].exitstatus }.inspect
puts `echo from the shell`, Time.at(1_700_000_000).utc.iso8601
io = StringIO.new
5000.times { |i| io.printf("%05d:%s\n", i, 'z' * (i % 7)) }
puts io.string.size, io.string.lines.last
