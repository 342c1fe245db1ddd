// Uses of other fleets of a product that start from the same shares: what is stored of one is stored of all.
#pragma once

#include "store.h"

namespace waterplan {

// Of each use the last one before it of the same kind, among those that are alike none before them.
class Alike {
  public:
    bool begin(const Sampled& from) {
        if (!last_.resize(from.kinds + 1) || !before_.resize(from.uses + 1)) return false;
        for (int64_t k = 0; k < from.kinds; k++) last_[k] = -1;
        return true;
    }

    // A use before this one to which it is alike; -1 where there is none, and then later ones are held against it.
    int64_t find(const Sampled& from, int64_t u) {
        for (int64_t v = last_[from.kind[u]]; v >= 0; v = before_[v])
            if (is_alike(from, u, v)) return v;
        before_[u] = last_[from.kind[u]], last_[from.kind[u]] = u;
        return -1;
    }

  private:
    Buffer<int64_t> last_, before_;

    static bool is_alike(const Sampled& from, int64_t u, int64_t v) {
        const int64_t *configuration = from.configuration_start, *app = from.app_start;
        const int64_t count = configuration[u + 1] - configuration[u], apps = app[u + 1] - app[u];
        return configuration[v + 1] - configuration[v] == count && app[v + 1] - app[v] == apps &&
               is_same(from.start_share + configuration[u], from.start_share + configuration[v], count) &&
               is_same(from.remaining + configuration[u], from.remaining + configuration[v], count) &&
               is_same(from.added_share + app[u], from.added_share + app[v], apps);
    }
    static bool is_same(const double* one, const double* other, int64_t count) {
        return !memcmp(one, other, static_cast<size_t>(count) * sizeof(double));
    }
};

// Stores of use u the moves and entries of use v, where they are.
inline bool share(const Sampled& from, int64_t u, int64_t v, Store& store) {
    const int64_t shift = from.configuration_start[u] - from.configuration_start[v];
    for (int64_t j = store.move_start[v], end = store.move_start[v + 1]; j < end; j++)
        if (!store.move_from.append(store.move_from[j] + shift) || !store.move_to.append(store.move_to[j] + shift) ||
            !store.move_members.append(store.move_members[j]))
            return false;
    for (int64_t e = store.entry_start[v], end = store.entry_start[v + 1]; e < end; e++)
        if (!store.entry_place.append(store.entry_place[e]) ||
            !store.entry_basis.append(store.entry_basis[e]) ||
            !store.entry_value.append(store.entry_value[e]) ||
            !store.entry_amount.append(store.entry_amount[e]) ||
            !store.entry_reduced.append(store.entry_reduced[e]))
            return false;
    return store.rows.append(store.rows[v]) && store.move_start.append(store.move_from.count) &&
           store.entry_start.append(store.entry_place.count);
}

}  // namespace waterplan
