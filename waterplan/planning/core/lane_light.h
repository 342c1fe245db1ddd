// One light answer: costs, search, last check and accounts in one go.
#pragma once

#include "lane_accounts.h"
#include "lane_floors.h"
#include "light.h"

namespace waterplan {
namespace WATERPLAN_LANES {

// The pieces of memory of one answer.
class Desk {
  public:
    Desk(const Lanes& l, const Uses& u, double* memory) : next_(memory), l_(l), rows_(l, u) {}

    Kernel kernel(const Uses& uses) {
        const int64_t lanes = l_.blocks * BLOCK;
        double* app = take(rows_.app * BLOCK);
        double *site = take(rows_.site * BLOCK), *supply = take(rows_.supply * BLOCK);
        double *site_amount = take(rows_.site * BLOCK), *supply_amount = take(rows_.supply * BLOCK);
        double *credit = take(lanes), *effluent = take(lanes), *power = take(lanes), *extra = take(lanes);
        double *barrier = take(lanes), *behind = take(lanes);
        return {l_, uses, Tables(l_, take(Tables::size(l_))), app, site, supply, site_amount, supply_amount,
                credit, effluent, power, extra, barrier, behind};
    }
    Side side() {
        const int64_t lanes = l_.blocks * BLOCK;
        double *counted = take(lanes), *net = take(lanes);
        return {counted, net, take(l_.blocks)};
    }
    Told told() {
        double *share = take(rows_.app_most * BLOCK), *saving = take(rows_.use_most * BLOCK);
        double *spent = take(rows_.use_most * BLOCK), *entry = take(rows_.use_most * BLOCK);
        double *earned = take(rows_.use_most * BLOCK), *site = take(rows_.site_most * BLOCK);
        return {share, saving, spent, entry, earned, site, take(rows_.supply_most * BLOCK)};
    }
    Sheet sheet(const Money& money) {
        const int64_t cells = l_.technologies * l_.sectors * BLOCK;
        double* capacity = take(3 * cells);
        double* grid = take(l_.blocks * BLOCK);
        memset(capacity, 0, static_cast<size_t>(3 * cells) * sizeof(double));
        for (int64_t lane = 0; lane < l_.blocks * BLOCK; lane++) grid[lane] = money.grid_emission_factor[l_.province[lane]];
        return {capacity, capacity + cells, capacity + 2 * cells, grid, {}, {}};
    }
    Held held() {
        const int64_t lanes = l_.blocks * BLOCK;
        double *price = take(lanes), *counted = take(lanes), *net = take(lanes), *low = take(lanes), *high = take(lanes);
        return {price, counted, net, low, high, take(lanes)};
    }
    Group* groups(int64_t count) { return reinterpret_cast<Group*>(take(count * GROUP)); }
    int64_t* blocks() { return reinterpret_cast<int64_t*>(take(l_.blocks)); }

