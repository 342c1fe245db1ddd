// Every price at which a pair changes its answer: the walk over all prices, exactly.
//
// What comes behind the end uses is taken cheapest first, so it changes where a margin passes zero. An end use changes
// where its choice ends to be the best: choose() says between which worths a choice stands, so that where two choices
// touch nothing lies between them, and where they do not, the middle is asked for another one. The worth of a cubic
// metre at the end uses grows with the price along straight pieces, so each of these worths is one price. A pair's
// changes are then sorted and added up.
#include <math.h>

#include "changes.h"

namespace waterplan {
namespace {

constexpr int64_t DEEPEST = 96, ROUNDS_MAX = 100'000;
constexpr double TOUCHING = 1e-13;  // of two worths: nearer choices are neighbours

// What one of the site or the other sources adds, as a share of the flow that passes there.
struct Option {
    double cost, part, capacity, investment;
    int64_t technology;
};

// The site, or the other sources: its options, cheapest first, and what is taken so far.
struct Rung {
    List<Option> options;
    int64_t taken = 0;
    double credit = 0.0, share = 0.0, paid = 0.0, investment = 0.0;

    bool fill(int64_t first, int64_t last, const double* cost, const double* limit, double room, double earned,
              int level, const Levels& levels) {
        options.count = 0;
        credit = earned;
        clear();
        for (int64_t a = first; a < last; a++) {
            if (!(limit[a] > 0.0)) continue;
            if (!options.append({cost[a], limit[a], levels.capacity[level][a], levels.investment[level][a],
                                 levels.technology[level][a]}))
                return false;
            for (int64_t n = options.count - 1; n > 0 && options[n - 1].cost > options[n].cost; n--) {
                const Option cheaper = options[n];
                options[n] = options[n - 1], options[n - 1] = cheaper;
            }
        }
        for (int64_t n = 0; n < options.count; n++) {
            if (!(room > 0.0)) options.count = n;
            else options[n].part = smaller(options[n].part, room), room -= options[n].part;
        }
        return true;
    }
    void clear() {
        taken = 0;
        share = paid = investment = 0.0;
    }
    bool has_next() const { return taken < options.count; }
    const Option& next() const { return options[taken]; }
    void take() {
        const Option& o = options[taken++];
        share += o.part;
        paid += o.part * (o.cost - credit);
        investment += o.part * o.investment;
    }
};

// A change at an end use, at a worth of what is saved there; saving, cost and investment in whole volumes.
struct Event {
    double worth, saving, cost, investment, grown;
    int64_t technology;
};

// A choice at an end use, and between which worths it stands; saving and spent per unit of gross flow.
struct Choice {
    double low, high, saving, spent;
    double share[APPS_MAX];
};

struct Walk {
    const Pairs& pairs;
    const Costs& costs;
    const Uses& uses;
    const Answers& answers;
    const Levels& levels;
    double low, high;
    List<Change>& found;
    double on_site, replaced, behind;  // of the pair: see Pairs and Costs
    Rung site, supply;
    List<Event> events;
    double saved, paid, invested;  // at the end uses

    // What passes the site and the other sources, of what they have from before and what is taken.
    double passes_site() const { return 1.0 - (on_site + site.share); }
    double passes_supply() const { return 1.0 - pairs.count_supply * (replaced + supply.share); }

    // What a cubic metre is worth behind what the other sources earn, and one that is saved at end uses.
    double behind_supply(double price) const { return price * passes_supply() + supply.paid + behind; }
    double at_uses(double price) const { return behind_supply(price) * passes_site() + site.paid; }
    double price_of(double worth) const { return (worth - supply.paid - behind) / passes_supply(); }

    // The price of the next change on each level; infinite where there is none.
    double next_supply() const {
        if (!supply.has_next() || !(pairs.count_supply > 0.0)) return INFINITY;
        return (supply.next().cost - supply.credit) / pairs.count_supply;
    }
    double next_site() const { return site.has_next() ? price_of(site.next().cost - site.credit) : INFINITY; }
    double next_use(int64_t n) const {
        return n < events.count ? price_of((events[n].worth - site.paid) / passes_site()) : INFINITY;
    }

