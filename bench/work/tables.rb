# SPDX-License-Identifier: BSD-2-Clause
# Hashes of arrays of strings longer than what fits into an object slot.
table = Hash.new { |hash, key| hash[key] = [] }
300_000.times do |i|
  table["key#{i * 7919 % 90_001}"] << "#{i}," * (i % 13 + 3)
  table.delete("key#{i * 104_729 % 90_001}") if (i % 3).zero?
end
puts table.sort.sum { |_, rows| rows.join(';').length }
