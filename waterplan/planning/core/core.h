// What Python hands over and what it may call. The fields of a record stand in the order of the dataclass of the same
// name in kernel_arrays.py; all arrays are contiguous, of double and int64_t, and live as long as the record.
//
// Nothing here keeps state, throws, or prints: any number of threads may call at once, each with its own Answers. Of the
// libraries only that of C is used, so that any compiler will do and nothing else has to be there at run time.
#pragma once

#include <stdint.h>

#if defined(_WIN32)
#define WATERPLAN_API extern "C" __declspec(dllexport)
#else
#define WATERPLAN_API extern "C" __attribute__((visibility("default")))
#endif

namespace waterplan {

constexpr int64_t DONE = 0, PIVOTING = -1, NO_MEMORY = -2;  // what every call returns; a search also what it found
constexpr double TINY = 1e-11, ROUNDING = 1e-13;
constexpr int64_t APPS_MAX = 64;  // at one end use: what is added is the bits of an integer

struct Pairs {
    const double* start;     // [pair] what existing plants withdraw after level 1 before anything is added
    const double* built;     // what plants built since the base year withdraw
    const double* on_site;   // what the site saves already of what reaches it
    const double* replaced;  // what other sources replace already of what is left behind it
    const int64_t* local_start;
    const int64_t* local_use;
    const double* gross_flow;
    const int64_t* app_start;
    const int64_t* site_start;
    const double* site_limit;
    const double* site_together;
    const int64_t* supply_start;
    const double* supply_limit;
    const double* source_share;       // what of `replaced` each source does
    const double* alternative_share;  // [pair] what sources together may still replace
    double count_supply;
    double unit;
};

struct Costs {
    const double* app;
    const double* site;
    const double* supply;
    const double* use_credit;
    const double* site_credit;
    const double* supply_credit;
    const double* behind;  // [pair] what a m3 less behind the site earns beside credits
};

struct Uses {
    const int64_t* app_start;
    const double* saving_fraction;
    const double* added_share;
    const int64_t* rows;
    const int64_t* move_start;
    const int64_t* move_from;
    const int64_t* move_to;
    const int64_t* move_members;
    const int64_t* entry_start;
    const int64_t* entry_place;
    const int64_t* entry_basis;
    const double* dictionary;
    const int64_t* basis;
    const double* late_dictionary;
    const int64_t* late_basis;
    const int64_t* entry_value;
    const double* value;
    const int64_t* entry_amount;
    const double* amount;
    const int64_t* entry_reduced;
    const double* reduced;
};

// Where what moves alone decide of an entry stands: its dictionary without values and gains, and its basis.
inline const double* dictionary_of(const Uses& uses, int64_t entry) {
    const int64_t place = uses.entry_place[entry];
    return place < 0 ? uses.late_dictionary + ~place : uses.dictionary + place;
}
inline const int64_t* basis_of(const Uses& uses, int64_t entry) {
    const int64_t place = uses.entry_basis[entry];
    return place < 0 ? uses.late_basis + ~place : uses.basis + place;
}

struct Answers {
    double* share;
    double* use_saving;
    double* site_saving;
    double* supply;
    double* counted;
    double* cost;
    int64_t* entry;
    double* low;
    double* high;
    double* spent;
};

struct Amounts {
    double counted, cost, value;
};

// As in Python: the first where both are equal, or one is no number.
inline double larger(double a, double b) { return b > a ? b : a; }
inline double smaller(double a, double b) { return b < a ? b : a; }

// answer.cpp: members answer a worth, plus extra [pair] for each.
int64_t answer(const int64_t* members, int64_t count, double worth, const double* extra, const Pairs& pairs,
               const Costs& costs, const Uses& uses, const Answers& answers, Amounts& amounts);

// How much less is left behind the site by what a pair adds, of all sources.
inline double less_behind_site(int64_t i, const Pairs& pairs, double at_uses, double site) {
    return (1.0 - pairs.on_site[i]) * at_uses + site;
}

// The answer of one pair to a price.
int64_t answer_of_pair(int64_t i, double price, const Pairs& pairs, const Costs& costs, const Uses& uses,
                       const Answers& answers);

// choices.cpp: brings the choice at one end use up to what a saved cubic metre earns there.
int64_t choose(int64_t local, double earned, const Pairs& pairs, const Costs& costs, const Uses& uses,
               const Answers& answers);

}  // namespace waterplan
