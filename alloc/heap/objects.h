// SPDX-License-Identifier: BSD-2-Clause
// The loaded objects of the process and what they define, read from their dynamic sections.
//
// dlsym would do for less, but it drops the text that dlerror still owes the program, it allocates
// when it finds nothing, and before glibc 2.34 it is in a library that need not be there.
#ifndef UMA_HEAP_OBJECTS_H_
#define UMA_HEAP_OBJECTS_H_

#include <link.h>

namespace uma {

class Object {
 public:
  explicit Object(const dl_phdr_info& info);
  // True: p lies in one of its segments.
  bool holds(const void* p) const;
  bool is_named(const char* soname) const;
  // The function that it defines under this name, in the default version; null: none.
  void* function(const char* name) const;

 private:
  const ElfW(Sym) * gnu_lookup(const char* name) const;
  const ElfW(Sym) * sysv_lookup(const char* name) const;
  bool matches(ElfW(Word) index, const char* name) const;

  const dl_phdr_info& info_;
  const ElfW(Sym) * symbols_ = nullptr;
  const char* strings_ = nullptr;
  const ElfW(Half) * versions_ = nullptr;
  const uint32_t* gnu_hash_ = nullptr;
  const ElfW(Word) * sysv_hash_ = nullptr;
  const char* soname_ = nullptr;
};

// Calls visit(object) for each object of this namespace in the order in which the loader got them,
// which at a start is the order of search, until it returns true. It must not open a library. No
// lock of ours may be held.
template <typename Visit>
void each_object(Visit visit) {
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* argument) -> int {
        return (*static_cast<Visit*>(argument))(Object(*info));
      },
      &visit);
}

// True for the object that holds this code.
bool is_this_object(const Object& object);

}  // namespace uma

#endif  // UMA_HEAP_OBJECTS_H_
