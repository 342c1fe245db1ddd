// The kernel of the light answer for processors with avx2.
#include "light.h"

#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC target("avx2")
#endif
#define WATERPLAN_LANES avx2
#define WIDTH 4
#include "lane_light.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
