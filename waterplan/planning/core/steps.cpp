// From answers back to the steps of the model: which plants add what.
#include "vertices.h"

namespace waterplan {
namespace {

double worth_inside(double low, double high) {
    if (isfinite(low) && isfinite(high)) return 0.5 * (low + high);
    if (isfinite(low)) return low + 1.0;
    return isfinite(high) ? high - 1.0 : 0.0;
}

// Pivots on to the dictionary that is optimal at a worth, where the stored one can be bettered.
int64_t make_best(const Dictionary& d, double worth, const double* kappa) {
    double scale = larger(fabs(worth), 1e-6);
    for (int64_t t = 0; t < d.apps; t++) scale = larger(scale, fabs(kappa[t]));
    for (int64_t j = 0; j < d.moves; j++)
        if (reduced_profit(d, worth, kappa, j) > ROUNDING * scale) return climb(d, worth, kappa);
    return DONE;
}

// The steps of all uses: from and to are configurations.
struct Steps {
    const int64_t *start, *from, *to, *app;
};

// Adds the steps of one move, technologies in the order of the catalogue; `out` are the steps of one local.
void add_path(int64_t here, int64_t members, double amount, int64_t first, int64_t last, int64_t app,
              const Steps& steps, double* out) {
    for (; members; members >>= 1, app++) {
        if (!(members & 1)) continue;
        for (int64_t n = first; n < last; n++) {
            if (steps.from[n] == here && steps.app[n] == app) {
                out[n - first] += amount;
                here = steps.to[n];
                break;
            }
        }
    }
}

// Whether a dictionary is what was answered. Then it stays, even where another one is better at the price that was asked:
// a plan mixes answers to two prices that are the best at the one between them.
bool is_answered(const Dictionary& d, double use_saving, const double* share) {
    if (fabs(d.value(d.rows) - use_saving) > TINY) return false;
    for (int64_t t = 0; t < d.apps; t++)
        if (fabs(larger(d.value(d.rows + 1 + t), 0.0) - share[t]) > TINY) return false;
    return true;
}

// The steps of a local with several technologies, `part` of whose flow does as its answer says.
int64_t add_several(int64_t local, double part, const Pairs& pairs, const Uses& uses, const Answers& answers,
                    const double* cost, const Steps& steps, double* out) {
    const int64_t u = pairs.local_use[local], app = uses.app_start[u];
    const OwnDictionary own(uses, u, answers.entry[local]);
    if (!own.is_there()) return NO_MEMORY;
    const Dictionary& d = *own;
    double kappa[APPS_MAX];
    for (int64_t t = 0; t < d.apps; t++) kappa[t] = uses.saving_fraction[app + t] * cost[pairs.app_start[local] + t];
    if (!is_answered(d, answers.use_saving[local], answers.share + pairs.app_start[local])) {
        const int64_t status = make_best(d, worth_inside(answers.low[local], answers.high[local]), kappa);
        if (status != DONE) return status;
    }
    for (int64_t i = 0; i < d.rows; i++) {
        if (d.basis[i] >= d.moves || !(d.value(i) > 0.0)) continue;
        const int64_t move = uses.move_start[u] + d.basis[i];
        add_path(uses.move_from[move], uses.move_members[move], part * d.value(i), steps.start[u], steps.start[u + 1],
                 app, steps, out);
    }
    return DONE;
}

}  // namespace
}  // namespace waterplan

using namespace waterplan;

// Gross flow of the plants that take each step [local step], weighted by pair.
WATERPLAN_API int64_t waterplan_steps(int64_t count, const Pairs* pairs, const Uses* uses, const Answers* answers,
                                      const double* cost, const double* weight, const Steps* steps, double* out) {
    for (int64_t i = 0; i < count; i++) {
        for (int64_t local = pairs->local_start[i]; local < pairs->local_start[i + 1]; local++) {
            const int64_t u = pairs->local_use[local];
            double* here = out;
            out += steps->start[u + 1] - steps->start[u];
            const double part = weight[i] * pairs->gross_flow[local];
            if (part <= 0.0) continue;
            if (uses->app_start[u + 1] - uses->app_start[u] == 1) {
                here[0] += part * answers->share[pairs->app_start[local]];
                continue;
            }
            const int64_t status = add_several(local, part, *pairs, *uses, *answers, cost, *steps, here);
            if (status != DONE) return status;
        }
    }
    return DONE;
}
