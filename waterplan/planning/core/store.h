// What a store of dictionaries is made from, the moves of its end uses, and its arrays.
#pragma once

#include "vertices.h"

namespace waterplan {

// What the store is made from: configurations of each use, sample costs kappas [sample, app], and the kind of each use:
// those of one kind have the same technologies and configurations, such as one end use of all fleets of a product.
struct Sampled {
    const int64_t* app_start;
    const int64_t* configuration_start;
    const int64_t* members;
    const double* start_share;
    const double* remaining;
    const double* added_share;
    const double* kappas;
    const int64_t* kind;
    int64_t uses, samples, kinds;
};

struct Move {
    int64_t row, to, members;
    double saving;
};

// The moves of one use, and the configuration in which each row of its dictionaries starts.
struct Moves {
    List<Move> moves;
    List<int64_t> starts;

    bool find(const Sampled& from, int64_t u) {
        moves.count = starts.count = 0;
        int64_t allowed = 0;
        for (int64_t app = from.app_start[u]; app < from.app_start[u + 1]; app++)
            if (from.added_share[app] > 0.0) allowed |= int64_t{1} << (app - from.app_start[u]);
        const int64_t first = from.configuration_start[u], last = from.configuration_start[u + 1];
        for (int64_t a = first; a < last; a++) {
            if (from.start_share[a] <= 0.0) continue;
            int64_t row = -1;
            for (int64_t b = first; b < last; b++) {
                const int64_t added = from.members[b] & ~from.members[a];
                if (!added || from.members[a] & ~from.members[b] || added & ~allowed) continue;
                if (!(from.remaining[a] > from.remaining[b])) continue;
                if (row < 0) {
                    row = starts.count;
                    if (!starts.append(a)) return false;
                }
                if (!moves.append({row, b, added, from.remaining[a] - from.remaining[b]})) return false;
            }
        }
        return true;
    }
};

// Whether a use has the same moves in another store, from and to the same configurations.
inline bool has_same_moves(const Uses& known, int64_t u, const Moves& found) {
    const int64_t first = known.move_start[u];
    if (known.move_start[u + 1] - first != found.moves.count) return false;
    for (int64_t j = 0; j < found.moves.count; j++)
        if (known.move_from[first + j] != found.starts[found.moves[j].row] || known.move_to[first + j] != found.moves[j].to)
            return false;
    return true;
}

// The fields of Uses from `rows` to `reduced`. A store that is taken over leaves dictionaries and bases where they are in
// `known`; what joins it is late, its places counted from -1 down.
struct Store {
    const Uses* known = nullptr;
    List<int64_t> rows, move_start, move_from, move_to, move_members, entry_start, entry_place, entry_basis;
    List<double> dictionary;
    List<int64_t> basis;
    List<double> late_dictionary;
    List<int64_t> late_basis, entry_value;
    List<double> value;
    List<int64_t> entry_amount;
    List<double> amount;
    List<int64_t> entry_reduced;
    List<double> reduced;

    List<double>& dictionaries() { return known ? late_dictionary : dictionary; }
    List<int64_t>& bases() { return known ? late_basis : basis; }
    int64_t next(int64_t count) const { return known ? ~count : count; }
    const int64_t* basis_at(int64_t entry) const {
        const int64_t place = entry_basis[entry];
        return place < 0 ? late_basis.items.data() + ~place : (known ? known->basis : basis.items.data()) + place;
    }

    // A new entry whose dictionary and basis come next; its numbers are still to be filled in.
    bool append(int64_t values, int64_t amounts, int64_t reductions) {
        if (!entry_place.append(next(dictionaries().count)) || !entry_basis.append(next(bases().count)) || !entry_value.append(value.count) ||
            !entry_amount.append(amount.count) || !entry_reduced.append(reduced.count) ||
            !value.items.resize(value.count + values) || !amount.items.resize(amount.count + amounts) ||
            !reduced.items.resize(reduced.count + reductions))
            return false;
        value.count += values, amount.count += amounts, reduced.count += reductions;
        return true;
    }
    void drop_last() {
        value.count = entry_value[--entry_value.count], amount.count = entry_amount[--entry_amount.count];
        reduced.count = entry_reduced[--entry_reduced.count], entry_place.count--, entry_basis.count--;
    }
    double* last_value() const { return value.items.data() + entry_value[entry_value.count - 1]; }
    double* last_amount() const { return amount.items.data() + entry_amount[entry_amount.count - 1]; }
    double* last_reduced() const { return reduced.items.data() + entry_reduced[entry_reduced.count - 1]; }
};

}  // namespace waterplan
