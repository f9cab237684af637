// SPDX-License-Identifier: BSD-2-Clause
// umastat against a process whose numbers are known.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "tests/tools/umastat/child.h"

namespace umastat_test {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kUmastat = "tools/umastat/umastat";
constexpr const char* kFixture = "tests/tools/umastat/fixture";
constexpr const char* kStaticFixture = "tests/tools/umastat/fixture_static";
constexpr const char* kInertLibrary = "tests/tools/umastat/libinert.so";
constexpr const char* kManual = "tools/man/umastat.1";

constexpr const char* kTable =
    R"(ITEM                   SIZE   LIMIT     USED     FREE      REQ FAIL SLEEP XDOM        BYTES
mbuf:                   256, 254604,     484,      56,     600,   0,   0,   0,      123904
malloc-64:               64,      0,     781,     160,    5307,   0,   0,   0,       49984
packet:                 256,      0,      20,       6,      30,  12,   3,   0,        5120
UMA Zones:              512,      0,       9,       0,       9,   0,   0,   0,        4608
malloc-16:               16,      0,      40,       0,      50,   0,   0,   0,         640
a_zone_name_of_thirty_one_chars:64,      0,       1,       0,       1,   0,   0,   0,          64
malloc-32:               32,      0,       0,       0,       0,   0,   0,   0,           0
bad?[1mname:              8,      0,       0,       0,       0,   0,   0,   0,           0
frees seen early:         8,      0,       0,       0,       1,   0,   0,   0,           0

large blocks: 3 used, 3000000 bytes; 2 cached, 2000000 bytes; 11 requests, 1 failed
pages: 64000000 reserved, 4000000 committed, 3500000 in runs, 500000 free and dirty, 700000 given back in 6 calls
metadata: 100000 mapped, 60000 used; tables: 200000 mapped
total: 9050000 mapped, RSS resident, 3184320 in use
)";

// A fixture that has filled in its layout.
class Fixture : public Child {
 public:
  explicit Fixture(const std::string& variant, const std::string& program = kFixture,
                   const std::string& preload = "")
      : Child({.command = {program, variant}, .preload = preload}) {
    EXPECT_EQ(ReadLine(), "ready");
  }
  std::string Pid() const { return std::to_string(pid()); }
};

Result Umastat(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), kUmastat);
  return RunToEnd({.command = std::move(arguments)});
}

std::string HideResident(const std::string& text) {
  return std::regex_replace(text, std::regex("[0-9]+ resident"), "RSS resident");
}

// Exit status 1, nothing on stdout, one line on stderr which says `what`.
void ExpectError(const Result& result, const std::string& what) {
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  EXPECT_EQ(result.err.rfind("umastat: ", 0), 0u) << result.err;
  EXPECT_NE(result.err.find(what), std::string::npos) << result.err;
}

void ExpectTable(const Result& result) {
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(HideResident(result.out), kTable);
  EXPECT_EQ(result.status, 0);
}

std::string Line(const std::string& text, const std::string& start) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(start, 0) == 0) return line;
  }
  return "";
}

TEST(Table, IsExact) {
  const Fixture fixture("good");
  ExpectTable(Umastat({fixture.Pid()}));
}

TEST(Table, ResidentIsWhatTheKernelSays) {
  const Fixture fixture("good");
  const std::string out = Umastat({fixture.Pid()}).out;
  std::ifstream rollup("/proc/" + fixture.Pid() + "/smaps_rollup");
  const std::string text{std::istreambuf_iterator<char>(rollup), {}};
  std::smatch match;
  ASSERT_TRUE(std::regex_search(text, match, std::regex("Rss: +([0-9]+) kB")));
  EXPECT_NE(out.find(std::to_string(std::stoull(match[1]) * 1024) + " resident"), std::string::npos)
      << out;
}

