// SPDX-License-Identifier: BSD-2-Clause
// Half the standard library in one file, with enough instantiations to keep a compiler busy.
#include <algorithm>
#include <any>
#include <array>
#include <atomic>
#include <bitset>
#include <chrono>
#include <cmath>
#include <complex>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <numeric>
#include <optional>
#include <queue>
#include <random>
#include <ranges>
#include <regex>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <valarray>
#include <variant>
#include <vector>

namespace {

template <int N>
struct Number {
  static constexpr int value = N;
  std::string name() const { return "number " + std::to_string(N); }
  friend bool operator<(const Number&, const Number&) { return N % 2 == 0; }
};

using Variant = std::variant<int, double, std::string, std::vector<int>, Number<1>, Number<2>>;

template <int N>
int exercise(std::vector<int>& values) {
  std::map<int, std::map<std::string, Number<N>>> nested;
  std::unordered_map<std::string, std::list<std::tuple<int, double, Number<N>>>> table;
  std::set<std::pair<int, Number<N>>> ordered;
  for (int value : values) {
    nested[value % (N + 2)][std::to_string(value)] = {};
    table[Number<N>{}.name()].emplace_back(value, value / 3.0, Number<N>{});
    ordered.emplace(value, Number<N>{});
  }
  std::sort(values.begin(), values.end(), [](int a, int b) {
    return a % (N + 3) != b % (N + 3) ? a % (N + 3) < b % (N + 3) : a < b;
  });
  auto even = values | std::views::filter([](int v) { return v % (N + 2) == 0; }) |
              std::views::transform([](int v) { return v * N; });
  Variant variant = Number<N>{}.name();
  const int size = std::visit(
      [](const auto& held) {
        if constexpr (requires { held.size(); }) return int(held.size());
        return 0;
      },
      variant);
  std::function<int(int)> recurse = [&](int depth) { return depth ? recurse(depth - 1) + N : 0; };
  return std::accumulate(even.begin(), even.end(), size + recurse(N % 50)) + int(nested.size()) +
         int(ordered.size());
}

template <int... N>
int exercise_all(std::vector<int>& values, std::integer_sequence<int, N...>) {
  return (exercise<N>(values) + ...);
}

}  // namespace

int main() {
  std::vector<int> values(1000);
  std::mt19937 random(7);
  std::generate(values.begin(), values.end(), [&] { return int(random() % 10000); });
  int total = exercise_all(values, std::make_integer_sequence<int, 4>{});
  std::regex pattern("([a-z]+)=([0-9]+)");
  std::smatch match;
  const std::string text = "alpha=12 beta=34";
  if (std::regex_search(text, match, pattern)) total += std::stoi(match[2]);
  std::pmr::monotonic_buffer_resource arena;
  std::pmr::vector<std::pmr::string> strings(&arena);
  for (int i = 0; i < 100; i++) strings.emplace_back(std::string(size_t(i), 'x'));
  auto answer = std::async(std::launch::async, [] { return 5; });
  std::valarray<double> numbers(1.5, 100);
  std::ostringstream out;
  out << std::setprecision(3) << numbers.sum() << std::complex<double>(1, 2) << std::bitset<16>(9)
      << std::filesystem::path("a/b").filename();
  std::cout << total + answer.get() << ' ' << out.str() << ' ' << strings.back().size() << '\n';
}
