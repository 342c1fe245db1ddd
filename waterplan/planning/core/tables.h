// Prices of one run: what a cubic metre of capacity costs and what a saved one earns (see model/prices.py).
#pragma once

#include <math.h>

#include "lanes.h"

namespace waterplan {

// The tables of one run, in a piece of memory that is handed over.
struct Tables {
    double* annuity[PERSPECTIVES];     // [technology] of charged investment, before the subsidy
    double* subsidy;                   // [sector] what is left of investment for an enterprise
    double* running;                   // [technology]
    double* heat;                      // [technology]
    double* electricity;               // [technology] kWh/m3 that are charged
    double* power;                     // [province] CNY/kWh
    double* unit_cost;                 // [technology, sector] without electricity, in the perspective minimised
    double* withdrawal[PERSPECTIVES];  // [sector, province] earned by an m3 not withdrawn
    double* effluent[PERSPECTIVES];    // the same not discharged
    double* scarcity;                  // [province]
    Perspective own;
    double barrier;

    static int64_t size(const Lanes& l) {
        return 6 * l.technologies + l.sectors + 2 * l.provinces + l.technologies * l.sectors +
               2 * PERSPECTIVES * l.sectors * l.provinces;
    }
    Tables(const Lanes& l, double* memory) {
        const int64_t cells = l.sectors * l.provinces;
        const auto next = [&memory](int64_t count) { return memory += count, memory - count; };
        for (double*& array : annuity) array = next(l.technologies);
        running = next(l.technologies), heat = next(l.technologies), electricity = next(l.technologies);
        subsidy = next(l.sectors), power = next(l.provinces), scarcity = next(l.provinces);
        unit_cost = next(l.technologies * l.sectors);
        for (double*& array : withdrawal) array = next(cells);
        for (double*& array : effluent) array = next(cells);
    }
    double investment(int64_t t, int64_t s, int64_t perspective) const {
        return annuity[perspective][t] * (perspective == ENTERPRISE ? subsidy[s] : 1.0);
    }
};

inline double capital_recovery_factor(double rate, double lifetime) {
    return rate == 0.0 ? 1.0 / lifetime : rate / -expm1(-lifetime * log1p(rate));
}

void fill_tables(const Lanes& lanes, const Money& money, const Asked& asked, int64_t run, Tables& tables);

}  // namespace waterplan
