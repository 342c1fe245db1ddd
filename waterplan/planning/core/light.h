// The light answer: what light.cpp and the kernels for each instruction set (lanes_*.cpp) share.
#pragma once

#include "lost.h"
#include "tables.h"

namespace waterplan {

constexpr double LOST = 4;       // status of a run for which the store lacks a vertex
constexpr int64_t GROUP = 10;      // numbers that the search for one floor takes
constexpr double DEAREST = 1e3;  // CNY/m3, see kernel_input.py

// How many rows there are of each kind, and how many a block has at most.
struct Rows {
    int64_t app, site, supply, app_most, use_most, site_most, supply_most;
    Rows(const Lanes& l, const Uses& u);
};

// Adds up what accounts say of a run: the figures from COUNTED on; barrier: what barriers of lanes cost an enterprise.
void add_up(const Lanes& lanes, const Money& money, const Asked& asked, const Tables& tables, int64_t run, double barrier,
            const Accounts& out);

#define WATERPLAN_KERNEL(name)                                                                                        \
    namespace name {                                                                                                  \
    int64_t light(const Lanes& l, const Uses& uses, const Money& money, const Asked& asked,            \
                  const Floors& floors, int64_t run, double guess, double* memory, const Accounts& out, Lost& lost);                                                   \
    int64_t decide(const Lanes& l, const Uses& uses, const Money& money, const Asked& asked, const double* price,     \
                   const int64_t* lane_pair, const Pairs& pairs, double* memory, const Answers& out);                 \
    }
WATERPLAN_KERNEL(plain)
WATERPLAN_KERNEL(avx2)
WATERPLAN_KERNEL(avx512)
#undef WATERPLAN_KERNEL

}  // namespace waterplan