    void take_all(double price) {
        while (supply.has_next() && price * pairs.count_supply + supply.credit > supply.next().cost) supply.take();
        while (site.has_next() && behind_supply(price) + site.credit > site.next().cost) site.take();
    }

    bool fill(int64_t i) {
        on_site = pairs.on_site[i], replaced = pairs.replaced[i], behind = costs.behind[i];
        return supply.fill(pairs.supply_start[i], pairs.supply_start[i + 1], costs.supply, pairs.supply_limit,
                           pairs.alternative_share[i], costs.supply_credit[i], 2, levels) &&
               site.fill(pairs.site_start[i], pairs.site_start[i + 1], costs.site, pairs.site_limit,
                         pairs.site_together[i], costs.site_credit[i], 1, levels);
    }

    int64_t visit(int64_t local, double worth, Choice& choice) const {
        const double earned = worth + costs.use_credit[local];
        const int64_t status = choose(local, earned, pairs, costs, uses, answers);
        if (status != DONE) return status;
        choice.low = smaller(answers.low[local] - costs.use_credit[local], worth);
        choice.high = larger(answers.high[local] - costs.use_credit[local], worth);
        choice.saving = answers.use_saving[local], choice.spent = answers.spent[local];
        const int64_t first = pairs.app_start[local];
        for (int64_t a = first; a < pairs.app_start[local + 1]; a++) choice.share[a - first] = answers.share[a];
        return DONE;
    }

    // Where no capacity grows, plants only combine differently what they have: then the largest capacity is told.
    Event event(int64_t local, const Choice& a, const Choice& b) const {
        const double flow = pairs.gross_flow[local];
        Event e = {(b.spent - a.spent) / (b.saving - a.saving), flow * (b.saving - a.saving),
                   flow * (b.spent - a.spent), 0.0, 0.0, -1};
        const int64_t first = pairs.app_start[local];
        double largest = -INFINITY;
        int64_t there = -1;
        for (int64_t t = first; t < pairs.app_start[local + 1]; t++) {
            const double change = b.share[t - first] - a.share[t - first], unit = levels.capacity[0][t];
            e.investment += levels.investment[0][t] * change;
            if (change > TINY && unit * change > e.grown) e.grown = unit * change, e.technology = levels.technology[0][t];
            if (unit * b.share[t - first] > largest) largest = unit * b.share[t - first], there = levels.technology[0][t];
        }
        if (e.technology < 0) e.technology = there;
        return e;
    }

    // Sorted by worth; those of one worth stay in their order.
    bool insert(const Event& e) {
        if (!events.append(e)) return false;
        for (int64_t n = events.count - 1; n > 0 && events[n - 1].worth > e.worth; n--) {
            events[n] = events[n - 1], events[n - 1] = e;
        }
        return true;
    }

    // All choices of an end use between two worths, from left to right.
    int64_t walk_use(int64_t local, double from, double to) {
        Choice here, ahead[DEEPEST];
        int64_t depth = 1, status;
        if ((status = visit(local, from, here)) != DONE) return status;
        if ((status = visit(local, to, ahead[0])) != DONE) return status;
        saved += pairs.gross_flow[local] * here.saving;
        paid += pairs.gross_flow[local] * here.spent;
        const int64_t first = pairs.app_start[local];
        for (int64_t a = first; a < pairs.app_start[local + 1]; a++)
            invested += levels.investment[0][a] * here.share[a - first];
        double last = -INFINITY;
        for (int64_t round = 0; depth > 0; round++) {
            if (round == ROUNDS_MAX) return NOT_ENDED;
            const Choice& next = ahead[depth - 1];
            const double gap = next.low - here.high;
            if (next.saving - here.saving <= TINY) {
                here.high = larger(here.high, next.high);  // the same in another guise
                depth--;
            } else if (!(gap > TOUCHING * (fabs(next.low) + fabs(here.high)))) {
                Event e = event(local, here, next);
                last = e.worth = larger(e.worth, last);
                if (!insert(e)) return NO_MEMORY;
                here = next;
                depth--;
            } else {
                if (depth == DEEPEST) return NOT_ENDED;
                if ((status = visit(local, here.high + 0.5 * gap, ahead[depth++])) != DONE) return status;
            }
        }
        return DONE;
    }

