// SPDX-License-Identifier: BSD-2-Clause
#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "alloc/base/layout.h"
#include "tools/umastat/error.h"
#include "tools/umastat/locate.h"
#include "tools/umastat/order.h"
#include "tools/umastat/process.h"
#include "tools/umastat/render.h"
#include "tools/umastat/series.h"
#include "tools/umastat/snapshot.h"
#include "tools/umastat/version.h"

namespace umastat {
namespace {

constexpr double kMinSeconds = 0.001;
constexpr double kMaxSeconds = 86400;

struct Arguments {
  std::string pid;
  bool json = false;
  bool human = false;
  std::optional<std::string> sort;
  std::optional<std::string> seconds;
  std::optional<std::string> count;
};

// The whole of `text` as a number, or Error with what it should have been.
template <typename T>
T Parse(const std::string& text, T least, T most, const std::string& wanted) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  // Written so that it refuses a NaN too.
  const bool good = error == std::errc() && stop == end && value >= least && value <= most;
  if (!good) throw Error("'" + text + "' is not " + wanted);
  return value;
}

void Print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    throw Error("cannot write to standard output");
  }
}

// False when the program is done: help and version have been printed.
bool ParseArguments(int argc, char** argv, Arguments& arguments) {
  CLI::App app("Shows the zones of the UMA allocator in a running process, without stopping it.",
               "umastat");
  // -h is for the units, as with ls, df and du.
  app.set_help_flag("--help", "Print this text");
  app.add_option("PID", arguments.pid, "The process to show")->required();
  auto* json = app.add_flag("--json", arguments.json, "Print JSON, one document on a line");
  app.add_flag("-h,--human", arguments.human, "Round bytes, in K, M, G")->excludes(json);
  app.add_option("--sort", arguments.sort,
                 std::string("Sort the zones by ") + kColumns +
                     " (the default: bytes, the most first; of JSON: list)")
      ->type_name("COLUMN");
  auto* seconds = app.add_option("-w,--wait", arguments.seconds,
                                 "Print again every SECS seconds (fractions allowed), with rates")
                      ->type_name("SECS");
  app.add_option("--count", arguments.count,
                 "Stop after N tables; without it, go on until "
                 "interrupted or the process ends")
      ->type_name("N")
      ->needs(seconds);
  app.set_version_flag("--version", std::string("umastat ") + kVersion + " (layout version " +
                                        std::to_string(UMA_LAYOUT_VERSION) + ")");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    Print(app.help());
    return false;
  } catch (const CLI::CallForVersion& version) {
    Print(std::string(version.what()) + '\n');
    return false;
  } catch (const CLI::ParseError& error) {
    throw Error(std::string(error.what()) + " (see umastat --help)");
  }
  return true;
}

void Run(const Arguments& arguments) {
  const auto pid =
      Parse<pid_t>(arguments.pid, 1, std::numeric_limits<pid_t>::max(), "a process id");
  std::optional<double> seconds;
  std::optional<uint64_t> count;
  if (arguments.seconds) {
    seconds = Parse<double>(*arguments.seconds, kMinSeconds, kMaxSeconds,
                            "a number of seconds between 0.001 and 86400 (--wait)");
  }
  if (arguments.count) {
    count = Parse<uint64_t>(*arguments.count, 1, std::numeric_limits<uint64_t>::max(),
                            "a count of at least 1");
  }

  const std::string sort = arguments.sort.value_or(arguments.json ? "list" : "bytes");
  std::vector<ZoneStat> none;
  SortZones(none, sort);  // a column that is not there is told before anything else
  const auto render = [&](Snapshot snapshot, const Rates* rates) {
    SortZones(snapshot.zones, sort);
    return arguments.json ? RenderJson(snapshot, rates)
                          : RenderTable(snapshot, rates, arguments.human);
  };
  const Process process(pid);
  const uint64_t root = LocateLayout(process);
  if (!seconds) return Print(render(TakeSnapshot(process, root), nullptr));
  RunSeries(process, root, *seconds, count, [&](const Snapshot& snapshot, const Rates& rates) {
    // An empty line between two tables.
    if (!arguments.json && rates.seconds()) Print("\n");
    Print(render(snapshot, &rates));
  });
}

}  // namespace
}  // namespace umastat

int main(int argc, char** argv) {
  try {
    umastat::Arguments arguments;
    if (umastat::ParseArguments(argc, argv, arguments)) umastat::Run(arguments);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "umastat: %s\n", error.what());
    return 1;
  }
}
