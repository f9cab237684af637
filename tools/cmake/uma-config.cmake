# SPDX-License-Identifier: BSD-2-Clause
# find_package(uma): the targets uma::uma and uma::uma_static for the zones, uma::malloc and
# uma::malloc_static for a program whose malloc is on zones.
get_filename_component(_uma_lib "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
get_filename_component(_uma_include "${_uma_lib}/../include" ABSOLUTE)

if(NOT TARGET uma::uma)
  add_library(uma::uma SHARED IMPORTED)
  set_target_properties(uma::uma PROPERTIES
    IMPORTED_LOCATION "${_uma_lib}/libuma.so.1"
    IMPORTED_SONAME libuma.so.1
    INTERFACE_INCLUDE_DIRECTORIES "${_uma_include}")

  add_library(uma::uma_static STATIC IMPORTED)
  set_target_properties(uma::uma_static PROPERTIES
    IMPORTED_LOCATION "${_uma_lib}/libuma.a"
    INTERFACE_INCLUDE_DIRECTORIES "${_uma_include}"
    INTERFACE_LINK_LIBRARIES pthread)

  # A program may never say malloc itself, only call what does: the options keep the library where
  # the linker would drop it. They are one word, so that CMake leaves them together; the target
  # itself gives the program its path at run time.
  add_library(uma::malloc SHARED IMPORTED)
  set_target_properties(uma::malloc PROPERTIES
    IMPORTED_LOCATION "${_uma_lib}/libuma_malloc.so"
    IMPORTED_SONAME libuma_malloc.so
    INTERFACE_INCLUDE_DIRECTORIES "${_uma_include}"
    INTERFACE_LINK_OPTIONS
      "-Wl,--push-state,--no-as-needed,${_uma_lib}/libuma_malloc.so,--pop-state")

  add_library(uma::malloc_static STATIC IMPORTED)
  set_target_properties(uma::malloc_static PROPERTIES
    IMPORTED_LOCATION "${_uma_lib}/libuma_malloc.a"
    INTERFACE_INCLUDE_DIRECTORIES "${_uma_include}"
    INTERFACE_LINK_OPTIONS "-Wl,--undefined=malloc"
    INTERFACE_LINK_LIBRARIES pthread)
endif()

unset(_uma_lib)
unset(_uma_include)
