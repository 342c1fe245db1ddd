// The part of a curve of pairs that share pools of alternative water, once a pool is used up.
//
// A block is the pairs of a province that reach for the same pools. At a price of water each member is asked at prices
// of the pools whether it knows better than what the block mixes (see mixing.h), until nobody does. Between two prices
// the curve is walked by halving: where the lines of two answers cross a third is asked for, and where it lies on both
// they are neighbours.
#include <math.h>

#include "changes.h"
#include "mixing.h"

namespace waterplan {
namespace {

constexpr int64_t PIVOTS_MAX = 10'000, CROSSINGS_MAX = 1'000'000;
constexpr double BETTER = 1e-13, SAME = 1e-12;
constexpr double FULL = 1e-9;  // of the whole volume of the study

// Blocks of pairs; the place of each supply row among the pools of its block, -1 where it draws from none; and the
// first change of each pair.
struct Blocks {
    const int64_t* start;
    const int64_t* member;
    const int64_t* place_start;
    const double* bound;
    const int64_t* place;
    const int64_t* change_start;
    int64_t count;
    int64_t technologies;
};

// What a block saves, costs and invests at a price; behind it, its capacity by technology.
struct Point {
    double price, counted, cost, investment;
};
constexpr int64_t HEAD = sizeof(Point) / sizeof(double);

struct Moment {
    double price;
    int64_t pair;
};

struct Block {
    const Blocks& all;
    const int64_t n;
    const Pairs& pairs;
    const Costs& costs;
    const Uses& uses;
    const Answers& answers;
    const Levels& levels;
    double* limit;   // what of each supply row may be taken; pools that hold nothing are closed
    double* charge;  // what supply costs, with prices of pools
    double* behind;  // [pair] what a m3 less behind the site earns, with prices of pools
    Mixing mixing;

    int64_t members() const { return mixing.members; }
    int64_t pools() const { return mixing.limits; }
    int64_t pair(int64_t m) const { return all.member[all.start[n] + m]; }
    double bound(int64_t k) const { return all.bound[all.place_start[n] + k]; }

    // What draws are told as shares of: what a pool holds. One that is full, but for rounding, can still be left by those
    // who draw from it, to others.
    bool is_full(int64_t k) const { return !(bound(k) > FULL * pairs.unit) && is_held(k); }
    double unit(int64_t k) const { return bound(k) > 0.0 && !is_full(k) ? bound(k) : pairs.unit; }

    // Whether sources draw from a pool already.
    bool is_held(int64_t k) const {
        for (int64_t m = 0; m < members(); m++)
            for (int64_t a = pairs.supply_start[pair(m)]; a < pairs.supply_start[pair(m) + 1]; a++)
                if (all.place[a] == k && pairs.source_share[a] > 0.0) return true;
        return false;
    }

    int64_t answered(int64_t i, double price) const {
        Pairs own = pairs;
        own.supply_limit = limit;
        Costs with_prices = costs;
        with_prices.supply = charge, with_prices.behind = behind;
        return answer_of_pair(i, price, own, with_prices, uses, answers);
    }

    // How much more a pair draws than at its start: what is less behind its site is no more replaced.
    double drawn(int64_t i, int64_t k) const {
        double volume = 0.0, share = 0.0;
        for (int64_t a = pairs.supply_start[i]; a < pairs.supply_start[i + 1]; a++)
            if (all.place[a] == k) volume += answers.supply[a], share += pairs.source_share[a];
        return share > 0.0 ? volume - share * less_behind(i) : volume;
    }

    double less_behind(int64_t i) const {
        double at_uses = 0.0, site = 0.0;
        for (int64_t local = pairs.local_start[i]; local < pairs.local_start[i + 1]; local++)
            at_uses += pairs.gross_flow[local] * answers.use_saving[local];
        for (int64_t a = pairs.site_start[i]; a < pairs.site_start[i + 1]; a++) site += answers.site_saving[a];
        return less_behind_site(i, pairs, at_uses, site);
    }

