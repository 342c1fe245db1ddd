// The store of dictionaries: for every use of a scenario, the vertices met on sample walks, laid out for the kernel.
//
// Which bases there are depends on the constraint matrix of a use alone, that is, on its moves; shares and saving
// fractions only decide which of them can be. So a store is made from another one without walking: its bases are pivoted
// to, and those that can be are kept. Only uses with other moves are walked anew.
#include "vertices.h"

namespace waterplan {
namespace {

constexpr int64_t ENTRIES_MAX = 160;

// What the store is made from: configurations of each use, and sample costs kappas [sample, app].
struct Sampled {
    const int64_t* app_start;
    const int64_t* configuration_start;
    const int64_t* members;
    const double* start_share;
    const double* remaining;
    const double* added_share;
    const double* kappas;
    int64_t uses, samples;
};

// Bases of a use that join those known before, one after the other (see lost.h).
struct Vertices {
    const int64_t* use;
    const int64_t* basis;
    int64_t count;
};

// The fields of Uses from `rows` to `reduced`.
struct Store {
    List<int64_t> rows, move_start, move_from, move_to, move_members, entry_start, entry_place, entry_basis;
    List<double> dictionary;
    List<int64_t> basis, entry_value;
    List<double> value;
    List<int64_t> entry_reduced;
    List<double> reduced;
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

// The dictionary of one use that is walked with, and the first one, in which nobody moves.
class Walker {
  public:
    bool begin(const Sampled& from, int64_t u, const Moves& found) {
        d_.apps = from.app_start[u + 1] - from.app_start[u];
        d_.rows = found.starts.count + d_.apps;
        d_.moves = found.moves.count;
        const int64_t size = d_.height() * d_.width();
        if (!table_.resize(size) || !first_.resize(size) || !basis_.resize(d_.rows + d_.moves)) return false;
        d_.table = first_.data(), d_.basis = basis_.data();
        memset(d_.table, 0, static_cast<size_t>(size) * sizeof(double));
        for (int64_t i = 0; i < d_.rows; i++) {
            const int64_t app = i - found.starts.count;
            d_.at(i, d_.moves) = app < 0 ? from.start_share[found.starts[i]] : from.added_share[from.app_start[u] + app];
        }
        for (int64_t j = 0; j < d_.moves; j++) {
            const Move& move = found.moves[j];
            d_.at(move.row, j) = 1.0;
            d_.at(d_.rows, j) = -move.saving;
            for (int64_t t = 0; t < d_.apps; t++) {
                if (!(move.members >> t & 1)) continue;
                d_.at(found.starts.count + t, j) = 1.0;
                d_.at(d_.rows + 1 + t, j) = -1.0;
            }
        }
        d_.table = table_.data();
        return true;
    }

    const Dictionary& restart() {
        memcpy(d_.table, first_.data(), static_cast<size_t>(d_.height() * d_.width()) * sizeof(double));
        for (int64_t i = 0; i < d_.rows; i++) d_.basis[i] = d_.moves + i;
        for (int64_t j = 0; j < d_.moves; j++) d_.basis[d_.rows + j] = j;
        return d_;
    }

    // The one in which nobody moves; its variables are in their order.
    Dictionary first() const {
        Dictionary first = d_;
        first.table = first_.data();
        return first;
    }