// The names in the order of their rows.
std::string Names(const std::string& out) {
  std::string names;
  std::istringstream lines(out);
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line) && !line.empty()) names += line.substr(0, 9) + '|';
  return names;
}

TEST(Table, IsSortedByAColumn) {
  const Fixture fixture("good");
  const auto names = [&](const std::string& column) {
    return Names(Umastat({fixture.Pid(), "--sort", column}).out);
  };
  const std::string list =
      "malloc-16|malloc-32|malloc-64|UMA Zones|mbuf:    |packet:  |a_zone_na|bad?[1mna|frees see|";
  EXPECT_EQ(names("list"), list);
  EXPECT_EQ(names("bytes"), Names(Umastat({fixture.Pid()}).out));
  EXPECT_EQ(names("used").substr(0, 30), "malloc-64|mbuf:    |malloc-16|");
  EXPECT_EQ(names("free").substr(0, 30), "malloc-64|mbuf:    |packet:  |");
  EXPECT_EQ(names("req").substr(0, 30), "malloc-64|mbuf:    |malloc-16|");
  EXPECT_EQ(names("fail").substr(0, 20), "packet:  |malloc-16|");
  EXPECT_EQ(names("size").substr(0, 30), "UMA Zones|mbuf:    |packet:  |");
  EXPECT_EQ(names("item").substr(0, 30), "UMA Zones|a_zone_na|bad?[1mna|");
  const Json json = Json::parse(Umastat({fixture.Pid(), "--json", "--sort", "bytes"}).out);
  EXPECT_EQ(json["memory-zone-statistics"]["zone"][0]["name"], "mbuf");
}

TEST(Table, HasHumanUnits) {
  const Fixture fixture("good");
  for (const char* flag : {"-h", "--human"}) {
    const std::string out = Umastat({fixture.Pid(), flag}).out;
    EXPECT_EQ(Line(out, "mbuf:"),
              "mbuf:                   256, 254604,     484,      56,     600,   0,   0,   0,"
              "        121K");
    EXPECT_EQ(Line(out, "malloc-16:"),
              "malloc-16:               16,      0,      40,       0,      50,   0,   0,   0,"
              "         640");
    EXPECT_EQ(Line(out, "large blocks:"),
              "large blocks: 3 used, 2.9M bytes; 2 cached, 1.9M bytes; 11 requests, 1 failed");
    EXPECT_EQ(Line(out, "pages:"),
              "pages: 61M reserved, 3.8M committed, 3.3M in runs, 488K free and dirty, 684K given "
              "back in 6 calls");
    EXPECT_EQ(Line(out, "metadata:"), "metadata: 98K mapped, 59K used; tables: 195K mapped");
    EXPECT_TRUE(
        std::regex_match(Line(out, "total:"),
                         std::regex("total: 8\\.6M mapped, [0-9.]+[KM] resident, 3\\.0M in use")))
        << out;
  }
}

TEST(Table, NameWithoutTerminatorEnds) {
  const Fixture fixture("no-terminator");
  EXPECT_EQ(
      Line(Umastat({fixture.Pid()}).out, "xxx"),
      std::string(31, 'x') + ":512,      0,       9,       0,       9,   0,   0,   0,        4608");
}

TEST(Table, SaysHowManyOperationsAreInFlight) {
  const Fixture fixture("in-flight");
  const std::string line = Line(HideResident(Umastat({fixture.Pid()}).out), "~");
  EXPECT_EQ(line,
            "~total: 9050000 mapped, RSS resident, 3184320 in use "
            "(approximate: 2 operations in flight)");
}

TEST(Table, SaysThatCountersMoved) {
  const Fixture fixture("busy");
  std::string line;
  // On a loaded machine the fixture may be off the CPU, and then nothing does move.
  for (int i = 0; i < 100 && line.empty(); i++) line = Line(Umastat({fixture.Pid()}).out, "~");
  EXPECT_NE(line.find("(approximate: counters moved while they were read)"), std::string::npos)
      << line;
}

