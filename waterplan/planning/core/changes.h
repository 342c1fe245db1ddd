// The changes of answer of pairs as the price of water grows, and what capacity costs and weighs.
#pragma once

#include "core.h"
#include "memory.h"

namespace waterplan {

constexpr int64_t NOT_ENDED = 1;
constexpr double APART = 1e-11;  // of the whole volume of the study: what two answers differ by

// What capacities cost and weigh at the three levels: uses, site, other sources.
struct Levels {
    const int64_t* technology[3];
    const double* capacity[3];
    const double* investment[3];
};

// A stretch of a curve: what is added at which price; the pair (or block) where, the technology that grows most.
struct Change {
    int64_t pair, technology;
    double price, counted, cost, investment;
};

// Where the volumes of a pair stand at the three levels, and what its answer says there.
struct Rows {
    int64_t first[3], last[3];
    const double* amount[3];

    Rows(int64_t i, const Pairs& p, const Answers& a)
        : first{p.app_start[p.local_start[i]], p.site_start[i], p.supply_start[i]},
          last{p.app_start[p.local_start[i + 1]], p.site_start[i + 1], p.supply_start[i + 1]},
          amount{a.share, a.site_saving, a.supply} {}
    int64_t count() const { return last[0] - first[0] + last[1] - first[1] + last[2] - first[2]; }
};

}  // namespace waterplan