  private:
    double* take(int64_t count) { return next_ += count, next_ - count; }
    double* next_;
    const Lanes& l_;
    Rows rows_;
};

inline double spread_all(Kernel& k, const Money& money, const Asked& asked, int64_t run) {
    fill_tables(k.lanes, money, asked, run, k.tables);
    Vec dearest = {};
    for (int64_t piece = 0; piece < k.pieces(); piece++) spread(k, asked, piece, dearest);
    double most = 1.0;
    for (int64_t n = 0; n < WIDTH; n++) most = larger(most, dearest[n] / DEAREST);
    return most;
}

// The two prices that each lane answers to in the plan, and the share of the answer to the higher; false where a lane
// would need three, since the price found is that of its floor.
inline bool plan_prices(const Search& search, const Accounts& out) {
    const Held& held = search.held;
    for (int64_t lane = 0, n = 0; lane < search.k.lanes.blocks * BLOCK; lane++) {
        const int64_t b = lane / BLOCK;
        while (n < search.count && search.active[n] < b) n++;
        const bool is_mixed = n < search.count && search.active[n] == b;
        const double low = is_mixed ? search.below.price[b] : search.price;
        const double high = is_mixed ? search.above.price[b] : search.price;
        out.low[lane] = low, out.high[lane] = high, out.share[lane] = is_mixed ? search.share : 0.0;
        if (!held.price || search.price > held.price[lane]) {
            if (held.price && is_mixed && low <= held.price[lane] && search.differs(lane)) return false;
            continue;
        }
        if (is_mixed && high > held.price[lane] && search.differs(lane)) return false;
        out.low[lane] = held.low[lane], out.high[lane] = held.high[lane], out.share[lane] = held.share[lane];
    }
    return true;
}

// The last question, which checks every end use, and the accounts of what is found; the dual value at the price.
inline int64_t close(const Kernel& k, const Search& search, const Told& told, const Told& other, Sheet& sheet,
                     const Accounts& out, int64_t run, double& value, Lost& lost) {
    Sum values;
    Vec counted, net;
    for (int64_t piece = 0; piece < k.pieces(); piece++) {
        const int64_t lane = piece * WIDTH;
        const Vec low = load(out.low + lane), high = load(out.high + lane), share = load(out.share + lane);
        Vec price = each(search.price);
        if (search.held.price) price = load(search.held.price + lane) > price ? load(search.held.price + lane) : price;
        answer<true>(k, piece, price, counted, net, told);
        values.add(piece, price * counted - net);
        int64_t status = check(k, piece, told, lost);
        if (status != DONE) return status;
        bool is_mixed = false, is_other = false;
        for (int64_t n = 0; n < WIDTH; n++) is_mixed |= share[n] != 0.0, is_other |= low[n] != price[n];
        if (is_other) answer<true>(k, piece, low, counted, net, told);
        read_shares(k, piece, told);
        if (is_mixed) {
            answer<true>(k, piece, high, counted, net, other);
            read_shares(k, piece, other);
            mix(k, piece, share, told, other);
        }
        account(k, piece, told, sheet, out, run);
    }
    value = values.all();
    return DONE;
}

inline double sum_of_block(const double* lane) {
    double all = 0.0;
    for (int64_t n = 0; n < BLOCK; n++) all += lane[n];
    return all;
}

int64_t light(const Lanes& l, const Uses& uses, const Money& money, const Asked& asked, const Floors& floors,
              int64_t run, double guess, double* memory, const Accounts& out, Lost& lost) {
    Desk desk(l, uses, memory);
    Kernel k = desk.kernel(uses);
    const double dearness = spread_all(k, money, asked, run), target = asked.lever[run * LEVERS + SAVING_TARGET];
    const Side here = desk.side(), below = desk.side(), above = desk.side();
    Search search = {k, target, here, below, above, {}, desk.blocks(), l.blocks, 0.0, 0.0};
    for (int64_t n = 0; n < search.count; n++) search.active[n] = n;
    double* figure = out.figure + run * FIGURES;
    figure[STATUS] = static_cast<double>(NOT_ENDED);
    if (floors.count > 0) {
        search.held = desk.held();
        Group* groups = desk.groups(floors.count);
        const FloorSearch all = {k, floors, search.held, here, below, above, groups};
        if (!all.run(larger(guess, 0.0), PRICE_MAX * dearness)) return DONE;
    }
    const int64_t found = search.run(guess, PRICE_MAX * dearness);
    figure[STATUS] = static_cast<double>(found);
    if (found != SLACK && found != FOUND) return DONE;
    if (!plan_prices(search, out)) return figure[STATUS] = static_cast<double>(NOT_ENDED), DONE;
    Sheet sheet = desk.sheet(money);
    double value = 0.0;
    const int64_t status = close(k, search, desk.told(), desk.told(), sheet, out, run, value, lost);
    if (status != DONE) return status;
    for (int64_t cell = 0, cells = l.technologies * l.sectors; cell < cells; cell++) {
        out.capacity[run * cells + cell] = sum_of_block(sheet.capacity + cell * BLOCK);
        out.powered[run * cells + cell] = sum_of_block(sheet.powered + cell * BLOCK);
        if (out.wanted) out.emitting[run * cells + cell] = sum_of_block(sheet.emitting + cell * BLOCK);
    }
    figure[PRICE] = search.price;
    figure[BOUND] = search.price * target - value;
    for (int64_t g = 0; g < floors.count; g++) floors.price[g] = 0.0;
    for (int64_t lane = 0; lane < l.blocks * BLOCK && floors.count > 0; lane++)
        if (floors.group[lane] >= 0)
            floors.price[floors.group[lane]] = larger(search.held.price[lane] - search.price, 0.0);
    for (int64_t g = 0; g < floors.count; g++) figure[BOUND] += floors.price[g] * floors.bound[g];
    figure[TIE_BREAK] = sheet.tie_break.all();
    add_up(l, money, asked, k.tables, run, sheet.barrier.all(), out);
    return DONE;
}

// The decisions of all lanes at prices of their own [lane], in the packed order of pairs.
int64_t decide(const Lanes& l, const Uses& uses, const Money& money, const Asked& asked, const double* price,
               const int64_t* lane_pair, const Pairs& pairs, double* memory, const Answers& out) {
    Desk desk(l, uses, memory);
    Kernel k = desk.kernel(uses);
    spread_all(k, money, asked, 0);
    const Told told = desk.told();
    for (int64_t piece = 0; piece < k.pieces(); piece++) {
        const int64_t b = k.block_of(piece), lane = k.place(b, piece);
        Vec counted, net;
        answer<true>(k, piece, load(price + lane), counted, net, told);
        read_shares(k, piece, told);
        for (int64_t n = 0; n < WIDTH && lane_pair[lane + n] >= 0; n++) {
            const int64_t i = lane_pair[lane + n], local = pairs.local_start[i], app = pairs.app_start[local];
            for (int64_t u = 0; u < l.use_last[b] - l.use_first[b]; u++) {
                const int64_t use = l.use_first[b] + u, at = u * WIDTH + n;
                out.use_saving[local + u] = told.use_saving[at], out.spent[local + u] = told.spent[at];
                out.entry[local + u] = uses.entry_start[use] + static_cast<int64_t>(told.entry[at]);
                out.low[local + u] = out.high[local + u] = told.earned[at];
            }
            for (int64_t a = 0, end = pairs.app_start[pairs.local_start[i + 1]] - app; a < end; a++)
                out.share[app + a] = told.share[a * WIDTH + n];
            for (int64_t a = 0; a < l.site_last[b] - l.site_first[b]; a++)
                out.site_saving[pairs.site_start[i] + a] = told.site[a * WIDTH + n];
            for (int64_t a = 0; a < l.supply_last[b] - l.supply_first[b]; a++)
                out.supply[pairs.supply_start[i] + a] = told.supply[a * WIDTH + n];
            out.counted[i] = counted[n];
            out.cost[i] = net[n] + k.extra[lane + n] * counted[n];
        }
    }
    return DONE;
}

}  // namespace WATERPLAN_LANES
}  // namespace waterplan
