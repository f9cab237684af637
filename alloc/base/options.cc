// SPDX-License-Identifier: BSD-2-Clause
#include "alloc/base/options.h"

#include <stddef.h>

#include "alloc/base/log.h"

namespace uma {

Options options;

namespace {

struct Text {
  const char* begin;
  size_t size;
  bool is(const char* word) const {
    size_t i = 0;
    for (; i < size; i++)
      if (word[i] == 0 || word[i] != begin[i]) return false;
    return word[i] == 0;
  }
};

bool parse_number(Text value, uint64_t* out) {
  if (value.size == 0 || value.size > 9) return false;
  uint64_t n = 0;
  for (size_t i = 0; i < value.size; i++) {
    if (value.begin[i] < '0' || value.begin[i] > '9') return false;
    n = n * 10 + uint64_t(value.begin[i] - '0');
  }
  *out = n;
  return true;
}

bool set_stats(Text value) {
  if (value.is("off")) return options.stats = 0, true;
  if (value.is("exit")) return options.stats = 1, true;
  uint64_t pid;
  return parse_number(value, &pid) && pid > 1 && (options.stats = pid, true);
}

bool set_flag(Text value, bool* flag, const char* on, const char* off) {
  if (value.is(on)) return *flag = true, true;
  if (value.is(off)) return *flag = false, true;
  return false;
}

bool set_sort(Text value) {
  constexpr const char* kNames[] = {"bytes", "used", "free", "req", "fail", "size", "item", "list"};
  for (size_t i = 0; i < sizeof(kNames) / sizeof(kNames[0]); i++)
    if (value.is(kNames[i])) return options.sort = TableOrder(i), true;
  return false;
}

bool set_human(Text value) { return set_flag(value, &options.human, "on", "off"); }
bool set_rseq(Text value) { return set_flag(value, &options.rseq, "on", "off"); }
bool set_invariants(Text value) { return set_flag(value, &options.invariants, "on", "off"); }
bool set_deepbind(Text value) { return set_flag(value, &options.deepbind, "keep", "drop"); }
bool set_foreign(Text value) {
  if (value.is("next")) return options.foreign = Foreign::kNext, true;
  if (value.is("abort")) return options.foreign = Foreign::kAbort, true;
  if (value.is("ignore")) return options.foreign = Foreign::kIgnore, true;
  return false;
}
bool set_cpus(Text value) {
  uint64_t n;
  if (!parse_number(value, &n) || n > 4096) return false;
  options.cpus = n;
  return true;
}

bool set_background(Text value) {
  if (value.is("auto")) return options.background = Options::kBackgroundAuto, true;
  if (value.is("on")) return options.background = Options::kBackgroundOn, true;
  if (value.is("off")) return options.background = Options::kBackgroundOff, true;
  return false;
}
bool set_decay(Text value) {
  uint64_t n;
  if (!parse_number(value, &n) || n > 3600000) return false;
  options.decay_ms = n;
  return true;
}

// Bytes, or K, M, G of them.
bool parse_bytes(Text value, uint64_t* out) {
  unsigned shift = 0;
  if (value.size) {
    const char unit = value.begin[value.size - 1];
    shift = unit == 'K' ? 10 : unit == 'M' ? 20 : unit == 'G' ? 30 : 0;
  }
  if (shift) value.size--;
  if (!parse_number(value, out)) return false;
  *out <<= shift;
  return true;
}

bool set_kmem_limit(Text value) {
  options.kmem_limit_cgroup = value.is("cgroup");
  return options.kmem_limit_cgroup || parse_bytes(value, &options.kmem_limit);
}

bool set_trash(Text value) {
  uint64_t n;
  return parse_number(value, &n) && n > 0 && (options.trash = n, true);
}

struct Option {
  const char* name;
  const char* type;
  const char* standard;
  const char* help;
  bool (*set)(Text value);
};

constexpr Option kTable[] = {
    {"stats", "off|exit|PID", "off",
     "print the zone table on stderr at exit: of every process, or of process PID only", set_stats},
    {"sort", "COLUMN", "bytes",
     "order of the zone table: bytes, used, free, req, fail, size, item, or list, as it is kept",
     set_sort},
    {"human", "on|off", "off", "on: bytes in the zone table in K, M, G", set_human},
    {"rseq", "on|off", "on", "off: virtual CPUs instead of restartable sequences", set_rseq},
    {"cpus", "0..4096", "0", "simulate so many CPUs (virtual ones); 0: the machine's", set_cpus},
    {"foreign", "next|abort|ignore", "next",
     "pointers not allocated here: to the next allocator, else abort; always abort; or go on",
     set_foreign},
    {"deepbind", "drop|keep", "drop", "dlopen with RTLD_DEEPBIND: without that flag, or with it",
     set_deepbind},
    {"background", "auto|on|off", "auto",
     "whether a helper thread gives idle memory back; off: the program's own calls do",
     set_background},
    {"decay", "0..3600000", "1000", "milliseconds that memory is idle before it goes back",
     set_decay},
    {"kmemlimit", "BYTES|cgroup", "0",
     "most memory to hold from the system (K, M, G), or as the control group may; 0: no limit",
     set_kmem_limit},
    {"invariants", "on|off", "off",
     "check every item at once, without per-CPU caches, and fill free ones", set_invariants},
    {"trash", "1..999999999", "1", "with invariants: fill and verify one of so many free items",
     set_trash},
};

void warn(const char* what, Text item) {
  Line line;
  line.text("uma: UMA_OPTIONS: ").text(what).text(" '");
  for (size_t i = 0; i < item.size && i < 64; i++) {
    const char c = item.begin[i];
    const char one[2] = {c < ' ' || c > '~' ? '?' : c, 0};
    line.text(one);
  }
  line.text("' (UMA_OPTIONS=help lists the options)").write_stderr();
}

void apply(Text item) {
  if (item.size == 0) return;
  if (item.is("help")) {
    options.help = true;
    return;
  }
  size_t colon = 0;
  while (colon < item.size && item.begin[colon] != ':') colon++;
  if (colon == item.size) return warn("no value in", item);
  Text key{item.begin, colon};
  Text value{item.begin + colon + 1, item.size - colon - 1};
  for (const Option& option : kTable) {
    if (!key.is(option.name)) continue;
    if (!option.set(value)) warn("malformed value in", item);
    return;
  }
  warn("unknown option", item);
}

}  // namespace

void options_parse(const char* text) {
  while (*text) {
    const char* end = text;
    while (*end && *end != ',') end++;
    apply({text, size_t(end - text)});
    text = *end ? end + 1 : end;
  }
}

void options_help() {
  Line line;
  line.text("UMA_OPTIONS=key:value,... (or: help)").write_stderr();
  for (const Option& option : kTable)
    line.text("  ")
        .padded(option.name, 12)
        .padded(option.type, 18)
        .text("default ")
        .padded(option.standard, 8)
        .text(option.help)
        .write_stderr();
}

}  // namespace uma