  private:
    Dictionary d_{};
    Buffer<double> table_, first_;
    Buffer<int64_t> basis_;
};

// The same for all bases with the same basic variables, and hardly ever for others.
uint64_t mark_of(const Dictionary& d) {
    uint64_t mark = 0;
    for (int64_t i = 0; i < d.rows; i++) {
        uint64_t x = static_cast<uint64_t>(d.basis[i] + 1) * 0x9e3779b97f4a7c15u;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
        mark += x ^ (x >> 27);
    }
    return mark;
}

// Stores a dictionary if it is a new one of its use and there is place left.
bool remember(const Dictionary& d, int64_t first_basis, List<uint64_t>& marks, Store& store) {
    if (marks.count >= (d.apps > 1 ? ENTRIES_MAX : 2)) return true;
    const uint64_t mark = mark_of(d);
    const int64_t named = d.rows + d.moves;
    for (int64_t e = 0; e < marks.count; e++)
        if (marks[e] == mark && has_same_rows(store.basis.items.data() + first_basis + e * named, d)) return true;
    const int64_t place = store.dictionary.count, basis = store.basis.count;
    const int64_t value = store.value.count, reduced = store.reduced.count;
    bool kept = marks.append(mark) && store.entry_place.append(place) && store.entry_basis.append(basis) &&
                store.entry_value.append(value) && store.entry_reduced.append(reduced) &&
                store.dictionary.append(d.table, d.height() * d.width()) && store.basis.append(d.basis, named) &&
                store.reduced.items.resize(reduced + d.moves * (d.apps + 1));
    for (int64_t t = 0; t <= d.apps && kept; t++) {
        kept = store.value.append(d.value(d.rows + t));
        for (int64_t j = 0; j < d.moves; j++) store.reduced[reduced + j * (d.apps + 1) + t] = -d.at(d.rows + t, j);
    }
    store.reduced.count += kept ? d.moves * (d.apps + 1) : 0;
    return kept;
}

// The variable that is worth moving first when the worth grows from nothing; -1 when none ever is.
int64_t entering(const Dictionary& d, const double* kappa) {
    double best = INFINITY;
    int64_t column = -1;
    for (int64_t j = 0; j < d.moves; j++) {
        const double gain = -d.at(d.rows, j);
        if (!(gain > TINY)) continue;
        double cost = 0.0;
        for (int64_t t = 0; t < d.apps; t++) cost -= kappa[t] * d.at(d.rows + 1 + t, j);
        if (cost / gain < best) best = cost / gain, column = j;
    }
    return column;
}

// Walks the worth from nothing to infinity for each sample of costs, keeping every dictionary met.
bool explore(const Sampled& from, int64_t u, Walker& walker, List<uint64_t>& marks, Store& store) {
    const int64_t first_basis = store.basis.count, all_apps = from.app_start[from.uses];
    marks.count = 0;
    if (!remember(walker.restart(), first_basis, marks, store)) return false;
    for (int64_t sample = 0; sample < from.samples; sample++) {
        const double* kappa = from.kappas + sample * all_apps + from.app_start[u];
        const Dictionary& d = walker.restart();
        for (int64_t count = 0; count < PIVOTS_MAX; count++) {
            const int64_t column = entering(d, kappa);
            const int64_t row = column < 0 ? -1 : leaving_row(d, column);
            if (row < 0) break;
            pivot(d, row, column);
            if (!remember(d, first_basis, marks, store)) return false;
        }
    }
    return true;
}

// Whether a use has the same moves in another store, from and to the same configurations.
bool has_same_moves(const Uses& known, int64_t u, const Moves& found) {
    const int64_t first = known.move_start[u];
    if (known.move_start[u + 1] - first != found.moves.count) return false;
    for (int64_t j = 0; j < found.moves.count; j++)
        if (known.move_from[first + j] != found.starts[found.moves[j].row] || known.move_to[first + j] != found.moves[j].to)
            return false;
    return true;
}

bool can_be(const Dictionary& d) {
    for (int64_t row = 0; row < d.rows; row++)
        if (d.value(row) < -ROUNDING) return false;
    return true;
}

// Pivots to the dictionary with these basic variables; false where there is none, or where it cannot be.
bool go_to(const Dictionary& d, const int64_t* basis, Buffer<bool>& is_wanted) {
    const int64_t named = d.rows + d.moves;
    for (int64_t n = 0; n < named; n++) is_wanted[basis[n]] = n < d.rows;
    for (bool moved = true; moved;) {
        moved = false;
        for (int64_t row = 0; row < d.rows; row++) {
            if (is_wanted[d.basis[row]]) continue;
            int64_t column = -1;
            for (int64_t j = 0; j < d.moves; j++)
                if (is_wanted[d.basis[d.rows + j]] && (column < 0 || fabs(d.at(row, j)) > fabs(d.at(row, column)))) column = j;
            if (column < 0 || fabs(d.at(row, column)) < TINY) continue;
            pivot(d, row, column);
            moved = true;
        }
    }
    for (int64_t row = 0; row < d.rows; row++)
        if (!is_wanted[d.basis[row]]) return false;
    return can_be(d);
}

// Copies a dictionary of another store with the same moves and works out anew what shares and saving fractions decide: the
// values, and the row of the saving. The rest is made of the moves alone. `first` is the one in which nobody moves.
void copy_with(const Dictionary& first, const Uses& known, int64_t entry, const Dictionary& d) {
    const int64_t width = d.width(), z = d.rows;
    memcpy(d.table, known.dictionary + known.entry_place[entry], static_cast<size_t>(d.height() * width) * sizeof(double));
    memcpy(d.basis, known.basis + known.entry_basis[entry], static_cast<size_t>(d.rows + d.moves) * sizeof(int64_t));
    const auto saving = [&](int64_t variable) { return variable < d.moves ? -first.at(z, variable) : 0.0; };
    for (int64_t j = 0; j < d.moves; j++) d.at(z, j) = -saving(d.basis[d.rows + j]);
    for (int64_t i = z; i < d.height(); i++) d.at(i, d.moves) = 0.0;
    for (int64_t i = 0; i < d.rows; i++) {
        const int64_t basic = d.basis[i];
        double value = basic >= d.moves ? first.value(basic - d.moves) : 0.0;
        for (int64_t j = 0; j < d.moves; j++) {
            const int64_t other = d.basis[d.rows + j];
            if (other >= d.moves) value += d.at(i, j) * first.value(other - d.moves);
            d.at(z, j) += saving(basic) * d.at(i, j);
        }
        d.at(i, d.moves) = value;
        if (basic >= d.moves) continue;
        for (int64_t r = z; r < d.height(); r++) d.at(r, d.moves) -= first.at(r, basic) * value;
    }
}

// Takes over the bases of a use from a store in which it has the same moves: as they stand where it also starts from
// the same shares.
bool take_over(const Uses& known, const Vertices& more, int64_t u, Walker& walker, List<uint64_t>& marks, Store& store) {
    const Dictionary& d = walker.restart();
    const Dictionary first = walker.first();
    const int64_t first_basis = store.basis.count, named = d.rows + d.moves, size = d.height() * d.width();
    const int64_t start = known.entry_start[u], end = known.entry_start[u + 1];
    Buffer<bool> is_wanted(named > 0 ? named : 1);
    marks.count = 0;
    if (!is_wanted.holds(named) || !remember(d, first_basis, marks, store)) return false;
    const bool is_same = start < end && !memcmp(known.dictionary + known.entry_place[start], first.table,
                                                static_cast<size_t>(size) * sizeof(double));
    for (int64_t e = start; e < end; e++) {
        copy_with(first, known, e, d);
        if (is_same) memcpy(d.table, known.dictionary + known.entry_place[e], static_cast<size_t>(size) * sizeof(double));
        if (can_be(d) && !remember(d, first_basis, marks, store)) return false;
    }
    for (int64_t n = 0, at = 0; n < more.count; n++) {
        const int64_t use = more.use[n];
        if (use == u) walker.restart();
        if (use == u && go_to(d, more.basis + at, is_wanted) && !remember(d, first_basis, marks, store)) return false;
        at += known.rows[use] + known.move_start[use + 1] - known.move_start[use];
    }
    return true;
}

bool fill(const Sampled& from, const Uses* known, const Vertices& more, Store& store) {
    Moves found;
    Walker walker;
    List<uint64_t> marks;
    bool kept = store.move_start.append(0) && store.entry_start.append(0);
    const int64_t entries = known ? known->entry_start[from.uses] : 0;  // about as much room is needed again
    if (entries > 0) kept = kept && store.dictionary.items.resize(known->entry_place[entries - 1]);
    for (int64_t u = 0; u < from.uses && kept; u++) {
        kept = found.find(from, u) && walker.begin(from, u, found);
        if (!kept) break;
        for (int64_t j = 0; j < found.moves.count && kept; j++) {
            const Move& move = found.moves[j];
            kept = store.move_from.append(found.starts[move.row]) && store.move_to.append(move.to) &&
                   store.move_members.append(move.members);
        }
        kept = kept && store.rows.append(found.starts.count + from.app_start[u + 1] - from.app_start[u]) &&
               store.move_start.append(store.move_from.count) &&
               (known && has_same_moves(*known, u, found) ? take_over(*known, more, u, walker, marks, store)
                                                          : explore(from, u, walker, marks, store)) &&
               store.entry_start.append(store.entry_place.count);
    }
    return kept;
}

}  // namespace
}  // namespace waterplan

using namespace waterplan;

// Fills in 14 columns, in the order of the fields of Uses from `rows` on; each is to be given back. Bases are taken over
// from `known` where that is given, and `more` of them.
WATERPLAN_API int64_t waterplan_store(const Sampled* from, const Uses* known, const Vertices* more, Column* columns) {
    Store store;
    if (!fill(*from, known, *more, store)) return NO_MEMORY;
    List<int64_t>* const first[] = {&store.rows,         &store.move_start,  &store.move_from,   &store.move_to,
                                    &store.move_members, &store.entry_start, &store.entry_place, &store.entry_basis};
    Column* next = columns;
    for (List<int64_t>* list : first) *next++ = handed_over(*list);
    *next++ = handed_over(store.dictionary);
    *next++ = handed_over(store.basis);
    *next++ = handed_over(store.entry_value);
    *next++ = handed_over(store.value);
    *next++ = handed_over(store.entry_reduced);
    *next++ = handed_over(store.reduced);
    return DONE;
}

WATERPLAN_API void waterplan_release(void* data) { free(data); }

#define WATERPLAN_TEXT_OF(words) #words
#define WATERPLAN_TEXT(words) WATERPLAN_TEXT_OF(words)

// What sources this was compiled from (see compiler.py).
WATERPLAN_API const char* waterplan_digest() { return WATERPLAN_TEXT(WATERPLAN_DIGEST); }
