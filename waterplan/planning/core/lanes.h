// What the light answer reads and fills in: provinces side by side, and levers run by run. As in core.h, the fields of a
// record stand in the order of the dataclass of the same name in lanes.py.
//
// A block is eight pairs of one fleet (plants of a product that start from the same shares, such as those of all its
// provinces), its lanes; what is left of the last block is filled up with lanes that withdraw nothing. A block names its
// own uses, site apps and supply apps, and what it needs of each, such as a cost, stands in one row of eight after the
// other.
#pragma once

#include "core.h"
#include "memory.h"

namespace waterplan {

constexpr int64_t BLOCK = 8;
constexpr double WASTE = 1e-7;  // CNY/m3, see tie_break.py

struct Lanes {
    const int64_t* use_first;  // [block]
    const int64_t* use_last;
    const int64_t* site_first;
    const int64_t* site_last;
    const int64_t* supply_first;
    const int64_t* supply_last;
    const int64_t* app_row;  // [block] the first of its rows
    const int64_t* site_row;
    const int64_t* supply_row;
    const int64_t* sector;
    const int64_t* inside;    // [block] how many lanes are pairs
    const int64_t* province;  // [lane]
    const int64_t* app_technology;
    const int64_t* site_technology;
    const int64_t* supply_technology;
    const int64_t* pool;  // [technology] -1 where it draws from none
    const double* reference;  // [lane] hm3/a: the weight of scarcity
    const double* existing;   // [lane] hm3/a, of plants of the base year, and of those built since
    const double* built;
    const double* start;      // [block] what is left of existing withdrawal after level 1 before anything is added
    const double* on_site;    // [lane] what the site saves already of what reaches it
    const double* replaced;   // [lane] what other sources replace already of what is left behind it
    const double* barrier;    // [lane] CNY/m3 of capacity, of an enterprise
    const double* use_flow;   // [use] gross flow per unit of existing withdrawal
    const double* use_effluent;
    const double* split;  // [app] what divides the saving of a use among its technologies, per share added
    const double* site_together;      // [lane]
    const double* alternative_share;  // [lane]
    const double* site_limit;         // [row, lane]
    const double* supply_limit;
    const double* site_share;    // [row, lane] what of `on_site` each technology does, and of `replaced` each source
    const double* source_share;
    const double* app_tie;
    const double* site_tie;
    const double* supply_tie;
    double site_effluent;
    double count_supply;
    double unit;
    int64_t blocks;
    int64_t technologies;
    int64_t sectors;
    int64_t provinces;
    int64_t pools;
};

// Input values that only prices are made of.
struct Money {
    const double* lifetime;  // [technology]
    const double* investment_per_m3;
    const double* water_share;
    const double* running_cost_per_m3;
    const double* running_cost_water_share;
    const double* heat_per_m3;
    const double* electricity_per_m3;
    const double* joint;              // 1 where a technology is a joint product
    const double* electricity_price;  // [province]
    const double* grid_emission_factor;
    const double* water_price;
    const double* resource_fee;
    const double* sewage_fee;
    const double* water_stress;
    const double* public_supply_share;  // [sector]
    const double* sewer_share;
    double heat_price;
    double heat_emission_factor;
    double own_intake_cost;
    double effluent_treatment_cost;
};

enum Perspective { PROGRAMME, ENTERPRISE, SOCIETY, PERSPECTIVES };
enum Lever {
    SAVING_TARGET, PERSPECTIVE, FULL_CREDIT, DISCOUNT_RATE, HURDLE_RATE, ELECTRICITY_PRICE_SCALE, WATER_PRICE_SCALE,
    CARBON_PRICE, WATER_TAX, BARRIER_COST, SCARCITY_VALUE, LEVERS
};

// The levers of runs, and what limits add to costs and worths, the same for all of them.
struct Asked {
    const double* lever;       // [run, Lever]
    const double* cost_scale;  // [run, technology]
    const double* subsidy;     // [run, sector]
    const double* surcharge;       // [technology, sector] CNY/m3 of capacity
    const double* pool_surcharge;  // [pool, province]
    const double* extra;           // [sector, province] on a counted m3
};

// Floors of one kind: the group of each lane (-1: none), what each has to save at least [hm3/a], and the price that is
// found of each, beyond that of the target [CNY/m3].
struct Floors {
    const int64_t* group;
    const double* bound;
    double* price;
    int64_t count;
};

enum Figure {
    STATUS, PRICE, BOUND, COUNTED, OBJECTIVE, TIE_BREAK, GROSS_COST, SCARCITY_CREDIT, INVESTMENT, ELECTRICITY, HEAT,
    COST_LINES,  // of three perspectives
    FIGURES = COST_LINES + 3 * 7
};

// What is found of each run. The plan is a mixture: each lane answers to two prices.
struct Accounts {
    double* figure;       // [run, Figure]
    double* low;          // [lane] CNY/m3, of the last run
    double* high;
    double* share;        // [lane] of the answer to the higher price
    double* draw;         // [run, pool, province] hm3/a
    double* saving;       // [run, level, sector, province] hm3/a
    double* effluent;     // [run, sector, province]
    double* capacity;     // [run, technology, sector] hm3/a
    double* powered;      // the same, weighted by electricity_price of the plan
    double* emitting;     // the same, weighted by grid_emission_factor; from here on only where it is wanted
    double* placed;       // [run, technology, province] hm3/a
    double* saved;        // [run, technology]
    int64_t wanted;
};

}  // namespace waterplan
