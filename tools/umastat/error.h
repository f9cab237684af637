// SPDX-License-Identifier: BSD-2-Clause
// Everything that ends umastat: the text is the one line the user sees.
#ifndef TOOLS_UMASTAT_ERROR_H_
#define TOOLS_UMASTAT_ERROR_H_

#include <stdexcept>

namespace umastat {

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Nothing is mapped where a pointer leads: damage, or a structure freed while it was followed.
class UnreadableError : public Error {
 public:
  using Error::Error;
};

}  // namespace umastat

#endif  // TOOLS_UMASTAT_ERROR_H_