    // What the pair saves, costs and invests with what is taken so far.
    Change state(int64_t i) const {
        const double left = pairs.start[i] - saved, rest = left * passes_site() + pairs.built[i];
        const double less = less_behind_site(i, pairs, saved, left * site.share);
        return {i, -1, 0.0, less - pairs.count_supply * replaced * less + pairs.count_supply * rest * supply.share,
                paid + left * site.paid + rest * supply.paid - behind * less,
                invested + left * site.investment + rest * supply.investment};
    }

    // Takes what comes next up to a price: the price, or an infinite one; what grew most, and by how much.
    double step(int64_t i, int64_t& next, double& grown, int64_t& technology) {
        const double at_supply = next_supply(), on_site = next_site(), at_use = next_use(next);
        const double price = smaller(at_supply, smaller(on_site, at_use));
        if (!(price < high)) return INFINITY;
        double more;
        int64_t its;
        const double left = pairs.start[i] - saved;
        if (price == at_supply) {
            more = (left * passes_site() + pairs.built[i]) * supply.next().part * supply.next().capacity, its = supply.next().technology;
            supply.take();
        } else if (price == on_site) {
            more = left * site.next().part * site.next().capacity, its = site.next().technology;
            site.take();
        } else {
            const Event& e = events[next++];
            more = e.grown, its = e.technology;
            saved += e.saving, paid += e.cost, invested += e.investment;
        }
        if (more > grown) grown = more, technology = its;
        return price;
    }

    int64_t run(int64_t i, double* start) {
        if (!fill(i)) return NO_MEMORY;
        take_all(high);
        const double to = at_uses(high);
        site.clear(), supply.clear();
        take_all(low);
        const double from = at_uses(low);
        events.count = 0;
        saved = paid = invested = 0.0;
        for (int64_t local = pairs.local_start[i]; local < pairs.local_start[i + 1]; local++) {
            if (!(pairs.gross_flow[local] > 0.0)) continue;
            const int64_t status = walk_use(local, from, to);
            if (status != DONE) return status;
        }
        Change before = state(i);
        start[0] = before.counted, start[1] = before.cost, start[2] = before.investment;
        double price = low, grown = -INFINITY;
        int64_t technology = -1;
        for (int64_t next = 0;;) {
            const double here = step(i, next, grown, technology);
            if (here == INFINITY) return DONE;
            price = larger(price, here);
            const Change now = state(i);
            if (!(now.counted - before.counted > APART * pairs.unit)) continue;
            if (!found.append({i, technology, price, now.counted - before.counted, now.cost - before.cost,
                               now.investment - before.investment}))
                return NO_MEMORY;
            before = now, grown = -INFINITY, technology = -1;
        }
    }
};

}  // namespace
}  // namespace waterplan

using namespace waterplan;

// All changes of members between two prices, by member, then price; start [pair, 3]: what each saves, costs and invests
// at the lower one.
WATERPLAN_API int64_t waterplan_walk(const int64_t* members, int64_t count, double low, double high,
                                     const Pairs* pairs, const Costs* costs, const Uses* uses, const Answers* answers,
                                     const Levels* levels, double* start, Column* changes) {
    static_assert(sizeof(Change) == 6 * sizeof(double), "read as records of 6");
    List<Change> found;
    Walk walk = {*pairs, *costs, *uses, *answers, *levels, low, high, found, 0.0, 0.0, 0.0, {}, {}, {}, 0.0, 0.0, 0.0};
    for (int64_t n = 0; n < count; n++) {
        const int64_t status = walk.run(members[n], start + 3 * members[n]);
        if (status != DONE) return status;
    }
    *changes = handed_over(found);
    return DONE;
}
