// The best answer of one product in one province to a price of water: exact, in well under a microsecond.
//
// Each level acts on what the level before left over, so the answer is worked out backwards: what a cubic metre that
// reaches the other sources would still earn there, then on the site, then at each end use. What the site and sources
// have from before takes its part of all that is saved before them.
#include "core.h"

namespace waterplan {
namespace {

// Takes the best margins first, each up to its limit, together up to `room`; fills in `chosen` (shares of the passing
// flow) and returns the benefit per m3 of flow.
double fill_in_order(int64_t first, int64_t last, const double* cost, const double* limit, double worth, double room,
                     double* chosen) {
    double benefit = 0.0;
    for (int64_t a = first; a < last; a++) chosen[a] = 0.0;
    for (int64_t n = first; n < last && room > 0.0; n++) {
        double best = 0.0;
        int64_t found = -1;
        for (int64_t a = first; a < last; a++) {
            const double margin = worth - cost[a];
            if (margin > best && chosen[a] == 0.0 && limit[a] > 0.0) best = margin, found = a;
        }
        if (found < 0) break;
        const double part = smaller(limit[found], room);
        chosen[found] = part;
        benefit += part * best;
        room -= part;
    }
    return benefit;
}

// Turns the shares chosen on the site and of other sources into volumes, and adds up the pair.
void add_up(int64_t i, const Pairs& pairs, const Costs& costs, const Answers& answers) {
    double saved = 0.0, paid = 0.0, site = 0.0, replaced = 0.0;
    for (int64_t local = pairs.local_start[i]; local < pairs.local_start[i + 1]; local++) {
        saved += pairs.gross_flow[local] * answers.use_saving[local];
        paid += pairs.gross_flow[local] * answers.spent[local];
    }
    const double at_uses = pairs.start[i] - saved;
    for (int64_t a = pairs.site_start[i]; a < pairs.site_start[i + 1]; a++) {
        answers.site_saving[a] *= at_uses;
        site += answers.site_saving[a];
        paid += answers.site_saving[a] * (costs.site[a] - costs.site_credit[i]);
    }
    const double left = (1.0 - pairs.on_site[i]) * at_uses - site + pairs.built[i];
    for (int64_t a = pairs.supply_start[i]; a < pairs.supply_start[i + 1]; a++) {
        answers.supply[a] *= left;
        replaced += answers.supply[a];
        paid += answers.supply[a] * (costs.supply[a] - costs.supply_credit[i]);
    }
    const double less = less_behind_site(i, pairs, saved, site);
    answers.counted[i] = less - pairs.count_supply * pairs.replaced[i] * less + pairs.count_supply * replaced;
    answers.cost[i] = paid - costs.behind[i] * less;
}

}  // namespace

int64_t answer_of_pair(int64_t i, double price, const Pairs& pairs, const Costs& costs, const Uses& uses,
                       const Answers& answers) {
    const double beyond_site = fill_in_order(pairs.supply_start[i], pairs.supply_start[i + 1], costs.supply,
                                             pairs.supply_limit, price * pairs.count_supply + costs.supply_credit[i],
                                             pairs.alternative_share[i], answers.supply);
    const double behind = price * (1.0 - pairs.count_supply * pairs.replaced[i]) + costs.behind[i];
    const double beyond = fill_in_order(pairs.site_start[i], pairs.site_start[i + 1], costs.site, pairs.site_limit,
                                        behind + costs.site_credit[i] - beyond_site, pairs.site_together[i],
                                        answers.site_saving);
    const double passes = 1.0 - pairs.on_site[i];
    const double worth = passes * behind - (passes * beyond_site + beyond);
    for (int64_t local = pairs.local_start[i]; local < pairs.local_start[i + 1]; local++) {
        const int64_t status = choose(local, worth + costs.use_credit[local], pairs, costs, uses, answers);
        if (status != DONE) return status;
    }
    add_up(i, pairs, costs, answers);
    return DONE;
}

int64_t answer(const int64_t* members, int64_t count, double worth, const double* extra, const Pairs& pairs,
               const Costs& costs, const Uses& uses, const Answers& answers, Amounts& amounts) {
    amounts = {0.0, 0.0, 0.0};
    for (int64_t n = 0; n < count; n++) {
        const int64_t i = members[n];
        const double price = worth + extra[i];
        const int64_t status = answer_of_pair(i, price, pairs, costs, uses, answers);
        if (status != DONE) return status;
        amounts.counted += answers.counted[i];
        amounts.cost += answers.cost[i];
        amounts.value += price * answers.counted[i] - answers.cost[i];
    }
    return DONE;
}

}  // namespace waterplan

using namespace waterplan;

WATERPLAN_API int64_t waterplan_answer(const int64_t* members, int64_t count, double worth, const double* extra,
                                       const Pairs* pairs, const Costs* costs, const Uses* uses,
                                       const Answers* answers, Amounts* amounts) {
    return answer(members, count, worth, extra, *pairs, *costs, *uses, *answers, *amounts);
}