TEST(Table, TopOutsideItsArrayIsNotCounted) {
  const Fixture fixture("moving-array");
  const std::string out = Umastat({fixture.Pid()}).out;
  EXPECT_EQ(Line(out, "malloc-64:"),
            "malloc-64:               64,      0,     801,     140,    5307,   0,   0,   0,"
            "       51264");
  EXPECT_NE(Line(out, "~total:"), "");
}

TEST(JsonOutput, HasTheNumbersOfTheTable) {
  const Fixture fixture("good");
  const Result result = Umastat({"--json", fixture.Pid()});
  EXPECT_EQ(result.err, "");
  ASSERT_EQ(result.status, 0);
  Json json = Json::parse(result.out);
  const Json& zones = json["memory-zone-statistics"]["zone"];
  ASSERT_EQ(zones.size(), 9u);
  // As text: the order of the keys counts too.
  EXPECT_EQ(zones[4].dump(),
            R"({"name":"mbuf","size":256,"limit":254604,"used":484,"free":56,)"
            R"("requests":600,"fail":0,"sleep":0,"xdomain":0,"bytes":123904,"working-set":0})");
  EXPECT_EQ(zones[5]["fail"], 12);
  EXPECT_EQ(zones[5]["sleep"], 3);
  EXPECT_EQ(json["large"].dump(),
            R"({"used":3,"used-bytes":3000000,"cached":2,"cached-bytes":2000000,)"
            R"("requests":11,"fail":1})");
  EXPECT_EQ(json["pages"].dump(),
            R"({"reserved":64000000,"committed":4000000,"runs-used":3500000,)"
            R"("runs-free-dirty":500000,"purged":700000,"purge-calls":6,)"
            R"("metadata-mapped":100000,"metadata-used":60000,"side-mapped":200000})");
  EXPECT_EQ(json["total"]["mapped"], 9050000);
  EXPECT_EQ(json["total"]["in-use"], 3184320);
  EXPECT_GT(json["total"]["resident"], 100000);
  EXPECT_EQ(json["exact"], true);
  EXPECT_EQ(json["in-flight"], 0);
  EXPECT_EQ(json["pid"], fixture.pid());
  EXPECT_EQ(json["command"], "fixture");
}

TEST(JsonOutput, SaysWhenItIsNotExact) {
  const Fixture fixture("in-flight");
  const Json json = Json::parse(Umastat({"--json", fixture.Pid()}).out);
  EXPECT_EQ(json["exact"], false);
  EXPECT_EQ(json["in-flight"], 2);
}

TEST(Find, InAStaticProgram) {
  const Fixture fixture("good", kStaticFixture);
  ExpectTable(Umastat({fixture.Pid()}));
}

TEST(Find, InADeletedProgram) {
  for (const char* program : {kFixture, kStaticFixture}) {
    const char* folder = std::getenv("TEST_TMPDIR");
    const std::filesystem::path copy = std::filesystem::path(folder != nullptr ? folder : "/tmp") /
                                       ("deleted_fixture_" + std::to_string(getpid()));
    std::filesystem::copy_file(program, copy);
    const Fixture fixture("good", copy);
    std::filesystem::remove(copy);
    ExpectTable(Umastat({fixture.Pid()}));
  }
}

TEST(Find, PassesOverALibraryThatIsNotInUse) {
  const std::string library = std::filesystem::absolute(kInertLibrary);
  const Fixture fixture("good", kFixture, library);
  ExpectTable(Umastat({fixture.Pid()}));
}

TEST(Find, SaysThatUmaIsNotInUse) {
  const Fixture fixture("not-started");
  ExpectError(Umastat({fixture.Pid()}), "has loaded UMA but has not used it");
}

TEST(Find, SaysThatThereIsNoUma) {
  ExpectError(Umastat({std::to_string(getpid())}), "no UMA in process");
}

