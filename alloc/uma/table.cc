// SPDX-License-Identifier: BSD-2-Clause
// The zone table: the columns of vmstat -z and the bytes in use.
#include <string.h>

#include "alloc/base/layout_read.h"
#include "alloc/base/log.h"
#include "alloc/base/options.h"
#include "alloc/os/os.h"
#include "alloc/os/published.h"
#include "alloc/uma/reclaim.h"
#include "alloc/uma/registry.h"
#include "alloc/uma/sink.h"
#include "alloc/uma/stat.h"

namespace uma {
namespace {

struct Row {
  const char* name;
  uint64_t size;
  uint64_t limit;
  uint64_t used;
  uint64_t free;
  uint64_t requests;
  uint64_t fails;
  uint64_t sleeps;
  uint64_t bytes;  // in use
};

// Whether row a comes before row b; neither does: they stay as they were.
bool before(const Row& a, const Row& b) {
  switch (options.sort) {
    case TableOrder::kBytes:
      return a.bytes > b.bytes;
    case TableOrder::kUsed:
      return a.used > b.used;
    case TableOrder::kFree:
      return a.free > b.free;
    case TableOrder::kRequests:
      return a.requests > b.requests;
    case TableOrder::kFails:
      return a.fails > b.fails;
    case TableOrder::kSize:
      return a.size > b.size;
    case TableOrder::kItem:
      return strcmp(a.name, b.name) < 0;
    case TableOrder::kList:
      return false;
  }
  return false;
}

Row zone_row(const Zone* zone) {
  uma_zone_stats s;
  zone_stat(zone, &s);
  // The items of a shared keg are counted once.
  const bool secondary = zone->pub.flags & UMA_LAYOUT_ZONE_SECONDARY;
  return {.name = zone->pub.name,
          .size = zone->pub.size,
          .limit = load_relaxed(zone->pub.limit),
          .used = s.used,
          .free = s.cached + (secondary ? 0 : s.keg_free),
          .requests = s.allocs,
          .fails = s.fails,
          .sleeps = load_relaxed(zone->pub.sleeps),
          .bytes = s.used * zone->pub.size};
}

Row large_row() {
  const uma_layout_large& large = uma_layout.large;
  return {.name = "large blocks",
          .size = 0,
          .limit = 0,
          .used = load_relaxed(large.allocs) - load_relaxed(large.frees),
          .free = load_relaxed(large.cached_blocks),
          .requests = load_relaxed(large.allocs),
          .fails = load_relaxed(large.fails),
          .sleeps = 0,
          .bytes = load_relaxed(large.used_bytes)};
}

void print_row(const Sink& sink, const Row& row) {
  Line line;
  line.text(row.name).text(":");
  const int width = 26 - int(line.length() - 1);
  line.number(row.size, width > 1 ? width : 1);
  line.text(",").number(row.limit, 7).text(",").number(row.used, 8).text(",").number(row.free, 8);
  line.text(",").number(row.requests, 8).text(",").number(row.fails, 4);
  line.text(",").number(row.sleeps, 4);
  line.text(",").number(0, 4).text(",").bytes(row.bytes, 12, options.human);
  sink.line(line);
}

// The rows in a mapping of the table's own, so that it can be sorted without allocating.
class Table {
 public:
  explicit Table(const Sink& sink)
      : sink_(sink),
        room_(load_relaxed(uma_layout.zone_count) + 1),
        mapped_(round_up(room_ * sizeof(Row), kPage)),
        rows_(static_cast<Row*>(os::map(nullptr, mapped_))) {}
  ~Table() {
    if (rows_) os::unmap(rows_, mapped_);
  }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  // In its place. Where there is no memory, or a zone came meanwhile, printed at once instead.
  void add(const Row& row) {
    if (!rows_ || count_ == room_) return print_row(sink_, row);
    size_t i = count_++;
    for (; i > 0 && before(row, rows_[i - 1]); i--) rows_[i] = rows_[i - 1];
    rows_[i] = row;
  }
  void print() const {
    for (size_t i = 0; i < count_; i++) print_row(sink_, rows_[i]);
  }

 private:
  const Sink& sink_;
  size_t room_;
  size_t mapped_;
  Row* rows_;
  size_t count_ = 0;
};

void print_total(const Sink& sink, uint64_t zone_bytes) {
  // Kilobytes where no other unit is asked for.
  const auto amount = [](Line& line, const char* what, uint64_t bytes) {
    line.text(what);
    if (options.human) return line.bytes(bytes, 0, true), void();
    line.number(bytes / 1024).text("K");
  };
  const uint64_t large = load_relaxed(uma_layout.large.used_bytes);
  Line line;
  amount(line, "total: mapped ", uma_layout_mapped(&uma_layout));
  amount(line, ", in use ", zone_bytes + large);
  amount(line, ", large ", large);
  amount(line, ", metadata ", load_relaxed(page_counters().meta_used));
  sink.line(line);
}

void print_table(const Sink& sink) {
  Line line;
  line.text("ITEM                   SIZE   LIMIT     USED     FREE      REQ FAIL SLEEP XDOM");
  line.text("        BYTES");
  sink.line(line);
  uint64_t in_use = 0;
  // No zone goes away meanwhile. A fini, which runs under that lock, may call this, too.
  const bool nested = reclaim_lock().held_by_me();
  if (!nested) reclaim_lock().lock();
  {
    Table table(sink);
    for (Zone* zone = registry_first(); zone; zone = registry_next(zone)) {
      const Row row = zone_row(zone);
      in_use += row.bytes;
      table.add(row);
    }
    table.add(large_row());
    table.print();
  }
  if (!nested) reclaim_lock().unlock();
  print_total(sink, in_use);
}

}  // namespace

extern "C" UMA_EXPORT void uma_print_stats() { print_table({nullptr, nullptr}); }
extern "C" UMA_EXPORT void uma_print_stats_to(uma_sink sink, void* arg) {
  print_table({sink, arg});
}

}  // namespace uma
