/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * opening SITUATION PLUGIN: opens the plugin, or something else, in one way and shares blocks with
 * it. Prints "ok", or the first thing that is wrong and ends with 1.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRE(condition, ...)                                       \
  do {                                                                \
    if (!(condition)) {                                               \
      fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition); \
      fprintf(stderr, __VA_ARGS__);                                   \
      fputc('\n', stderr);                                            \
      exit(1);                                                        \
    }                                                                 \
  } while (0)

#define DEEP (RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND)

static void* find(void* library, const char* name) {
  void* symbol = dlsym(library, name);
  REQUIRE(symbol != NULL, "%s", name);
  return symbol;
}

static const char* heap_of(void* plugin) {
  return ((const char* (*)(void))find(plugin, "plugin_heap"))();
}

static void open_inner(void* plugin, int mode, const char* expected) {
  const char* (*plugin_open)(const char*, int) =
      (const char* (*)(const char*, int))find(plugin, "plugin_open");
  const char* answer = plugin_open("libinner.so", mode);
  REQUIRE(strcmp(answer, expected) == 0, "%s", answer);
}

/* Blocks go both ways. */
static void share(void* plugin) {
  REQUIRE(plugin != NULL, "%s", dlerror());
  void* (*give)(size_t) = (void* (*)(size_t))find(plugin, "plugin_give");
  void (*take)(void*) = (void (*)(void*))find(plugin, "plugin_take");
  int (*use_libc)(int) = (int (*)(int))find(plugin, "plugin_use_libc");
  for (size_t size = 1; size < 3000000; size *= 3) {
    take(malloc(size));
    char* block = give(size);
    REQUIRE(block != NULL, "%zu", size);
    block[size - 1] = 1;
    char* longer = realloc(block, size * 2);
    REQUIRE(longer != NULL && longer[size - 1] == 1, "%zu", size);
    free(longer);
  }
  REQUIRE(use_libc(100) == 100, "plugin and libc");
}

static void deepbind(const char* name) {
  void* plugin = dlopen(name, DEEP);
  share(plugin);
  REQUIRE(dlclose(plugin) == 0, "%s", dlerror());
}

static void base(const char* name) { share(dlmopen(LM_ID_BASE, name, DEEP)); }

/* A namespace of its own has a libc of its own, and its heap stays apart. */
static void separate(const char* name) {
  void* plugin = dlmopen(LM_ID_NEWLM, name, RTLD_NOW | RTLD_DEEPBIND);
  REQUIRE(plugin != NULL, "%s", dlerror());
  REQUIRE(strstr(heap_of(plugin), "libc.so.6"), "%s", heap_of(plugin));
  void* (*give)(size_t) = (void* (*)(size_t))find(plugin, "plugin_give");
  void (*take)(void*) = (void (*)(void*))find(plugin, "plugin_take");
  take(give(100));
  open_inner(plugin, RTLD_NOW | RTLD_DEEPBIND, "inner");
  Lmid_t space = LM_ID_BASE;
  REQUIRE(dlinfo(plugin, RTLD_DI_LMID, &space) == 0 && space != LM_ID_BASE, "%ld", (long)space);
  void* second = dlmopen(space, "libm.so.6", RTLD_NOW | RTLD_DEEPBIND);
  REQUIRE(second != NULL, "%s", dlerror());
}

/* The caller's RUNPATH counts, not that of whoever passes the call on. */
static void runpath(const char* name) {
  void* plugin = dlopen(name, RTLD_NOW);
  REQUIRE(plugin != NULL, "%s", dlerror());
  REQUIRE(dlopen("libinner.so", RTLD_NOW) == NULL, "found by the program, too");
  REQUIRE(dlerror() != NULL, "no error");
  open_inner(plugin, RTLD_NOW, "inner");
  open_inner(plugin, DEEP, "inner");
}

static void errors(const char* name) {
  (void)name;
  const int modes[] = {RTLD_NOW, DEEP};
  for (int i = 0; i < 2; i++) {
    REQUIRE(dlopen("./no such library", modes[i]) == NULL, "opened");
    const char* text = dlerror();
    REQUIRE(text && strncmp(text, "./no such library: cannot open", 30) == 0, "%s", text);
    REQUIRE(dlerror() == NULL, "said twice");
    REQUIRE(dlmopen(12345, "libm.so.6", modes[i]) == NULL, "opened");
    text = dlerror();
    REQUIRE(text && strstr(text, "namespace"), "%s", text);
  }
  REQUIRE(dlopen("libm.so.6", RTLD_DEEPBIND) == NULL, "opened without a mode");
  const char* text = dlerror();
  REQUIRE(text && strstr(text, "invalid mode"), "%s", text);
}

static void program_itself(const char* name) {
  (void)name;
  void* self = dlopen(NULL, RTLD_NOW | RTLD_DEEPBIND);
  REQUIRE(self != NULL && self == dlopen(NULL, RTLD_LAZY), "%s", dlerror());
  REQUIRE(dlsym(self, "malloc") == dlsym(RTLD_DEFAULT, "malloc"), "another malloc");
  REQUIRE(dlopen("libm.so.6", RTLD_LAZY | RTLD_NOLOAD | RTLD_DEEPBIND) == NULL, "was there");
}

/* The plugin's malloc is libc's, as the flag says. */
static void kept(const char* name) {
  void* plugin = dlopen(name, DEEP);
  REQUIRE(plugin != NULL, "%s", dlerror());
  REQUIRE(strstr(heap_of(plugin), "libc.so.6"), "%s", heap_of(plugin));
}

/* Another library's dlopen stands behind, and is called. */
static void watched(const char* name) {
  deepbind(name);
  int (*watch_opens)(void) = (int (*)(void))find(RTLD_DEFAULT, "watch_opens");
  REQUIRE(watch_opens() == 1, "%d", watch_opens());
}

int main(int argc, char** argv) {
  static const struct {
    const char* name;
    void (*run)(const char* plugin);
  } kSituations[] = {
      {"deepbind", deepbind}, {"base", base},       {"separate", separate},
      {"runpath", runpath},   {"errors", errors},   {"program_itself", program_itself},
      {"kept", kept},         {"watched", watched},
  };
  if (argc != 3) return 2;
  for (size_t i = 0; i < sizeof kSituations / sizeof *kSituations; i++)
    if (strcmp(kSituations[i].name, argv[1]) == 0) {
      kSituations[i].run(argv[2]);
      return puts("ok") < 0;
    }
  return 2;
}
