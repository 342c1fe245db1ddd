// Vertices that a store lacks, found where the last check of an answer failed.
#pragma once

#include "vertices.h"

namespace waterplan {

struct Lost {
    List<int64_t> use;    // of each
    List<int64_t> basis;  // one after the other, as in Uses

    static double profit(const Dictionary& d, double worth, const double* kappa) {
        double profit = worth * d.value(d.rows);
        for (int64_t t = 0; t < d.apps; t++) profit -= kappa[t] * d.value(d.rows + 1 + t);
        return profit;
    }

    // Pivots from a stored dictionary of a use to the best one, and keeps its basis if it is new here and better by more
    // than a limit: several bases can stand for one and the same vertex.
    int64_t find(const Uses& uses, int64_t u, int64_t entry, double worth, const double* kappa, double limit) {
        const OwnDictionary own(uses, u, entry);
        if (!own.is_there()) return NO_MEMORY;
        const Dictionary& d = *own;
        const double before = profit(d, worth, kappa);
        if (climb(d, worth, kappa) != DONE) return PIVOTING;
        if (profit(d, worth, kappa) <= before + limit) return DONE;
        const int64_t named = d.rows + d.moves;
        for (int64_t n = 0, at = 0; n < use.count; n++) {
            if (use[n] == u && has_same_rows(basis.items.data() + at, d)) return DONE;
            at += uses.rows[use[n]] + uses.move_start[use[n] + 1] - uses.move_start[use[n]];
        }
        return use.append(u) && basis.append(d.basis, named) ? DONE : NO_MEMORY;
    }
};

}  // namespace waterplan