    // The member's answer at a price of water and those of the pools, into a column; what it is worth less.
    int64_t ask(int64_t m, double price, double* column, double& value) const {
        const int64_t i = pair(m);
        behind[i] = costs.behind[i];
        for (int64_t a = pairs.supply_start[i]; a < pairs.supply_start[i + 1]; a++) {
            const int64_t k = all.place[a];
            if (k < 0) continue;
            charge[a] = costs.supply[a] + mixing.price(k) / unit(k);
            behind[i] += pairs.source_share[a] * (mixing.price(k) / unit(k));
        }
        const int64_t status = answered(i, price);
        if (status != DONE) return status;
        column[0] = answers.counted[i], column[1] = answers.cost[i];
        value = answers.cost[i] - price * answers.counted[i];
        for (int64_t k = 0; k < pools(); k++) {
            column[2 + k] = drawn(i, k) / unit(k);
            column[1] -= mixing.price(k) * column[2 + k];
        }
        double* amount = column + 2 + pools();
        const Rows rows(i, pairs, answers);
        for (int level = 0; level < 3; level++)
            for (int64_t a = rows.first[level]; a < rows.last[level]; a++) *amount++ = rows.amount[level][a];
        return DONE;
    }

    // Opens or closes the pools to all members; those that hold nothing, and of which nothing can be left, stay closed.
    void open(bool opened) const {
        for (int64_t m = 0; m < members(); m++) {
            const int64_t i = pair(m);
            for (int64_t a = pairs.supply_start[i]; a < pairs.supply_start[i + 1]; a++) {
                const int64_t k = all.place[a];
                if (k >= 0) limit[a] = opened && (bound(k) > 0.0 || is_full(k)) ? pairs.supply_limit[a] : 0.0;
            }
        }
    }

    // A plan within the pools: nobody draws more from them.
    int64_t start(double price) {
        open(false);
        for (int64_t k = 0; k < pools(); k++) {
            mixing.clear_price(k);
            mixing.give(k, is_full(k) ? bound(k) / pairs.unit : 1.0);
        }
        for (int64_t m = 0; m < members(); m++) {
            double value;
            const int64_t status = ask(m, price, mixing.of_member(m), value);
            if (status != DONE) return status;
        }
        open(true);
        mixing.start();
        return DONE;
    }

    // The best answer of all members together within the pools.
    int64_t answer_together(double price, Point* point) {
        if (!mixing.reprice(price)) return NOT_ENDED;
        int64_t pivots = 0;
        for (int64_t content = 0, m = 0; content < members();) {
            const int64_t left = mixing.slack(BETTER * mixing.size());
            bool enters = left >= 0;
            if (!enters) {
                double value;
                double* column = mixing.candidate();
                const int64_t status = ask(m, price, column, value);
                if (status != DONE) return status;
                const double* first = mixing.first(m);
                const double now = mixing.value(first, price);
                const double size = fabs(column[1]) + fabs(first[1]) + price * (fabs(column[0]) + fabs(first[0]));
                enters = now - value > BETTER * size;
            }
            if (!enters) {
                content++, m = m + 1 == members() ? 0 : m + 1;
                continue;
            }
            content = 0;
            if (++pivots > PIVOTS_MAX || !mixing.enter(left >= 0 ? -1 : m, left) || !mixing.reprice(price))
                return NOT_ENDED;
        }
        return mixed(price, point);
    }

    int64_t mixed(double price, Point* point) {
        if (!mixing.shares()) return NOT_ENDED;
        *point = {price, 0.0, 0.0, 0.0};
        double* capacity = reinterpret_cast<double*>(point) + HEAD;
        for (int64_t t = 0; t < all.technologies; t++) capacity[t] = 0.0;
        mixing.each([&](int64_t m, const double* column, double share) {
            point->counted += share * column[0];
            point->cost += share * column[1];
            const double* amount = column + 2 + pools();
            const Rows rows(pair(m), pairs, answers);
            for (int level = 0; level < 3; level++) {
                for (int64_t a = rows.first[level]; a < rows.last[level]; a++, amount++) {
                    point->investment += share * *amount * levels.investment[level][a];
                    capacity[levels.technology[level][a]] += share * *amount * levels.capacity[level][a];
                }
            }
        });
        return DONE;
    }

