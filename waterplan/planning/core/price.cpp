// The price at which all answers add up to the target: secants on the concave dual, ended exactly.
//
// At a price each pair is at a vertex of what it can do. Two prices, one below and one above the target, give two
// supporting lines; where they cross is the next price. When the answer there lies on both lines the price is found,
// and the plan is the mixture of the two. Pairs that answer the same to both prices answer the same in between and are
// not asked again. Answers are kept as they were given: to ask for them again could break a tie in another way.
#include <math.h>
#include <string.h>

#include "core.h"

namespace waterplan {
namespace {

constexpr int64_t ROUNDS_MAX = 200;
constexpr int64_t SLACK = 0, FOUND = 1, OUT_OF_REACH = 2, NOT_ENDED = 3;
constexpr double PRICE_MAX = 1e5;  // times the dearness; what needs more is not out of reach for certain
constexpr double SAME = 4e-15, APART = 1e-12;

// The pairs still asked, and where the search has come to.
struct Found {
    double price, share;
    int64_t count;
};

struct Sums {
    double counted, cost, size;
};

template <class T>
void copy(T* to, const T* from, int64_t first, int64_t last) {
    memcpy(to + first, from + first, static_cast<size_t>(last - first) * sizeof(T));
}

struct Search {
    const Pairs& pairs;
    const Costs& costs;
    const Uses& uses;
    const double* extra;
    double target;
    const Answers &answers, &below, &above;
    int64_t* active;
    int64_t count;

    int64_t ask(double price, Amounts& amounts) const {
        return answer(active, count, price, extra, pairs, costs, uses, answers, amounts);
    }

    // Copies the answers of those asked, neighbours together.
    void keep(const Answers& from, const Answers& to) const {
        for (int64_t n = 0, next; n < count; n = next) {
            for (next = n + 1; next < count && active[next] == active[next - 1] + 1; next++) {
            }
            const int64_t i = active[n], end = active[next - 1] + 1;
            const int64_t first = pairs.local_start[i], last = pairs.local_start[end];
            copy(to.use_saving, from.use_saving, first, last);
            copy(to.spent, from.spent, first, last);
            copy(to.entry, from.entry, first, last);
            copy(to.low, from.low, first, last);
            copy(to.high, from.high, first, last);
            copy(to.share, from.share, pairs.app_start[first], pairs.app_start[last]);
            copy(to.site_saving, from.site_saving, pairs.site_start[i], pairs.site_start[end]);
            copy(to.supply, from.supply, pairs.supply_start[i], pairs.supply_start[end]);
            copy(to.counted, from.counted, i, end);
            copy(to.cost, from.cost, i, end);
        }
    }

    // Counted saving and cost of those asked, what is earned beside the price taken off, and their size.
    Sums sums(const Answers& of) const {
        Sums all = {0.0, 0.0, 1e-12 * pairs.unit};
        for (int64_t n = 0; n < count; n++) {
            const int64_t i = active[n];
            const double net = of.cost[i] - extra[i] * of.counted[i];
            all.counted += of.counted[i];
            all.cost += net;
            all.size += fabs(of.counted[i]) + fabs(net);
        }
        return all;
    }

    // Only those that answer differently are asked on.
    void narrow() {
        int64_t left = 0;
        for (int64_t n = 0; n < count; n++) {
            const int64_t i = active[n];
            const double low = below.counted[i];
            if (fabs(above.counted[i] - low) > APART * (pairs.unit + fabs(low))) active[left++] = i;
        }
        count = left;
    }

    // Narrows two prices, with their answers, to the one where their lines cross on the dual.
    int64_t between(double low, double high, double counted_low, Found& found) {
        narrow();
        found.price = high;
        for (int64_t round = 0; round < ROUNDS_MAX; round++) {
            const Sums before = sums(below), after = sums(above);
            const double price = smaller(larger((after.cost - before.cost) / (after.counted - before.counted), low), high);
            found.price = price;
            Amounts here;
            const int64_t status = ask(price, here);
            if (status != DONE) return status;
            const double cost = price * here.counted - here.value;
            const double gap = (before.cost - price * before.counted) - (cost - price * here.counted);
            if (gap <= SAME * (before.size + after.size) || price == low || price == high) {
                found.share = (target - counted_low) / (after.counted - before.counted);
                return FOUND;
            }
            if (counted_low + here.counted - before.counted >= target) {
                high = price;
                keep(answers, above);
            } else {
                low = price;
                counted_low += here.counted - before.counted;
                keep(answers, below);
            }
            narrow();
        }
        return NOT_ENDED;
    }

    int64_t run(double guess, double price_max, Found& found) {
        guess = smaller(larger(guess, 0.0), price_max);
        double low = guess, high = guess, step = 0.01 * guess + 1e-3;
        Amounts at_low, at_high;
        int64_t status = ask(guess, at_low);
        if (status != DONE) return status;
        at_high = at_low;
        keep(answers, below);
        found = {0.0, 0.0, 0};
        for (int64_t round = 0; round < ROUNDS_MAX && !(at_low.counted < target); round++) {
            if (low <= 0.0) return SLACK;
            high = low, at_high = at_low;
            keep(below, above);
            low = larger(low - step, 0.0);
            step *= 4.0;
            if ((status = ask(low, at_low)) != DONE) return status;
            keep(answers, below);
        }
        for (int64_t round = 0; round < ROUNDS_MAX && !(at_high.counted >= target); round++) {
            found.price = high, found.share = 1.0;
            if (high >= price_max) return OUT_OF_REACH;
            low = high, at_low = at_high;
            if (round > 0) keep(above, below);  // before that, those below are these
            high = smaller(high + step, price_max);
            step *= 4.0;
            if ((status = ask(high, at_high)) != DONE) return status;
            keep(answers, above);
        }
        found.price = high, found.share = 0.0;
        if (!(at_low.counted < target && target <= at_high.counted)) return NOT_ENDED;
        status = between(low, high, at_low.counted, found);
        found.count = count;
        return status;
    }
};

}  // namespace
}  // namespace waterplan

using namespace waterplan;

// `active` [member] becomes the pairs in which the answers below and above differ, found->count of them.
WATERPLAN_API int64_t waterplan_find_price(int64_t* active, int64_t count, const Pairs* pairs, const Costs* costs,
                                           const Uses* uses, const double* extra, double target, double guess,
                                           double dearness, const Answers* answers, const Answers* below,
                                           const Answers* above, Found* found) {
    Search search = {*pairs, *costs, *uses, extra, target, *answers, *below, *above, active, count};
    return search.run(guess, PRICE_MAX * dearness, *found);
}
