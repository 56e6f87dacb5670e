// A newer g++ leaves two symbols to the C++ library that Debian 11's library does not have yet.
#pragma once
#include <cstdlib>
#ifdef __cplusplus
extern "C" {
__attribute__((weak, visibility("hidden"))) char __libc_single_threaded = 0;
}
namespace std {
[[noreturn]] __attribute__((weak, visibility("hidden"))) void __throw_bad_array_new_length() { abort(); }
}
#endif
