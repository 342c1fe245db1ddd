// Every price at which a pair changes its answer: the walk over all prices, exactly.
//
// Between two prices with different answers the lines cross at a third; if the answer there lies on both lines, the two
// are neighbours and the crossing is a price at which the pair changes, otherwise both halves are walked in the same
// way.
#include <math.h>

#include "core.h"
#include "memory.h"

namespace waterplan {
namespace {

constexpr int64_t DEEPEST = 96, ROUNDS_MAX = 100'000, NOT_ENDED = 1;
constexpr double APART = 1e-11;  // of the whole volume of the study

struct Question {
    double price, counted, cost;
};

struct Interval {
    Question low, high;
};

struct Change {
    double pair, price;
    Interval between;
};

// What capacities cost and weigh at the three levels: uses, site, other sources.
struct Levels {
    const int64_t* technology[3];
    const double* capacity[3];
    const double* investment[3];
};

struct Kernel {
    const Pairs& pairs;
    const Costs& costs;
    const Uses& uses;
    const Answers& answers;

    int64_t ask(int64_t i, double price, Question& question) const {
        const int64_t status = answer_of_pair(i, price, pairs, costs, uses, answers);
        question = {price, answers.counted[i], answers.cost[i]};
        return status;
    }
};

bool are_neighbours(const Interval& a, const Question& here, double unit) {
    const double gap = (a.low.cost - here.price * a.low.counted) - (here.cost - here.price * here.counted);
    const double size = fabs(a.low.cost) + fabs(a.high.cost) +
                        here.price * (fabs(a.low.counted) + fabs(a.high.counted));
    return gap <= ROUNDING * size || here.counted - a.low.counted <= APART * unit ||
           a.high.counted - here.counted <= APART * unit || here.price <= a.low.price || here.price >= a.high.price;
}

// Halves the intervals of one pair until all neighbours are known.
int64_t walk_pair(int64_t i, double low, double high, const Kernel& kernel, List<Change>& found) {
    Interval stack[DEEPEST + 2];
    int64_t depth = 1, status;
    if ((status = kernel.ask(i, low, stack[0].low)) != DONE) return status;
    if ((status = kernel.ask(i, high, stack[0].high)) != DONE) return status;
    const double unit = kernel.pairs.unit;
    if (!(stack[0].high.counted - stack[0].low.counted > APART * unit)) return DONE;
    for (int64_t round = 0; depth > 0; round++) {
        if (round == ROUNDS_MAX || depth > DEEPEST) return NOT_ENDED;
        const Interval a = stack[--depth];
        const double crossing = (a.high.cost - a.low.cost) / (a.high.counted - a.low.counted);
        Question here;
        status = kernel.ask(i, smaller(larger(crossing, a.low.price), a.high.price), here);
        if (status != DONE) return status;
        if (are_neighbours(a, here, unit)) {
            if (!found.append({static_cast<double>(i), here.price, a})) return NO_MEMORY;
        } else {
            stack[depth++] = {here, a.high};
            stack[depth++] = {a.low, here};
        }
    }
    return DONE;
}

struct Volumes {
    Buffer<double> of[3];

    Volumes(const Pairs& p, int64_t pairs)
        : of{Buffer<double>(p.app_start[p.local_start[pairs]] + 1), Buffer<double>(p.site_start[pairs] + 1),
             Buffer<double>(p.supply_start[pairs] + 1)} {}
};

// What a change adds: its investment, and the technology whose capacity grows most; `before` becomes what is there now.
void describe(int64_t i, bool is_first, const Kernel& kernel, const Levels& levels, double* const before[3],
              double& added, int64_t& technology) {
    const Pairs& p = kernel.pairs;
    const int64_t first[3] = {p.app_start[p.local_start[i]], p.site_start[i], p.supply_start[i]};
    const int64_t last[3] = {p.app_start[p.local_start[i + 1]], p.site_start[i + 1], p.supply_start[i + 1]};
    const double* now[3] = {kernel.answers.share, kernel.answers.site_saving, kernel.answers.supply};
    double most = -INFINITY;
    for (int level = 0; level < 3; level++) {
        for (int64_t a = first[level]; a < last[level]; a++) {
            const double change = now[level][a] - (is_first ? 0.0 : before[level][a]);
            before[level][a] = now[level][a];
            if (is_first || change == 0.0) continue;
            added += levels.investment[level][a] * change;
            const double grown = levels.capacity[level][a] * change;
            if (grown > most) most = grown, technology = levels.technology[level][a];
        }
    }
}

}  // namespace
}  // namespace waterplan

using namespace waterplan;

// All changes of members between two prices, sorted by pair, not by price: 8 numbers each.
WATERPLAN_API int64_t waterplan_walk(const int64_t* members, int64_t count, double low, double high,
                                     const Pairs* pairs, const Costs* costs, const Uses* uses, const Answers* answers,
                                     Column* changes) {
    static_assert(sizeof(Change) == 8 * sizeof(double), "read as rows of 8");
    const Kernel kernel = {*pairs, *costs, *uses, *answers};
    List<Change> found;
    for (int64_t n = 0; n < count; n++) {
        const int64_t status = walk_pair(members[n], low, high, kernel, found);
        if (status != DONE) return status;
    }
    *changes = handed_over(found);
    return DONE;
}

// Investment added by each change (sorted by pair, then price) and the technology whose capacity grows most, -1 where
// none does: asks for the answers before and after each.
WATERPLAN_API int64_t waterplan_describe(const Change* changes, int64_t count, int64_t all_pairs, const Pairs* pairs,
                                         const Costs* costs, const Uses* uses, const Answers* answers,
                                         const Levels* levels, double* added, int64_t* technology) {
    const Kernel kernel = {*pairs, *costs, *uses, *answers};
    const Volumes volumes(*pairs, all_pairs);
    double* const before[3] = {volumes.of[0].data(), volumes.of[1].data(), volumes.of[2].data()};
    if (!before[0] || !before[1] || !before[2]) return NO_MEMORY;
    Question question;
    for (int64_t n = 0; n < count; n++) {
        const int64_t i = static_cast<int64_t>(changes[n].pair);
        const bool is_new = n == 0 || changes[n - 1].pair != changes[n].pair;
        int64_t status = is_new ? kernel.ask(i, changes[n].between.low.price, question) : DONE;
        if (status != DONE) return status;
        added[n] = 0.0, technology[n] = -1;
        if (is_new) describe(i, true, kernel, *levels, before, added[n], technology[n]);
        if ((status = kernel.ask(i, changes[n].between.high.price, question)) != DONE) return status;
        describe(i, false, kernel, *levels, before, added[n], technology[n]);
    }
    return DONE;
}
