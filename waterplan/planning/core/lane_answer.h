// What lanes answer to a price of water: as many at once as one instruction works on. Included by lanes_*.cpp only, once
// for each instruction set; what is done, and in which order, is the same in all of them, and so is every digit.
//
// As for a single pair (answer.cpp) it is worked out backwards. How much of a site or supply technology is taken does
// not depend on the price, only on which of them are cheaper: `amount`, made with the costs.
#pragma once

#include "tables.h"

namespace waterplan {
namespace WATERPLAN_LANES {

typedef double Vec __attribute__((vector_size(WIDTH * 8)));
constexpr int64_t PIECES = BLOCK / WIDTH;  // of a block
typedef int64_t Mask __attribute__((vector_size(WIDTH * 8)));

inline Vec load(const double* from) {
    Vec v;
    memcpy(&v, from, sizeof v);
    return v;
}
inline void store(double* to, const Vec& v) { memcpy(to, &v, sizeof v); }
inline Vec each(double x) { return x - Vec{}; }

// A sum over lanes, in an order that does not depend on how many are added at once.
struct Sum {
    Vec part[PIECES] = {};

    void add(int64_t piece, const Vec& v) { part[piece % PIECES] += v; }
    double all() const {
        double lane[BLOCK], all = 0.0;
        memcpy(lane, part, sizeof lane);
        for (double one : lane) all += one;
        return all;
    }
};

// What a piece, one block or part of it, has decided [row of the block, lane].
struct Told {
    double *share, *use_saving, *spent, *entry, *earned, *site, *supply;
};

// Costs and credits of one run, spread out to the lanes.
struct Kernel {
    const Lanes& lanes;
    const Uses& uses;
    Tables tables;
    double *app_cost, *site_cost, *supply_cost, *site_amount, *supply_amount;  // [row, lane]
    double *credit, *effluent, *power, *extra, *barrier, *behind;             // [lane]

