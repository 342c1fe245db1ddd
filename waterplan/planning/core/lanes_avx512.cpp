// The kernel of the light answer for processors with avx512.
#include "light.h"

#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx512bw"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw")
#endif
#define WATERPLAN_LANES avx512
#define WIDTH 8
#include "lane_light.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
