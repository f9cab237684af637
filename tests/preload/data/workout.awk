# SPDX-License-Identifier: BSD-2-Clause
# gawk: associative arrays, fields, regular expressions, sorting, pipes; output never changes.
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) }

function digest(s,   i, h, part) {
  h = 5381
  for (i = 1; i <= length(s); i += 7) {
    part = substr(s, i, 7)
    h = (h * 33 + length(part) * 131 + index("abcdefghijklmnopqrstuvwxyz0123456789 ", substr(part, 1, 1))) % 4294967291
  }
  return h
}

function by_value(i1, v1, i2, v2) { return v1 != v2 ? v1 - v2 : (i1 < i2 ? -1 : 1) }

BEGIN {
  for (i = 1; i <= 100000; i++) table["key" i] = i * i % 1009
  for (i = 3; i <= 100000; i += 3) delete table["key" i]
  for (key in table) sum += table[key]
  print length(table), sum
  n = asorti(table, sorted, "by_value")
  print n, sorted[1], sorted[2], sorted[n]

  for (i = 1; i <= 30000; i++) text = text " word" i % 613
  n = split(text, words, " ")
  for (i = 1; i <= n; i++) count[words[i]]++
  print length(text), n, length(count), count["word1"], digest(text)
  copy = text
  print gsub(/word([0-9])/, "<&>", copy), length(copy), digest(copy)
  changed = gensub(/([a-z]+)([0-9]+)/, "\\2-\\1", "g", text)
  print length(changed), substr(changed, 1000, 40), digest(toupper(changed))

  for (i = 0; i < 200; i++) for (j = 0; j < 200; j++) cell[i][j] = i * j % 17
  trace = 0
  for (i = 0; i < 200; i++) trace += cell[i][199 - i]
  print trace, length(cell), isarray(cell[7])
  delete cell

  $0 = "one two  three"
  $5 = "five"
  print NF, $0
  for (i = 1; i <= 5000; i++) { $0 = "a " i " b " i * 2; total += $2 + $4; $3 = "changed"; kept = $0 }
  print total, kept

  print fib(20), sprintf("%5.2f|%x|%-6s|%c", 2.5, 255, "ab", 65), strtonum("0x1F"), substr("hello", 2, 3)
  print match("foo bar42 baz", /([a-z]+)([0-9]+)/, part), part[1], part[2], RSTART, RLENGTH
  FPAT = "([^,]+)|(\"[^\"]+\")"
  $0 = "x,\"quoted, comma\",z"
  print NF, $2

  for (i = 1; i <= 2000; i++) print i * 7919 % 2003 | "sort -n"
  close("sort -n")
  while (("echo from the shell; seq 1 500" | getline line) > 0) lines = lines line ";"
  print length(lines), substr(lines, 1, 20)
  srand(42)
  for (i = 0; i < 1000; i++) random[int(rand() * 100)]++
  print length(random) > 50
  print strftime("%Y-%m-%d", 1700000000, 1)
}
