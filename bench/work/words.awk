# SPDX-License-Identifier: BSD-2-Clause
# Counts the words of generated lines, then the words by length.
BEGIN {
  seed = 1
  for (line = 0; line < 60000; line++) {
    text = ""
    for (word = 0; word < 10; word++) {
      seed = (seed * 16807) % 2147483647
      text = text " w" seed % 60000
    }
    n = split(text, words, " ")
    for (i = 1; i <= n; i++) count[words[i]]++
  }
  for (word in count) by_count[count[word]] = by_count[count[word]] " " word
  for (c in by_count) total += length(by_count[c])
  print total
}