    // Whether no pool is overdrawn by what members draw [member, pool].
    bool is_within(const List<double>& draw) const {
        for (int64_t k = 0; k < pools(); k++) {
            double together = 0.0;
            for (int64_t m = 0; m < members(); m++) together += draw[m * pools() + k];
            if (together > bound(k)) return false;
        }
        return true;
    }

    // The highest price up to which no pool is overdrawn although nothing is paid for it, between the changes of
    // members, of which `moments` are sorted; and that up to which none is even if each member has a price of its own:
    // then it may draw the most that it draws at any price below.
    int64_t last_prices_within(const Moment* moments, int64_t count, double& together, double& apart) const {
        List<double> draw, most;
        together = apart = 0.0;
        for (int64_t x = 0; x < members() * pools(); x++)
            if (!draw.append(0.0) || !most.append(0.0)) return NO_MEMORY;
        for (int64_t e = 0; e <= count && count > 0; e++) {
            const double from = e == 0 ? 0.0 : moments[e - 1].price;
            const double middle = e == count ? 1.5 * from : 0.5 * (from + moments[e].price);
            for (int64_t m = 0; m < members(); m++) {
                if (e > 0 && pair(m) != moments[e - 1].pair) continue;
                const int64_t status = answered(pair(m), middle);
                if (status != DONE) return status;
                for (int64_t k = 0; k < pools(); k++) {
                    const int64_t x = m * pools() + k;
                    draw[x] = drawn(pair(m), k);
                    most[x] = larger(most[x], draw[x]);
                }
            }
            if (e > 0 && e < count && !(moments[e].price > from)) continue;
            if (!is_within(draw)) return DONE;
            if (apart == together && is_within(most)) apart = middle;
            together = middle;
        }
        return DONE;
    }

    bool appended(const Point& a, const Point& b, double price, List<Change>& found) const {
        const double* before = reinterpret_cast<const double*>(&a) + HEAD;
        const double* after = reinterpret_cast<const double*>(&b) + HEAD;
        int64_t technology = 0;
        for (int64_t t = 1; t < all.technologies; t++)
            if (after[t] - before[t] > after[technology] - before[technology]) technology = t;
        return found.append(
            {n, technology, price, b.counted - a.counted, b.cost - a.cost, b.investment - a.investment});
    }

