// What plants at an end use choose at a worth of a saved cubic metre, and between which worths the choice stands.
//
// One technology alone is used where the worth passes its cost. Where there are several, the stored dictionary in use
// is kept while nothing is gained by moving away; otherwise the best stored one is taken, and if even that can be
// bettered, pivoting goes on from it: that the store is complete is never assumed.
#include "vertices.h"

namespace waterplan {
namespace {

// One end use with several technologies: kappa is what it costs to add each everywhere.
struct Several {
    const Uses& uses;
    int64_t u, apps, moves;
    double kappa[APPS_MAX];

    Several(const Uses& all, int64_t use, const double* cost)
        : uses(all), u(use), apps(all.app_start[use + 1] - all.app_start[use]),
          moves(all.move_start[use + 1] - all.move_start[use]) {
        for (int64_t t = 0; t < apps; t++) kappa[t] = all.saving_fraction[all.app_start[use] + t] * cost[t];
    }

    double scale(double worth) const {
        double scale = larger(fabs(worth), 1e-6);
        for (int64_t t = 0; t < apps; t++) scale = larger(scale, fabs(kappa[t]));
        return scale;
    }

    // Whether nothing is gained by moving away from a dictionary at a worth; low and high are then where that holds.
    bool stands(int64_t entry, double worth, double scale, double& low, double& high) const {
        const double* reduced = uses.reduced + uses.entry_reduced[entry];
        double least = -INFINITY, most = INFINITY;
        for (int64_t j = 0; j < moves; j++, reduced += apps + 1) {
            const double gain = reduced[0];
            double cost = 0.0;
            for (int64_t t = 0; t < apps; t++) cost -= kappa[t] * reduced[1 + t];
            if (worth * gain + cost > ROUNDING * scale) return false;
            if (gain > TINY) most = smaller(most, -cost / gain);
            else if (gain < -TINY) least = larger(least, -cost / gain);
        }
        low = least, high = most;
        return true;
    }

    // The stored dictionary with the largest profit.
    int64_t best(int64_t entry, double worth) const {
        double best = -INFINITY;
        for (int64_t e = uses.entry_start[u]; e < uses.entry_start[u + 1]; e++) {
            const double* value = uses.value + uses.entry_value[e];
            double profit = worth * value[0];
            for (int64_t t = 0; t < apps; t++) profit -= kappa[t] * value[1 + t];
            if (profit > best) best = profit, entry = e;
        }
        return entry;
    }
};

void choose_alone(int64_t local, int64_t app, double earned, double cost, double credit, const Uses& uses,
                  const Answers& answers, double& share) {
    const bool taken = earned > cost;
    share = taken ? uses.added_share[app] : 0.0;
    answers.low[local] = taken ? cost : -INFINITY;
    answers.high[local] = taken ? INFINITY : cost;
    answers.use_saving[local] = share * uses.saving_fraction[app];
    answers.spent[local] = answers.use_saving[local] * (cost - credit);
}

// Pivots from the nearest stored dictionary to the optimum; the rare case.
int64_t climb_from(int64_t local, double worth, const Several& use, double credit, const Answers& answers,
                   double* share) {
    const OwnDictionary own(use.uses, use.u, answers.entry[local]);
    if (!own.is_there()) return NO_MEMORY;
    const Dictionary& d = *own;
    if (climb(d, worth, use.kappa) != DONE) return PIVOTING;
    double low = -INFINITY, high = INFINITY;
    for (int64_t j = 0; j < d.moves; j++) {
        const double gain = -d.at(d.rows, j);
        double cost = 0.0;
        for (int64_t t = 0; t < d.apps; t++) cost += use.kappa[t] * d.at(d.rows + 1 + t, j);
        if (gain > TINY) high = smaller(high, -cost / gain);
        else if (gain < -TINY) low = larger(low, -cost / gain);
    }
    answers.low[local] = low, answers.high[local] = high;
    answers.use_saving[local] = d.value(d.rows);
    answers.spent[local] = -credit * d.value(d.rows);
    for (int64_t t = 0; t < d.apps; t++) {
        share[t] = larger(d.value(d.rows + 1 + t), 0.0);
        answers.spent[local] += use.kappa[t] * share[t];
    }
    return DONE;
}

void read_entry(int64_t local, const Several& use, double credit, const Answers& answers, double* share) {
    const double* value = use.uses.value + use.uses.entry_value[answers.entry[local]];
    answers.use_saving[local] = value[0];
    double spent = -credit * value[0];
    for (int64_t t = 0; t < use.apps; t++) {
        share[t] = larger(value[1 + t], 0.0);
        spent += use.kappa[t] * share[t];
    }
    answers.spent[local] = spent;
}

}  // namespace

int64_t choose(int64_t local, double earned, const Pairs& pairs, const Costs& costs, const Uses& uses,
               const Answers& answers) {
    if (answers.low[local] < earned && earned <= answers.high[local]) return DONE;
    const int64_t u = pairs.local_use[local], first = pairs.app_start[local], app = uses.app_start[u];
    const double credit = costs.use_credit[local];
    const double* cost = costs.app + first;
    double* share = answers.share + first;
    if (uses.app_start[u + 1] - app <= 1) {
        choose_alone(local, app, earned, cost[0], credit, uses, answers, share[0]);
        return DONE;
    }
    const Several use(uses, u, cost);
    const double scale = use.scale(earned);
    int64_t& entry = answers.entry[local];
    double &low = answers.low[local], &high = answers.high[local];
    bool stands = use.stands(entry, earned, scale, low, high);
    if (!stands) {
        entry = use.best(entry, earned);
        stands = use.stands(entry, earned, scale, low, high);
    }
    if (!stands) return climb_from(local, earned, use, credit, answers, share);
    read_entry(local, use, credit, answers, share);
    return DONE;
}

}  // namespace waterplan
