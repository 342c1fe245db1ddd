// The price at which all lanes add up to the target, and the last check that no lane could do better at it.
//
// Secants on the concave dual, ended exactly: two prices, one below and one above the target, give two supporting lines;
// where they cross is the next price. When the answer there lies on both lines the price is found, and the plan is the
// mixture of the two. Blocks that answer the same to both prices are not asked again.
#pragma once

#include "lane_answer.h"
#include "lost.h"

namespace waterplan {
namespace WATERPLAN_LANES {

constexpr int64_t ROUNDS_MAX = 200;
constexpr int64_t SLACK = 0, FOUND = 1, OUT_OF_REACH = 2, NOT_ENDED = 3;
constexpr double PRICE_MAX = 1e5;  // times the dearness; what needs more is not out of reach for certain
constexpr double SAME = 4e-15, APART = 1e-12;

// The answers of all lanes to a price; that of each block can be another.
struct Side {
    double *counted, *net;  // [lane] hm3/a, MCNY/a
    double* price;          // [block]
};

struct Sums {
    double counted, net, size;
};

// What lanes answer while the target is worth no more than a floor does [lane]: its price, the two that they answer to in
// the mixture that meets the floor, and the share of the answer to the higher one. Without floors there is no price.
struct Held {
    double *price, *counted, *net, *low, *high, *share;
};

struct Search {
    const Kernel& k;
    double target;
    Side here, below, above;
    Held held;
    int64_t* active;  // [block]
    int64_t count;
    double price, share;  // what is found: of the answers above, in the blocks that are still active

    template <class Work>
    void each_piece(const Work& work) const {
        for (int64_t n = 0; n < count; n++)
            for (int64_t piece = active[n] * PIECES; piece < (active[n] + 1) * PIECES; piece++) work(piece, piece * WIDTH);
    }

    double ask(double worth) const {
        Sum counted;
        each_piece([&](int64_t piece, int64_t lane) {
            Vec one, net;
            answer<false>(k, piece, each(worth), one, net, {});
            if (held.price) {
                const Mask is_free = each(worth) > load(held.price + lane);
                one = is_free ? one : load(held.counted + lane), net = is_free ? net : load(held.net + lane);
            }
            store(here.counted + lane, one), store(here.net + lane, net);
            counted.add(piece, one);
        });
        return counted.all();
    }

    void keep(const Side& from, const Side& to, double worth) const {
        each_piece([&](int64_t, int64_t lane) {
            store(to.counted + lane, load(from.counted + lane)), store(to.net + lane, load(from.net + lane));
        });
        for (int64_t n = 0; n < count; n++) to.price[active[n]] = worth;
    }

    Sums sums(const Side& of) const {
        Sum counted, net, size;
        each_piece([&](int64_t piece, int64_t lane) {
            const Vec one = load(of.counted + lane), other = load(of.net + lane);
            counted.add(piece, one), net.add(piece, other);
            size.add(piece, (one < 0.0 ? -one : one) + (other < 0.0 ? -other : other));
        });
        return {counted.all(), net.all(), size.all() + 1e-12 * k.lanes.unit};
    }

    bool differs(int64_t lane) const {
        return fabs(above.counted[lane] - below.counted[lane]) > APART * (k.lanes.unit + fabs(below.counted[lane]));
    }

    // Only blocks in which a lane answers differently are asked on.
    void narrow() {
        int64_t left = 0;
        for (int64_t n = 0; n < count; n++) {
            bool is_wanted = false;
            for (int64_t l = active[n] * BLOCK; l < (active[n] + 1) * BLOCK; l++) is_wanted |= differs(l);
            if (is_wanted) active[left++] = active[n];
        }
        count = left;
    }

    // Narrows two prices to the one where their lines cross.
    int64_t between(double low, double high, double counted_low) {
        narrow();
        price = high;
        for (int64_t round = 0; round < ROUNDS_MAX; round++) {
            const Sums before = sums(below), after = sums(above);
            price = smaller(larger((after.net - before.net) / (after.counted - before.counted), low), high);
            const double counted = ask(price);
            const Sums now = sums(here);
            const double gap = (before.net - price * before.counted) - (now.net - price * now.counted);
            if (gap <= SAME * (before.size + after.size) || price == low || price == high) {
                share = (target - counted_low) / (after.counted - before.counted);
                return FOUND;
            }
            if (counted_low + counted - before.counted >= target) {
                high = price;
                keep(here, above, price);
            } else {
                low = price;
                counted_low += counted - before.counted;
                keep(here, below, price);
            }
            narrow();
        }
        return NOT_ENDED;
    }