    // The block's part of the curve between two prices, from left to right; `first` is its answer to the lower one.
    int64_t curve(double low, double high, double first[3], List<Change>& found) {
        const int64_t width = HEAD + all.technologies;
        Buffer<double> points(3 * width);
        if (!points.holds(3 * width)) return NO_MEMORY;
        const auto at = [&](int64_t place) { return reinterpret_cast<Point*>(points.data() + place * width); };
        int64_t status;
        if ((status = start(low)) != DONE) return status;
        if ((status = answer_together(low, at(0))) != DONE) return status;
        first[0] = at(0)->counted, first[1] = at(0)->cost, first[2] = at(0)->investment;
        if ((status = answer_together(high, at(1))) != DONE) return status;
        const double apart = 1e-10 * pairs.unit;
        int64_t depth = 1;  // those ahead stand from 1, the nearest last
        for (int64_t round = 0; depth > 0; round++) {
            if (round == CROSSINGS_MAX) return NOT_ENDED;
            if (!points.resize((depth + 2) * width)) return NO_MEMORY;
            const Point &a = *at(0), &b = *at(depth);
            bool is_next = !(b.counted - a.counted > apart);
            if (!is_next) {
                const double crossing = (b.cost - a.cost) / (b.counted - a.counted);
                const double price = smaller(larger(crossing, a.price), b.price);
                Point& middle = *at(depth + 1);
                if ((status = answer_together(price, &middle)) != DONE) return status;
                const double gap = (a.cost - price * a.counted) - (middle.cost - price * middle.counted);
                const double size = fabs(a.cost) + fabs(b.cost) + price * (fabs(a.counted) + fabs(b.counted));
                is_next = gap <= SAME * size || middle.counted - a.counted <= apart ||
                          b.counted - middle.counted <= apart || price == a.price || price == b.price;
                if (is_next && !appended(a, b, price, found)) return NO_MEMORY;
            }
            if (is_next) memcpy(at(0), at(depth--), static_cast<size_t>(width) * sizeof(double));
            else depth++;
        }
        return DONE;
    }
};

int earlier(const void* one, const void* other) {
    const Moment &a = *static_cast<const Moment*>(one), &b = *static_cast<const Moment*>(other);
    if (a.price != b.price) return a.price < b.price ? -1 : 1;
    return a.pair < b.pair ? -1 : a.pair > b.pair;
}

bool find_moments(const Block& block, const Change* changes, List<Moment>& moments) {
    moments.count = 0;
    for (int64_t m = 0; m < block.members(); m++) {
        const int64_t i = block.pair(m);
        for (int64_t e = block.all.change_start[i]; e < block.all.change_start[i + 1]; e++)
            if (!moments.append({changes[e].price, i})) return false;
    }
    qsort(moments.items.data(), static_cast<size_t>(moments.count), sizeof(Moment), earlier);
    return true;
}

}  // namespace
}  // namespace waterplan

using namespace waterplan;

// The stretches of blocks beyond the price up to which no pool of theirs is overdrawn: `border` [block, 2] at one price
// of all members, and at prices of their own. `start` [block, 3] is what blocks save, cost and invest there. `changes`
// are those of all pairs alone.
WATERPLAN_API int64_t waterplan_pools(const Blocks* blocks, double low, double high, const Pairs* pairs,
                                      const Costs* costs, const Uses* uses, const Answers* answers,
                                      const Levels* levels, const Change* changes, int64_t supplies, double* border,
                                      double* start, Column* stretches) {
    List<Change> found;
    List<Moment> moments;
    Buffer<double> limit(supplies + 1), charge(supplies + 1);
    int64_t last = -1;
    for (int64_t m = 0; m < blocks->start[blocks->count]; m++)
        last = blocks->member[m] > last ? blocks->member[m] : last;
    Buffer<double> behind(last + 2);
    if (!limit.holds(supplies + 1) || !charge.holds(supplies + 1) || !behind.holds(last + 2)) return NO_MEMORY;
    memcpy(limit.data(), pairs->supply_limit, static_cast<size_t>(supplies) * sizeof(double));
    memcpy(charge.data(), costs->supply, static_cast<size_t>(supplies) * sizeof(double));
    memcpy(behind.data(), costs->behind, static_cast<size_t>(last + 1) * sizeof(double));
    for (int64_t n = 0; n < blocks->count; n++) {
        const int64_t members = blocks->start[n + 1] - blocks->start[n];
        int64_t rows = 0;
        for (int64_t m = 0; m < members; m++) {
            const int64_t its = Rows(blocks->member[blocks->start[n] + m], *pairs, *answers).count();
            rows = its > rows ? its : rows;
        }
        Block block = {*blocks, n, *pairs, *costs, *uses, *answers, *levels, limit.data(), charge.data(),
                       behind.data(), Mixing(members, blocks->place_start[n + 1] - blocks->place_start[n], rows)};
        if (!block.mixing.is_there() || !find_moments(block, changes, moments)) return NO_MEMORY;
        int64_t status = block.last_prices_within(moments.items.data(), moments.count, border[2 * n],
                                                    border[2 * n + 1]);
        if (status != DONE) return status;
        status = block.curve(larger(border[2 * n], low), high, start + 3 * n, found);
        if (status != DONE) return status;
    }
    *stretches = handed_over(found);
    return DONE;
}