    int64_t pieces() const { return lanes.blocks * PIECES; }
    static int64_t block_of(int64_t piece) { return piece / PIECES; }
    static int64_t place(int64_t row, int64_t piece) { return row * BLOCK + piece % PIECES * WIDTH; }
    int64_t technology_cell(int64_t technology, int64_t block) const {
        return technology * lanes.sectors + lanes.sector[block];
    }
};

// Which of a level's technologies are taken where all pay: those that are cheaper first, as long as there is room.
inline void fill_amounts(int64_t piece, int64_t row, int64_t rows, const double* cost, const double* limit,
                         const double* room, double* amount) {
    const Vec most = load(room);
    for (int64_t a = row; a < row + rows; a++) {
        const Vec own = load(cost + Kernel::place(a, piece)), its = load(limit + Kernel::place(a, piece));
        Vec before = {};
        for (int64_t b = row; b < row + rows; b++) {
            const Vec other = load(cost + Kernel::place(b, piece));
            const Mask is_first = b < a ? other <= own : other < own;
            if (b != a) before += is_first ? load(limit + Kernel::place(b, piece)) : Vec{};
        }
        const Vec left = most - before, some = left > 0.0 ? left : Vec{};
        store(amount + Kernel::place(a, piece), some < its ? some : its);
    }
}

// Costs, credits and amounts of one piece from the tables of the run.
inline void spread(Kernel& k, const Asked& asked, int64_t piece, Vec& dearest) {
    const Lanes& l = k.lanes;
    const int64_t b = k.block_of(piece), lane = k.place(b, piece);
    for (int64_t n = lane; n < lane + WIDTH; n++) {
        const int64_t r = l.province[n], cell = l.sector[b] * l.provinces + r;
        k.power[n] = k.tables.power[r];
        k.credit[n] = k.tables.withdrawal[k.tables.own][cell] + k.tables.scarcity[r];
        k.effluent[n] = k.tables.effluent[k.tables.own][cell];
        k.extra[n] = asked.extra[cell];
        k.barrier[n] = k.tables.own == ENTERPRISE ? l.barrier[n] : 0.0;
    }
    const Vec power = load(k.power + lane), barrier = load(k.barrier + lane);
    Vec behind = {};
    const auto cost_of = [&](int64_t technology, const double* tie, int64_t place) {
        const Vec cost = k.tables.unit_cost[k.technology_cell(technology, b)] +
                         k.tables.electricity[technology] * power + load(tie + place) + barrier;
        const Vec size = cost < 0.0 ? -cost : cost;
        dearest = size > dearest ? size : dearest;
        return cost;
    };
    for (int64_t a = k.uses.app_start[l.use_first[b]], end = k.uses.app_start[l.use_last[b]], n = 0; a + n < end; n++) {
        const int64_t place = k.place(l.app_row[b] + n, piece);
        store(k.app_cost + place, cost_of(l.app_technology[a + n], l.app_tie, place));
    }
    for (int64_t a = l.site_first[b], row = l.site_row[b]; a < l.site_last[b]; a++, row++)
        store(k.site_cost + k.place(row, piece), cost_of(l.site_technology[a], l.site_tie, k.place(row, piece)));
    for (int64_t a = l.supply_first[b], row = l.supply_row[b]; a < l.supply_last[b]; a++, row++) {
        const int64_t place = k.place(row, piece), pool = l.pool[l.supply_technology[a]];
        Vec cost = cost_of(l.supply_technology[a], l.supply_tie, place);
        for (int64_t n = 0; n < WIDTH && pool >= 0; n++) {
            const double surcharge = asked.pool_surcharge[pool * l.provinces + l.province[lane + n]];
            cost[n] += surcharge, behind[n] += l.source_share[place + n] * surcharge;
        }
        store(k.supply_cost + place, cost);
    }
    store(k.behind + lane, behind);
    fill_amounts(piece, l.site_row[b], l.site_last[b] - l.site_first[b], k.site_cost, l.site_limit,
                 l.site_together + lane, k.site_amount);
    fill_amounts(piece, l.supply_row[b], l.supply_last[b] - l.supply_first[b], k.supply_cost, l.supply_limit,
                 l.alternative_share + lane, k.supply_amount);
}

// One level beyond the end uses: what it earns per m3 that reaches it; share and cost of what it takes, of such an m3.
template <bool told>
inline void take_level(int64_t first, int64_t last, const double* cost, const double* amount, const Vec& worth,
                       const Vec& credit, Vec& beyond, Vec& share, Vec& spent, double* out) {
    beyond = share = spent = Vec{};
    for (int64_t n = 0; n < last - first; n++) {
        const Vec price = load(cost + n * BLOCK), margin = worth - price;
        const Vec taken = margin > 0.0 ? load(amount + n * BLOCK) : Vec{};
        beyond += margin * taken;
        share += taken;
        spent += taken * (price - credit);
        if (told) store(out + n * WIDTH, taken);
    }
}

// The stored vertex with the largest profit at a worth, of a use with several technologies (`few` of them, where that is
// not 0): its number among those of the use, what it saves and what it costs, credits not taken off.
template <bool told, int64_t few>
inline void best_of(const Uses& uses, int64_t u, int64_t count, const double* app_cost, const Vec& earned, Vec& entry,
                    Vec& saving, Vec& spent) {
    const int64_t apps = few ? few : count;
    Vec kappa[few ? few : APPS_MAX], best = each(-INFINITY);
    for (int64_t t = 0; t < apps; t++)
        kappa[t] = uses.saving_fraction[uses.app_start[u] + t] * load(app_cost + t * BLOCK);
    entry = saving = spent = Vec{};
    const int64_t first = uses.entry_start[u], last = uses.entry_start[u + 1];
    const double* value = uses.value + uses.entry_value[first];
    for (int64_t e = first; e < last; e++, value += apps + 1) {
        Vec cost = kappa[0] * value[1];
        for (int64_t t = 1; t < apps; t++) cost += kappa[t] * value[1 + t];
        const Vec profit = earned * value[0] - cost;
        const Mask is_better = profit > best;
        best = is_better ? profit : best;
        saving = is_better ? each(value[0]) : saving;
        spent = is_better ? cost : spent;
        if (told) entry = is_better ? each(static_cast<double>(e - first)) : entry;
    }
}

template <bool told>
inline void best_vertex(const Uses& uses, int64_t u, int64_t apps, const double* app_cost, const Vec& earned,
                        Vec& entry, Vec& saving, Vec& spent) {
    if (apps == 2) best_of<told, 2>(uses, u, apps, app_cost, earned, entry, saving, spent);
    else if (apps == 3) best_of<told, 3>(uses, u, apps, app_cost, earned, entry, saving, spent);
    else if (apps == 4) best_of<told, 4>(uses, u, apps, app_cost, earned, entry, saving, spent);
    else best_of<told, 0>(uses, u, apps, app_cost, earned, entry, saving, spent);
}

// What a piece answers to a worth of a counted m3: counted saving, and what it costs less what is earned beside.
template <bool told>
inline void answer(const Kernel& k, int64_t piece, const Vec& worth, Vec& counted, Vec& net, const Told& out) {
    const Lanes& l = k.lanes;
    const int64_t b = k.block_of(piece), lane = k.place(b, piece);
    const Vec credit = load(k.credit + lane), effluent = load(k.effluent + lane), existing = load(l.existing + lane);
    const Vec built = load(l.built + lane), passes = 1.0 - load(l.on_site + lane), replaced = load(l.replaced + lane);
    const Vec extra = load(k.extra + lane), price = worth + extra, own_behind = load(k.behind + lane);
    const Vec not_replaced = (1.0 - replaced) * credit, site_credit = not_replaced + effluent * l.site_effluent;
    const Vec behind = price * (1.0 - l.count_supply * replaced) + own_behind;
    Vec beyond, beyond_site, site, site_spent, supply, supply_spent, saved = {}, spent = {};
    const int64_t at_supply = k.place(l.supply_row[b], piece), on_site = k.place(l.site_row[b], piece);
    take_level<told>(l.supply_first[b], l.supply_last[b], k.supply_cost + at_supply, k.supply_amount + at_supply,
                     price * l.count_supply + credit, credit, beyond_site, supply, supply_spent, out.supply);
    take_level<told>(l.site_first[b], l.site_last[b], k.site_cost + on_site, k.site_amount + on_site,
                     behind + site_credit - beyond_site, site_credit, beyond, site, site_spent, out.site);
    const Vec left_worth = passes * behind - (passes * beyond_site + beyond), water_credit = WASTE + passes * not_replaced;
    const Vec discharged = load(l.on_site + lane) * l.site_effluent;
    const int64_t first_app = k.uses.app_start[l.use_first[b]];
    for (int64_t u = l.use_first[b]; u < l.use_last[b]; u++) {
        const int64_t app = k.uses.app_start[u], apps = k.uses.app_start[u + 1] - app;
        const double* cost = k.app_cost + k.place(l.app_row[b] + app - first_app, piece);
        const Vec use_credit = water_credit + effluent * (l.use_effluent[u] - discharged), earned = left_worth + use_credit;
        Vec use_saving, use_spent, entry = {};
        if (apps == 1) {
            const Vec one = load(cost);
            use_saving = earned > one ? each(k.uses.added_share[app] * k.uses.saving_fraction[app]) : Vec{};
            use_spent = use_saving * one;
            if (told) entry = earned > one ? each(1.0) : Vec{};
        } else {
            best_vertex<told>(k.uses, u, apps, cost, earned, entry, use_saving, use_spent);
        }
        use_spent -= use_credit * use_saving;
        saved += l.use_flow[u] * use_saving;
        spent += l.use_flow[u] * use_spent;
        if (!told) continue;
        const int64_t row = (u - l.use_first[b]) * WIDTH;
        store(out.use_saving + row, use_saving), store(out.spent + row, use_spent);
        store(out.entry + row, entry), store(out.earned + row, earned);
    }
    const Vec left = l.start[b] - saved, rest = passes * left - left * site, less = passes * saved + left * site;
    counted = existing * (less - l.count_supply * replaced * less + l.count_supply * (rest * supply)) +
              l.count_supply * (built * supply);
    net = existing * (spent + left * site_spent + rest * supply_spent) + built * supply_spent -
          own_behind * (existing * less) - extra * counted;
    if (!told) return;
    const Vec reaches_supply = existing * rest + built;
    for (int64_t n = 0; n < l.site_last[b] - l.site_first[b]; n++)
        store(out.site + n * WIDTH, existing * left * load(out.site + n * WIDTH));
    for (int64_t n = 0; n < l.supply_last[b] - l.supply_first[b]; n++)
        store(out.supply + n * WIDTH, reaches_supply * load(out.supply + n * WIDTH));
}

// The shares added by what a piece has decided at its end uses.
inline void read_shares(const Kernel& k, int64_t piece, const Told& out) {
    const int64_t b = k.block_of(piece), first_use = k.lanes.use_first[b], first_app = k.uses.app_start[first_use];
    for (int64_t u = first_use; u < k.lanes.use_last[b]; u++) {
        const int64_t app = k.uses.app_start[u], apps = k.uses.app_start[u + 1] - app;
        const double* entry = out.entry + (u - first_use) * WIDTH;
        double* share = out.share + (app - first_app) * WIDTH;
        if (apps == 1) {
            store(share, load(entry) * k.uses.added_share[app]);
            continue;
        }
        const double* value = k.uses.value + k.uses.entry_value[k.uses.entry_start[u]] + 1;
        for (int64_t n = 0; n < WIDTH; n++)
            for (int64_t t = 0, at = static_cast<int64_t>(entry[n]) * (apps + 1); t < apps; t++)
                share[t * WIDTH + n] = larger(value[at + t], 0.0);
    }
}

}  // namespace WATERPLAN_LANES
}  // namespace waterplan