    int64_t run(double guess, double price_max) {
        guess = smaller(larger(guess, 0.0), price_max);
        double low = guess, high = guess, step = 0.01 * guess + 1e-3;
        double at_low = ask(guess), at_high = at_low;
        keep(here, below, guess);
        price = share = 0.0;
        for (int64_t round = 0; round < ROUNDS_MAX && !(at_low < target); round++) {
            if (low <= 0.0) return count = 0, SLACK;
            high = low, at_high = at_low;
            keep(below, above, high);
            low = larger(low - step, 0.0);
            step *= 4.0;
            at_low = ask(low);
            keep(here, below, low);
        }
        for (int64_t round = 0; round < ROUNDS_MAX && !(at_high >= target); round++) {
            if (high >= price_max) return OUT_OF_REACH;
            low = high, at_low = at_high;
            if (round > 0) keep(above, below, low);  // before that, those below are these
            high = smaller(high + step, price_max);
            step *= 4.0;
            at_high = ask(high);
            keep(here, above, high);
        }
        if (!(at_low < target && target <= at_high)) return NOT_ENDED;
        return between(low, high, at_low);
    }
};

// One use of a piece as the last check sees it: what adding each of its technologies everywhere costs.
struct Checked {
    int64_t use, apps, moves;
    Vec earned, entry, limit, kappa[APPS_MAX];

    Checked(const Kernel& k, int64_t piece, int64_t u, const Told& told) : use(u) {
        const int64_t b = k.block_of(piece), first_use = k.lanes.use_first[b], app = k.uses.app_start[u];
        const int64_t row = k.lanes.app_row[b] + app - k.uses.app_start[first_use];
        apps = k.uses.app_start[u + 1] - app, moves = k.uses.move_start[u + 1] - k.uses.move_start[u];
        earned = load(told.earned + (u - first_use) * WIDTH), entry = load(told.entry + (u - first_use) * WIDTH);
        Vec scale = earned < 0.0 ? -earned : earned;
        scale = scale > 1e-6 ? scale : each(1e-6);
        for (int64_t t = 0; t < apps; t++) {
            kappa[t] = k.uses.saving_fraction[app + t] * load(k.app_cost + k.place(row + t, piece));
            const Vec size = kappa[t] < 0.0 ? -kappa[t] : kappa[t];
            scale = size > scale ? size : scale;
        }
        limit = ROUNDING * scale;
    }

    // Where moving away from a stored vertex would gain something, in lanes that have chosen it or not.
    template <int64_t few>
    Mask bettered(const double* reduced) const {
        const int64_t count = few ? few : apps;
        Vec most = each(-INFINITY);
        for (int64_t j = 0; j < moves; j++, reduced += count + 1) {
            Vec profit = earned * reduced[0];
            for (int64_t t = 0; t < count; t++) profit -= kappa[t] * reduced[1 + t];
            most = profit > most ? profit : most;
        }
        return most > limit;
    }
    Mask bettered(const double* reduced) const {
        if (apps == 2) return bettered<2>(reduced);
        if (apps == 3) return bettered<3>(reduced);
        return apps == 4 ? bettered<4>(reduced) : bettered<0>(reduced);
    }
};

// Whether nothing is gained by moving away from what a piece has decided; what would be gained is searched for and
// noted, so that it can join the store. That the store is complete is never assumed.
inline int64_t check(const Kernel& k, int64_t piece, const Told& told, Lost& lost) {
    const int64_t b = k.block_of(piece), inside = k.lanes.inside[b] - k.place(0, piece);
    for (int64_t u = k.lanes.use_first[b]; u < k.lanes.use_last[b]; u++) {
        if (k.uses.app_start[u + 1] - k.uses.app_start[u] == 1) continue;
        const Checked use(k, piece, u, told);
        Mask is_seen = {};
        for (int64_t n = 0; n < inside && n < WIDTH; n++) {
            if (is_seen[n]) continue;
            const int64_t chosen = k.uses.entry_start[u] + static_cast<int64_t>(use.entry[n]);
            const Mask is_here = use.entry == each(use.entry[n]);
            const Mask is_bettered = use.bettered(k.uses.reduced + k.uses.entry_reduced[chosen]) & is_here;
            is_seen |= is_here;
            for (int64_t l = n; l < inside && l < WIDTH; l++) {
                if (!is_bettered[l]) continue;
                double kappa[APPS_MAX];
                for (int64_t t = 0; t < use.apps; t++) kappa[t] = use.kappa[t][l];
                const int64_t status = lost.find(k.uses, u, chosen, use.earned[l], kappa, use.limit[l]);
                if (status != DONE) return status;
            }
        }
    }
    return DONE;
}

}  // namespace WATERPLAN_LANES
}  // namespace waterplan
