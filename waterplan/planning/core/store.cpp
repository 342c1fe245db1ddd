// The store of dictionaries: for every use of a scenario, the vertices met on sample walks, laid out for the kernel.
//
// Which bases there are depends on the constraint matrix of a use alone, that is, on its moves; shares and saving
// fractions only decide which of them can be. So a store is made from another one without walking: of each basis the
// values and gains are worked out anew, and those that can be are kept. Only uses with other moves are walked anew. Where
// all moves are the same, bases and dictionaries of the other store stay where they are, and what is new stands apart.
#include "alike.h"
#include "walker.h"

namespace waterplan {
namespace {

constexpr int64_t ENTRIES_MAX = 160;
constexpr int64_t TAKEN_OVER = 1;
constexpr int64_t LATE_MOST = 4;  // where more than one in so many entries is late, all are brought together

// Bases of a use that join those known before, one after the other (see lost.h).
struct Vertices {
    const int64_t* use;
    const int64_t* basis;
    int64_t count;
};

// The same for all bases with the same basic variables, and hardly ever for others.
uint64_t mark_of(const int64_t* basis, int64_t rows) {
    uint64_t mark = 0;
    for (int64_t i = 0; i < rows; i++) {
        uint64_t x = static_cast<uint64_t>(basis[i] + 1) * 0x9e3779b97f4a7c15u;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
        mark += x ^ (x >> 27);
    }
    return mark;
}

// Stores a dictionary if it is a new one of its use and there is place left.
bool remember(const Dictionary& d, int64_t first_entry, List<uint64_t>& marks, Store& store) {
    if (marks.count >= (d.apps > 1 ? ENTRIES_MAX : 2)) return true;
    const uint64_t mark = mark_of(d.basis, d.rows);
    for (int64_t e = 0; e < marks.count; e++)
        if (marks[e] == mark && has_same_rows(store.basis_at(first_entry + e), d)) return true;
    if (!marks.append(mark) ||
        !store.append(d.apps + 1, d.rows, d.moves * (d.apps + 1)) || !store.bases().append(d.basis, d.rows + d.moves))
        return false;
    for (int64_t i = 0; i < d.height(); i++)
        if (i != d.rows && !store.dictionaries().append(d.table + i * d.width(), d.moves)) return false;
    double *value = store.last_value(), *amount = store.last_amount(), *reduced = store.last_reduced();
    for (int64_t i = 0; i < d.rows; i++) amount[i] = d.value(i);
    for (int64_t t = 0; t <= d.apps; t++) {
        value[t] = d.value(d.rows + t);
        for (int64_t j = 0; j < d.moves; j++) reduced[j * (d.apps + 1) + t] = -d.at(d.rows + t, j);
    }
    return true;
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
    const int64_t first_entry = store.entry_place.count, all_apps = from.app_start[from.uses];
    marks.count = 0;
    if (!remember(walker.restart(), first_entry, marks, store)) return false;
    for (int64_t sample = 0; sample < from.samples; sample++) {
        const double* kappa = from.kappas + sample * all_apps + from.app_start[u];
        const Dictionary& d = walker.restart();
        for (int64_t count = 0; count < PIVOTS_MAX; count++) {
            const int64_t column = entering(d, kappa);
            const int64_t row = column < 0 ? -1 : leaving_row(d, column);
            if (row < 0) break;
            pivot(d, row, column);
            if (!remember(d, first_entry, marks, store)) return false;
        }
    }
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

// A use as shares and saving fractions make it, beside a store in which it has the same moves.
struct Carried {
    const Sampled& from;
    const Uses& known;
    const Moves& found;
    int64_t u, app, apps, starts, rows, moves;
    double* gains;  // room for those of an entry
    bool is_same;   // it also starts from the same shares, and moves save the same

    Carried(const Sampled& sampled, const Uses& uses, const Moves& all, int64_t use, double* room)
        : from(sampled), known(uses), found(all), u(use), app(from.app_start[u]), apps(from.app_start[u + 1] - app),
          starts(found.starts.count), rows(starts + apps), moves(found.moves.count), gains(room) {
        const int64_t first = known.entry_start[u];
        is_same = first < known.entry_start[u + 1];
        for (int64_t i = 0; i < rows && is_same; i++) is_same = known.amount[known.entry_amount[first] + i] == limit(i);
        for (int64_t j = 0; j < moves && is_same; j++)
            is_same = known.reduced[known.entry_reduced[first] + j * (apps + 1)] == found.moves[j].saving;
    }

    // What a row of the first dictionary, in which nobody moves, begins with.
    double limit(int64_t row) const {
        return row < starts ? from.start_share[found.starts[row]] : from.added_share[app + row - starts];
    }

    // Fills in the numbers of an entry of the known store, the last of the new one; false where it cannot be. Its
    // dictionary is made of the moves alone.
    bool fill(int64_t entry, const Store& store) const {
        double *value = store.last_value(), *amount = store.last_amount(), *reduced = store.last_reduced();
        copy(value, known.value + known.entry_value[entry], apps + 1);
        copy(amount, known.amount + known.entry_amount[entry], rows);
        copy(reduced, known.reduced + known.entry_reduced[entry], moves * (apps + 1));
        if (is_same) return true;
        const int64_t* basis = basis_of(known, entry);
        const double* table = dictionary_of(known, entry);
        for (int64_t i = 0; i < rows; i++) amount[i] = basis[i] < moves ? 0.0 : limit(basis[i] - moves);
        for (int64_t j = 0; j < moves; j++) {
            const int64_t other = basis[rows + j];
            if (other < moves) continue;
            const double room = limit(other - moves);
            for (int64_t i = 0; i < rows; i++) amount[i] += table[i * moves + j] * room;
        }
        for (int64_t i = 0; i < rows; i++)
            if (amount[i] < -ROUNDING) return false;
        for (int64_t t = 0; t <= apps; t++) value[t] = 0.0;
        double* gain = gains;
        for (int64_t j = 0; j < moves; j++) gain[j] = basis[rows + j] < moves ? found.moves[basis[rows + j]].saving : 0.0;
        for (int64_t i = 0; i < rows; i++) {
            if (basis[i] >= moves) continue;
            const Move& move = found.moves[basis[i]];
            const double saving = move.saving, *row = table + i * moves;
            for (int64_t j = 0; j < moves; j++) gain[j] -= saving * row[j];
            value[0] += saving * amount[i];
            for (int64_t t = 0; t < apps; t++) value[1 + t] += move.members >> t & 1 ? amount[i] : 0.0;
        }
        for (int64_t j = 0; j < moves; j++) reduced[j * (apps + 1)] = gain[j];
        return true;
    }

    static void copy(double* to, const double* all, int64_t count) {
        memcpy(to, all, static_cast<size_t>(count) * sizeof(double));
    }

    // Takes over what can be: dictionaries where they are, where the store is taken over and they are not late, else
    // copied. `marks` names them.
    bool take_over(List<uint64_t>& marks, Store& store) const {
        const int64_t named = rows + moves, size = (rows + apps) * moves;
        marks.count = 0;
        for (int64_t e = known.entry_start[u]; e < known.entry_start[u + 1]; e++) {
            if (!store.append(apps + 1, rows, moves * (apps + 1))) return false;
            if (!fill(e, store)) {
                store.drop_last();
                continue;
            }
            const int64_t* basis = basis_of(known, e);
            if (!marks.append(mark_of(basis, rows))) return false;
            if (store.known && known.entry_place[e] >= 0) {
                store.entry_place[store.entry_place.count - 1] = known.entry_place[e];
                store.entry_basis[store.entry_basis.count - 1] = known.entry_basis[e];
            } else if (!store.bases().append(basis, named) || !store.dictionaries().append(dictionary_of(known, e), size)) {
                return false;
            }
        }
        return true;
    }
};

// Bases that join those of a use.
bool join(const Uses& known, const Vertices& more, int64_t u, int64_t first_entry, Walker& walker, List<uint64_t>& marks,
          Store& store) {
    Buffer<bool> is_wanted;
    for (int64_t n = 0, at = 0; n < more.count; n++) {
        const int64_t use = more.use[n], named = known.rows[use] + known.move_start[use + 1] - known.move_start[use];
        if (use == u) {
            if (!is_wanted.resize(named)) return false;
            const Dictionary& d = walker.restart();
            if (go_to(d, more.basis + at, is_wanted) && !remember(d, first_entry, marks, store)) return false;
        }
        at += named;
    }
    return true;
}

bool has_few_late(const Uses& known, int64_t uses) {
    int64_t late = 0;
    for (int64_t e = 0; e < known.entry_start[uses]; e++) late += known.entry_place[e] < 0;
    return late * LATE_MOST <= known.entry_start[uses];
}

bool is_joined(const Vertices& more, int64_t u) {
    for (int64_t n = 0; n < more.count; n++)
        if (more.use[n] == u) return true;
    return false;
}

// Takes over a store in which all uses have the same moves; `is_done` is false where one has others. Only what belongs to
// entries is filled in.
bool take_over_all(const Sampled& from, const Uses& known, const Vertices& more, Store& store, bool& is_done) {
    Moves found;
    Walker walker;
    List<uint64_t> marks;
    Buffer<double> gains;
    is_done = false;
    store.known = &known;
    if (!store.entry_start.append(0)) return false;
    for (int64_t u = 0; u < from.uses; u++) {
        const int64_t first_entry = store.entry_place.count;
        if (!found.find(from, u) || !gains.resize(found.moves.count)) return false;
        if (!has_same_moves(known, u, found)) return true;
        if (!Carried(from, known, found, u, gains.data()).take_over(marks, store)) return false;
        if (is_joined(more, u) &&
            (!walker.begin(from, u, found) || !join(known, more, u, first_entry, walker, marks, store)))
            return false;
        if (!store.entry_start.append(store.entry_place.count)) return false;
    }
    return is_done = true;
}

bool fill(const Sampled& from, const Uses* known, const Vertices& more, Store& store) {
    Moves found;
    Walker walker;
    List<uint64_t> marks;
    Buffer<double> gains;
    Alike all;
    bool kept = all.begin(from) && store.move_start.append(0) && store.entry_start.append(0);
    for (int64_t u = 0; u < from.uses && kept; u++) {
        const int64_t alike = known ? -1 : all.find(from, u);
        if (alike >= 0) {
            kept = share(from, u, alike, store);
            continue;
        }
        kept = found.find(from, u) && walker.begin(from, u, found);
        if (!kept) break;
        for (int64_t j = 0; j < found.moves.count && kept; j++) {
            const Move& move = found.moves[j];
            kept = store.move_from.append(found.starts[move.row]) && store.move_to.append(move.to) &&
                   store.move_members.append(move.members);
        }
        const int64_t first_entry = store.entry_place.count;
        kept = kept && gains.resize(found.moves.count) &&
               store.rows.append(found.starts.count + from.app_start[u + 1] - from.app_start[u]) &&
               store.move_start.append(store.move_from.count) &&
               (known && has_same_moves(*known, u, found)
                    ? Carried(from, *known, found, u, gains.data()).take_over(marks, store) &&
                          join(*known, more, u, first_entry, walker, marks, store)
                    : explore(from, u, walker, marks, store)) &&
               store.entry_start.append(store.entry_place.count);
    }
    return kept;
}

}  // namespace
}  // namespace waterplan

using namespace waterplan;

// Fills in 18 columns, in the order of the fields of Uses from `rows` on; each is to be given back. Bases are taken over
// from `known` where that is given, and `more` of them. TAKEN_OVER: rows, moves, dictionaries and bases are those of
// `known`, and their columns are empty.
WATERPLAN_API int64_t waterplan_store(const Sampled* from, const Uses* known, const Vertices* more, Column* columns) {
    Store taken_over, anew;
    bool is_done = false;
    if (known && has_few_late(*known, from->uses) && !take_over_all(*from, *known, *more, taken_over, is_done))
        return NO_MEMORY;
    if (!is_done && !fill(*from, known, *more, anew)) return NO_MEMORY;
    Store& store = is_done ? taken_over : anew;
    List<int64_t>* const first[] = {&store.rows,         &store.move_start,  &store.move_from,   &store.move_to,
                                    &store.move_members, &store.entry_start, &store.entry_place, &store.entry_basis};
    Column* next = columns;
    for (List<int64_t>* list : first) *next++ = handed_over(*list);
    *next++ = handed_over(store.dictionary);
    *next++ = handed_over(store.basis);
    *next++ = handed_over(store.late_dictionary);
    *next++ = handed_over(store.late_basis);
    *next++ = handed_over(store.entry_value);
    *next++ = handed_over(store.value);
    *next++ = handed_over(store.entry_amount);
    *next++ = handed_over(store.amount);
    *next++ = handed_over(store.entry_reduced);
    *next++ = handed_over(store.reduced);
    return is_done ? TAKEN_OVER : DONE;
}

WATERPLAN_API void waterplan_release(void* data) { free(data); }

#define WATERPLAN_TEXT_OF(words) #words
#define WATERPLAN_TEXT(words) WATERPLAN_TEXT_OF(words)

// What sources this was compiled from (see compiler.py).
WATERPLAN_API const char* waterplan_digest() { return WATERPLAN_TEXT(WATERPLAN_DIGEST); }
