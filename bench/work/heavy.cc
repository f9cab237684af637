// SPDX-License-Identifier: BSD-2-Clause
//
// Much of the standard library and a few instantiations, for a compiler to work on.
#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <ranges>
#include <regex>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

using Value = std::variant<int, double, std::string, std::vector<std::string>>;

std::map<std::string, Value> Parse(const std::string& text) {
  static const std::regex pattern("(\\w+)=(\\w+)");
  std::map<std::string, Value> result;
  for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at) {
    result[(*at)[1]] = (*at)[2].str();
  }
  return result;
}

int main() {
  std::unordered_map<std::string, std::shared_ptr<std::map<std::string, Value>>> all;
  for (const char* text : {"a=1 b=2", "c=3"}) {
    all[text] = std::make_shared<std::map<std::string, Value>>(Parse(text));
  }
  std::vector<std::function<size_t(const std::string&)>> steps = {
      [](const std::string& s) { return s.size(); },
      [](const std::string& s) { return std::hash<std::string>()(s); },
  };
  size_t total = 0;
  for (const auto& [name, values] : all) {
    for (const auto& key : *values | std::views::keys) {
      for (const auto& step : steps) total += step(name + key);
    }
  }
  std::cout << total << '\n';
}
