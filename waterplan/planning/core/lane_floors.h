// Floors of one kind: what each sector, or each province, has to save at least. Groups do not touch each other once the
// price of the target is given, so all their prices are searched at the same time, a question to all lanes at a time.
//
// Below the price at which a group meets its floor it stays there; above, the price of the target counts. So what is
// found here is a price for each lane, and what it answers as long as the target is worth no more.
#pragma once

#include "lane_search.h"
#include "light.h"

namespace waterplan {
namespace WATERPLAN_LANES {

struct Group {
    double target, price, low, high, at_low, at_high, step, share;
    bool has_low, has_high, is_done;
};

static_assert(sizeof(Group) <= GROUP * sizeof(double), "there is room for as many");

struct FloorSearch {
    const Kernel& k;
    const Floors& floors;
    const Held& held;
    Side here, below, above;
    Group* groups;

    int64_t lanes() const { return k.lanes.blocks * BLOCK; }
    bool differs(int64_t lane) const {
        return fabs(above.counted[lane] - below.counted[lane]) > APART * (k.lanes.unit + fabs(below.counted[lane]));
    }

    void ask() const {
        for (int64_t piece = 0; piece < k.pieces(); piece++) {
            const int64_t lane = piece * WIDTH;
            bool is_wanted = false;
            Vec price = {}, counted, net;
            for (int64_t n = 0; n < WIDTH; n++) {
                const int64_t g = floors.group[lane + n];
                if (g < 0 || groups[g].is_done) continue;
                is_wanted = true, price[n] = groups[g].price;
            }
            if (!is_wanted) continue;
            answer<false>(k, piece, price, counted, net, {});
            store(here.counted + lane, counted), store(here.net + lane, net);
        }
    }

    // Sums over a group; once there are answers on both sides, over the lanes in which they differ.
    Sums sums(int64_t g, const Side& of) const {
        const bool is_narrow = groups[g].has_low && groups[g].has_high;
        Sums all = {0.0, 0.0, 1e-12 * k.lanes.unit};
        for (int64_t lane = 0; lane < lanes(); lane++) {
            if (floors.group[lane] != g || (is_narrow && !differs(lane))) continue;
            all.counted += of.counted[lane], all.net += of.net[lane];
            all.size += fabs(of.counted[lane]) + fabs(of.net[lane]);
        }
        return all;
    }

    void keep(int64_t g, const Side& to, double* price) const {
        const bool is_narrow = groups[g].has_low && groups[g].has_high;
        for (int64_t lane = 0; lane < lanes(); lane++) {
            if (floors.group[lane] != g || (is_narrow && !differs(lane))) continue;
            to.counted[lane] = here.counted[lane], to.net[lane] = here.net[lane];
            price[lane] = groups[g].price;
        }
    }

    // Takes the answers of one group to its price, and says what it is asked next; false where it has no end.
    bool step(int64_t g, double price_max) const {
        Group& group = groups[g];
        const bool is_between = group.has_low && group.has_high;
        const Sums now = sums(g, here);
        double counted = now.counted;
        if (is_between) {
            const Sums before = sums(g, below), after = sums(g, above);
            const double gap = (before.net - group.price * before.counted) - (now.net - group.price * now.counted);
            if (gap <= SAME * (before.size + after.size) || group.price == group.low || group.price == group.high) {
                group.share = (group.target - group.at_low) / (after.counted - before.counted);
                return group.is_done = true;
            }
            counted += group.at_low - before.counted;
        }
        if (counted >= group.target) {
            keep(g, above, held.high);
            group.has_high = true, group.high = group.price, group.at_high = counted;
        } else {
            keep(g, below, held.low);
            group.has_low = true, group.low = group.price, group.at_low = counted;
        }
        if (group.has_low && group.has_high) {
            const Sums before = sums(g, below), after = sums(g, above);
            const double cross = (after.net - before.net) / (after.counted - before.counted);
            group.price = smaller(larger(cross, group.low), group.high);
            return true;
        }
        if (group.has_high && group.price <= 0.0) return group.is_done = true;  // met at no price at all
        if (group.has_low && group.price >= price_max) return false;
        group.price = group.has_high ? larger(group.price - group.step, 0.0) : smaller(group.price + group.step, price_max);
        group.step *= 4.0;
        return true;
    }

    bool run(double guess, double price_max) const {
        for (int64_t g = 0; g < floors.count; g++)
            groups[g] = {floors.bound[g], guess, 0, 0, 0, 0, 0.01 * guess + 1e-3, 0.0, false, false, !(floors.bound[g] > 0.0)};
        bool is_open = true;
        for (int64_t round = 0; round < 2 * ROUNDS_MAX && is_open; round++) {
            ask();
            is_open = false;
            for (int64_t g = 0; g < floors.count; g++) {
                if (!groups[g].is_done && !step(g, price_max)) return false;
                is_open |= !groups[g].is_done;
            }
        }
        return !is_open && (hold(), true);
    }

    // What each lane answers while the target is worth no more than its floor.
    void hold() const {
        for (int64_t lane = 0; lane < lanes(); lane++) {
            const int64_t g = floors.group[lane];
            const bool is_held = g >= 0 && groups[g].has_low && groups[g].has_high;
            held.price[lane] = is_held ? groups[g].price : -INFINITY;
            if (!is_held) continue;
            const double share = differs(lane) ? groups[g].share : 0.0;
            if (!differs(lane)) held.low[lane] = held.high[lane] = groups[g].price;
            held.share[lane] = share;
            held.counted[lane] = (1.0 - share) * below.counted[lane] + share * above.counted[lane];
            held.net[lane] = (1.0 - share) * below.net[lane] + share * above.net[lane];
        }
    }
};

}  // namespace WATERPLAN_LANES
}  // namespace waterplan
