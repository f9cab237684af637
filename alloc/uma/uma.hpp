// SPDX-License-Identifier: BSD-2-Clause
// Zones for C++17 and later: a zone of objects, a memory resource and an allocator on zones. Only
// this header and uma.h; with and without exceptions, run-time types and <memory_resource>.
//
// Thread safety: as uma.h has it, every function may be called by any thread at any time, but for
// constructors, destructors and moves.
#ifndef UMA_UMA_HPP_
#define UMA_UMA_HPP_

#include <errno.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <type_traits>
#include <utility>

#if __has_include(<memory_resource>) && defined(__cpp_rtti)
#include <memory_resource>
#endif

#include "uma/uma.h"

// The library's own names are in namespace uma as well, which matters where it is linked statically:
// these have one more name inside.
namespace uma {
inline namespace face {

namespace detail {

inline constexpr std::size_t kMostBytes = std::size_t{1} << 20;  // of an item
inline constexpr std::size_t kMostAlign = 4096;

[[noreturn]] inline void no_memory() {
#if defined(__cpp_exceptions)
  throw std::bad_alloc();
#else
  std::abort();
#endif
}

template <typename T, typename... Args>
int construct_refused(void* item, Args&&... args) noexcept {
#if defined(__cpp_exceptions)
  try {
    ::new (item) T(std::forward<Args>(args)...);
  } catch (...) {
    return ENOMEM;
  }
#else
  ::new (item) T(std::forward<Args>(args)...);
#endif
  return 0;
}

template <typename T>
constexpr void check_type() {
  static_assert(sizeof(T) <= kMostBytes, "an item of a zone has at most 1 MiB");
  static_assert(alignof(T) <= kMostAlign, "an item of a zone is aligned to 4096 at most");
}

}  // namespace detail

// When the objects of a zone are constructed: at every make, or once for each item, which then keeps
// its state from put to get.
enum class construct { each, once };

// A zone of objects. Moved from, it has none, as after a failure to make one: see ok().
template <typename T, construct when = construct::each>
class zone {
 public:
  // `name` is copied. `flags` are UMA_ZONE_*.
  explicit zone(const char* name, std::uint32_t flags = 0) noexcept
      : zone_(create(name, flags)) {}
  ~zone() { uma_zdestroy(zone_); }
  zone(zone&& other) noexcept : zone_(std::exchange(other.zone_, nullptr)) {}
  zone& operator=(zone&& other) noexcept {
    if (this != &other) {
      uma_zdestroy(zone_);
      zone_ = std::exchange(other.zone_, nullptr);
    }
    return *this;
  }
  zone(const zone&) = delete;
  zone& operator=(const zone&) = delete;

  bool ok() const noexcept { return zone_ != nullptr; }
  uma_zone_t handle() const noexcept { return zone_; }

  // A new object, owned by the caller until destroy. Null: no memory, or the limit is reached.
  // What T's constructor throws is passed on, and the item is free again.
  template <typename... Args>
  T* try_make(Args&&... args) {
    static_assert(when == construct::each, "objects of this zone are constructed once: use get");
    void* item = uma_zalloc(zone_, M_NOWAIT);
    if (!item) return nullptr;
    guard on_throw{zone_, item};
    T* object = ::new (item) T(std::forward<Args>(args)...);
    on_throw.item = nullptr;
    return object;
  }
  // The same, but throws std::bad_alloc (without exceptions: aborts) instead of returning null.
  template <typename... Args>
  T* make(Args&&... args) {
    T* object = try_make(std::forward<Args>(args)...);
    if (!object) detail::no_memory();
    return object;
  }
  // Ends an object of this zone; null does nothing.
  void destroy(T* object) noexcept {
    static_assert(when == construct::each, "objects of this zone are constructed once: use put");
    if (!object) return;
    object->~T();
    uma_zfree(zone_, object);
  }

  // An object as its last user left it, or as T() makes it. Null: no memory, or T() threw.
  T* try_get() noexcept {
    static_assert(when == construct::once, "objects of this zone are constructed each time");
    return static_cast<T*>(uma_zalloc(zone_, M_NOWAIT));
  }
  T* get() {
    T* object = try_get();
    if (!object) detail::no_memory();
    return object;
  }
  void put(T* object) noexcept { uma_zfree(zone_, object); }

  struct deleter {
    uma_zone_t zone;
    void operator()(T* object) const noexcept {
      if constexpr (when == construct::each) object->~T();
      uma_zfree(zone, object);
    }
  };
  using pointer = std::unique_ptr<T, deleter>;
  // make or get, with an owner; the zone must outlive it.
  template <typename... Args>
  pointer own(Args&&... args) {
    if constexpr (when == construct::each)
      return pointer(make(std::forward<Args>(args)...), deleter{zone_});
    else
      return pointer(get(), deleter{zone_});
  }

  // The most objects there may be, 0: no limit; of once: that may be in use or cached.
  int set_max(int objects) noexcept { return uma_zone_set_max(zone_, objects); }
  uma_zone_stats stats() const noexcept {
    uma_zone_stats stats{};
    if (zone_) uma_zone_get_stats(zone_, &stats);
    return stats;
  }

 private:
  struct guard {
    uma_zone_t zone;
    void* item;
    ~guard() {
      if (item) uma_zfree(zone, item);
    }
  };

  static int init(void* item, int, int) { return detail::construct_refused<T>(item); }
  static void fini(void* item, int) { static_cast<T*>(item)->~T(); }
  static uma_zone_t create(const char* name, std::uint32_t flags) noexcept {
    detail::check_type<T>();
    constexpr int align = static_cast<int>(alignof(T)) - 1;
    if constexpr (when == construct::once)
      return uma_zcreate(name, sizeof(T), nullptr, nullptr, init, fini, align, flags);
    else
      return uma_zcreate(name, sizeof(T), nullptr, nullptr, nullptr, nullptr, align, flags);
  }

  uma_zone_t zone_;
};

namespace detail {

// The zone of one size and alignment, made at the first use and never destroyed: containers with
// static lifetime free theirs at the very end.
template <std::size_t size, std::size_t align>
uma_zone_t shared_zone() noexcept {
  static uma_zone* const zone = uma_zcreate("uma::allocator", size, nullptr, nullptr, nullptr,
                                             nullptr, static_cast<int>(align) - 1, 0);
  return zone;
}

}  // namespace detail

// A standard allocator: single objects, the nodes of containers, from a zone that all types of the
// same size and alignment share; arrays from operator new. It has no state.
template <typename T>
class allocator {
 public:
  using value_type = T;
  using is_always_equal = std::true_type;
  using propagate_on_container_move_assignment = std::true_type;

  allocator() noexcept = default;
  template <typename U>
  allocator(const allocator<U>&) noexcept {}

  [[nodiscard]] T* allocate(std::size_t n) {
    if constexpr (fits) {
      if (n == 1) {
        uma_zone_t zone = detail::shared_zone<sizeof(T), alignof(T)>();
        void* item = zone ? uma_zalloc(zone, M_NOWAIT) : nullptr;
        if (!item) detail::no_memory();
        return static_cast<T*>(item);
      }
    }
    if (n > static_cast<std::size_t>(-1) / 2 / sizeof(T)) detail::no_memory();
    if constexpr (alignof(T) > __STDCPP_DEFAULT_NEW_ALIGNMENT__)
      return static_cast<T*>(::operator new(n * sizeof(T), std::align_val_t{alignof(T)}));
    else
      return static_cast<T*>(::operator new(n * sizeof(T)));
  }
  void deallocate(T* p, std::size_t n) noexcept {
    if constexpr (fits)
      if (n == 1) return uma_zfree(detail::shared_zone<sizeof(T), alignof(T)>(), p);
    if constexpr (alignof(T) > __STDCPP_DEFAULT_NEW_ALIGNMENT__)
      ::operator delete(p, std::align_val_t{alignof(T)});
    else
      ::operator delete(p);
  }

 private:
  static constexpr bool fits = sizeof(T) <= detail::kMostBytes && alignof(T) <= detail::kMostAlign;
};

template <typename T, typename U>
bool operator==(const allocator<T>&, const allocator<U>&) noexcept {
  return true;
}
template <typename T, typename U>
bool operator!=(const allocator<T>&, const allocator<U>&) noexcept {
  return false;
}

#if defined(__cpp_lib_memory_resource)

// A memory resource of zones, one for each size class up to `largest` bytes; larger blocks and those
// of an alignment above 16 come from `upstream`. Everything must be deallocated before it ends.
class zone_resource : public std::pmr::memory_resource {
 public:
  static constexpr std::size_t kLargest = 8192;

  explicit zone_resource(std::size_t largest = kLargest,
                         std::pmr::memory_resource* upstream = std::pmr::get_default_resource())
      : largest_(largest < kLargest ? largest : kLargest), upstream_(upstream) {}
  ~zone_resource() override {
    for (auto& zone : zones_) uma_zdestroy(zone.load(std::memory_order_acquire));
  }
  zone_resource(const zone_resource&) = delete;
  zone_resource& operator=(const zone_resource&) = delete;

  std::pmr::memory_resource* upstream() const noexcept { return upstream_; }
  // Of all zones together.
  std::uint64_t used() const noexcept {
    std::uint64_t used = 0;
    for (const auto& zone : zones_) {
      uma_zone_stats stats{};
      if (uma_zone_t handle = zone.load(std::memory_order_acquire))
        uma_zone_get_stats(handle, &stats);
      used += stats.used;
    }
    return used;
  }

 private:
  static constexpr std::size_t kStep = 16;
  static constexpr std::size_t kSmall = 256;  // classes by 16 up to here, then four a doubling
  static constexpr unsigned kClasses = kSmall / kStep + 4 * 5;

  // The class of a size, and the size of a class.
  static unsigned class_of(std::size_t bytes) {
    if (bytes <= kSmall) return bytes ? static_cast<unsigned>((bytes - 1) / kStep) : 0;
    unsigned index = kSmall / kStep;
    std::size_t size = kSmall;
    for (std::size_t step = kSmall / 4; (size += step) < bytes; index++)
      if (size == step * 8) step *= 2;
    return index;
  }
  static std::size_t size_of(unsigned index) {
    if (index < kSmall / kStep) return (index + 1) * kStep;
    std::size_t size = kSmall, step = kSmall / 4;
    for (unsigned i = kSmall / kStep; i <= index; i++) {
      size += step;
      if (size == step * 8) step *= 2;
    }
    return size;
  }

  bool from_zone(std::size_t bytes, std::size_t align) const {
    return bytes <= largest_ && align <= kStep;
  }

  uma_zone_t zone_of(unsigned index) {
    uma_zone_t zone = zones_[index].load(std::memory_order_acquire);
    if (zone) return zone;
    const std::lock_guard<std::mutex> guard(mutex_);
    zone = zones_[index].load(std::memory_order_relaxed);
    if (zone) return zone;
    zone = uma_zcreate("uma::zone_resource", size_of(index), nullptr, nullptr, nullptr, nullptr,
                       static_cast<int>(kStep) - 1, 0);
    zones_[index].store(zone, std::memory_order_release);
    return zone;
  }

  void* do_allocate(std::size_t bytes, std::size_t align) override {
    if (!from_zone(bytes, align)) return upstream_->allocate(bytes, align);
    uma_zone_t zone = zone_of(class_of(bytes));
    void* item = zone ? uma_zalloc(zone, M_NOWAIT) : nullptr;
    if (!item) detail::no_memory();
    return item;
  }
  void do_deallocate(void* p, std::size_t bytes, std::size_t align) override {
    if (!from_zone(bytes, align)) return upstream_->deallocate(p, bytes, align);
    uma_zfree(zone_of(class_of(bytes)), p);
  }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }

  std::size_t largest_;
  std::pmr::memory_resource* upstream_;
  std::mutex mutex_;
  std::atomic<uma_zone_t> zones_[kClasses] = {};
};

#endif  // __cpp_lib_memory_resource

}  // namespace face
}  // namespace uma

#endif  // UMA_UMA_HPP_