TEST(Find, SaysWhichVersionItCannotRead) {
  const Fixture fixture("version");
  ExpectError(Umastat({fixture.Pid()}), "publishes layout version 77, this umastat reads version");
}

struct Corruption {
  const char* variant;
  const char* message;
};

class Corrupt : public testing::TestWithParam<Corruption> {};

TEST_P(Corrupt, IsOneErrorLine) {
  const Fixture fixture(GetParam().variant);
  for (const char* mode : {"--json", "--wait=0.01"}) {
    const Result result = Umastat({fixture.Pid(), mode});
    ExpectError(result, "corrupt data");
    ExpectError(result, GetParam().message);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Umastat, Corrupt,
    testing::Values(Corruption{"magic", "wrong magic number"},
                    Corruption{"size", "structure sizes"},
                    Corruption{"cycle", "the list of zones is a cycle"},
                    Corruption{"many-cpus", "a CPU count of 1073741824"},
                    Corruption{"cpus-outside", "nothing readable"},
                    Corruption{"zone-outside", "nothing readable at 0x1230"},
                    Corruption{"zone-non-canonical", "nothing readable at 0xdead000000001230"},
                    Corruption{"keg-outside", "nothing readable at 0x4560"},
                    Corruption{"region-outside", "nothing readable"},
                    Corruption{"entry", "a per-CPU entry of number 4294967295"}),
    [](const auto& instance) {
      std::string name = instance.param.variant;
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

TEST(Series, ShowsRates) {
  Fixture fixture("good");
  Child umastat({.command = {kUmastat, fixture.Pid(), "--json", "-w", "0.05"}});
  Json json = Json::parse(umastat.ReadLine());
  EXPECT_FALSE(json.contains("seconds"));
  EXPECT_FALSE(json["memory-zone-statistics"]["zone"][2].contains("requests-per-second"));
  fixture.Send('x');
  EXPECT_EQ(fixture.ReadLine(), "done");
  // The change is in one of the next documents, and in one only.
  do {
    json = Json::parse(umastat.ReadLine());
    EXPECT_EQ(json["memory-zone-statistics"]["zone"][3]["used-change"], 0);
  } while (json["memory-zone-statistics"]["zone"][2]["used-change"] == 0);
  const Json zone = json["memory-zone-statistics"]["zone"][2];
  EXPECT_EQ(zone["used-change"], 100);
  const double seconds = json["seconds"];
  EXPECT_GE(seconds, 0.04);
  EXPECT_DOUBLE_EQ(zone["requests-per-second"], 100 / seconds);
  json = Json::parse(umastat.ReadLine());
  EXPECT_EQ(json["memory-zone-statistics"]["zone"][2]["used-change"], 0);
}

TEST(Series, ShowsATableEachTime) {
  Fixture fixture("good");
  const Result result = Umastat({fixture.Pid(), "-w", "0.01", "--count", "3"});
  EXPECT_EQ(result.status, 0);
  const std::regex header("ITEM .* XDOM        BYTES      REQ/s    USED\\+-\n");
  const std::string& out = result.out;
  EXPECT_EQ(std::distance(std::sregex_iterator(out.begin(), out.end(), header), {}), 3);
  const std::string row =
      "UMA Zones:              512,      0,       9,       0,       9,   0,   0,   0,        4608,";
  EXPECT_EQ(Line(out, "UMA Zones:"), row + "         -,        -");
  EXPECT_NE(out.find(row + "       0.0,       +0\n"), std::string::npos) << out;
}

TEST(Series, StopsWhenTheProcessEnds) {
  Fixture fixture("good");
  Child umastat({.command = {kUmastat, fixture.Pid(), "--json", "-w", "600"}});
  EXPECT_NE(umastat.ReadLine(), "");
  const std::string message = "umastat: process " + fixture.Pid() + " has ended\n";
  fixture.Kill(SIGKILL);
  fixture.Wait();
  EXPECT_EQ(umastat.ReadErr(), message);
  EXPECT_EQ(umastat.Wait(), 0);
}

TEST(Series, StopsOnInterrupt) {
  const Fixture fixture("good");
  Child umastat({.command = {kUmastat, fixture.Pid(), "--json", "-w", "600"}});
  EXPECT_NE(umastat.ReadLine(), "");
  umastat.Kill(SIGINT);
  EXPECT_EQ(umastat.ReadErr(), "");
  EXPECT_EQ(umastat.Wait(), 0);
}

TEST(Errors, AboutTheProcess) {
  ExpectError(Umastat({"abc"}), "'abc' is not a process id");
  ExpectError(Umastat({"12x"}), "'12x' is not a process id");
  ExpectError(Umastat({"0"}), "'0' is not a process id");
  ExpectError(Umastat({"-5"}), "-5");
  ExpectError(Umastat({"99999999999"}), "'99999999999' is not a process id");
  ExpectError(Umastat({"2147483647"}), "no process 2147483647");
}

TEST(Errors, ZombieHasNoMemory) {
  const pid_t pid = fork();
  if (pid == 0) _exit(0);
  siginfo_t info;
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
  ExpectError(Umastat({std::to_string(pid)}), "has no memory");
  waitpid(pid, nullptr, 0);
}

TEST(Errors, NoPermission) {
  const bool root = geteuid() == 0;
  const Fixture fixture("good");
  const std::string pid = root ? fixture.Pid() : "1";
  const Result result = RunToEnd({.command = {kUmastat, pid}, .as_nobody = root});
  ExpectError(result, "may not read the memory of process " + pid);
  ExpectError(result, "ptrace_scope");
}

TEST(Errors, AboutTheArguments) {
  const std::string self = std::to_string(getpid());
  ExpectError(Umastat({}), "PID is required");
  ExpectError(Umastat({"1", "2"}), "2");
  ExpectError(Umastat({"--frob", "1"}), "--frob");
  ExpectError(Umastat({"--count", "2", "1"}), "--wait");
  ExpectError(Umastat({"--sort", "limit", self}), "'limit' is not a column to sort by: bytes, ");
  ExpectError(Umastat({"--sort"}), "--sort");
  ExpectError(Umastat({"--json", "-h", self}), "--json excludes --human");
  ExpectError(Umastat({"-w", "1", "--count", "0", self}), "'0' is not a count");
  ExpectError(Umastat({"-w", "1", "--count", "-1", self}), "'-1' is not a count");
  for (const char* seconds : {"0", "-1", "nan", "inf", "1s", "1e9"}) {
    ExpectError(Umastat({std::string("--wait=") + seconds, self}), "--wait");
  }
}

TEST(Errors, FullDisk) {
  const Fixture fixture("good");
  for (const std::string& last : {fixture.Pid(), std::string("--help"), std::string("--version")}) {
    const Result result = RunToEnd({.command = {kUmastat, last}, .out_to_full = true});
    ExpectError(result, "cannot write to standard output");
  }
}

TEST(Help, NamesEveryOptionAndSoDoesTheManual) {
  const Result help = Umastat({"--help"});
  EXPECT_EQ(help.status, 0);
  std::ifstream file(kManual);
  const std::string manual{std::istreambuf_iterator<char>(file), {}};
  const std::regex option("--[a-z]+");
  int options = 0;
  for (std::sregex_iterator it(help.out.begin(), help.out.end(), option), end; it != end; ++it) {
    options++;
    EXPECT_NE(manual.find("Fl " + it->str().substr(1)), std::string::npos) << it->str();
  }
  EXPECT_GE(options, 5);
  EXPECT_TRUE(std::regex_match(Umastat({"--version"}).out,
                               std::regex("umastat [0-9.]+ \\(layout version [0-9]+\\)\n")));
}

}  // namespace
}  // namespace umastat_test
