#include "tables.h"

namespace waterplan {
namespace {

constexpr double KG_PER_T = 1000.0;

void technologies(const Lanes& l, const Money& m, const double* lever, const double* scale, Tables& out) {
    const bool shared = lever[FULL_CREDIT] == 0.0;
    const double carbon = lever[CARBON_PRICE] / KG_PER_T, heat_price = m.heat_price + carbon * m.heat_emission_factor;
    for (int64_t t = 0; t < l.technologies; t++) {
        const bool is_shared = shared && m.joint[t] != 0.0;
        const double charged = is_shared ? 0.0 : 1.0, share = is_shared ? m.water_share[t] : 1.0;
        for (int64_t q = 0; q < PERSPECTIVES; q++) {
            const double rate = lever[q == ENTERPRISE ? HURDLE_RATE : DISCOUNT_RATE];
            const double crf = q == SOCIETY ? 0.0 : capital_recovery_factor(rate, m.lifetime[t]);
            out.annuity[q][t] = q == SOCIETY ? out.annuity[PROGRAMME][t] : crf * m.investment_per_m3[t] * scale[t] * share;
        }
        out.running[t] = is_shared ? m.running_cost_water_share[t] : m.running_cost_per_m3[t];
        out.heat[t] = charged * m.heat_per_m3[t] * heat_price;
        out.electricity[t] = charged * m.electricity_per_m3[t];
    }
    for (int64_t r = 0; r < l.provinces; r++)
        out.power[r] = m.electricity_price[r] * lever[ELECTRICITY_PRICE_SCALE] + carbon * m.grid_emission_factor[r];
}

void unit_costs(const Lanes& l, const double* surcharge, Tables& out) {
    const double barrier = out.own == ENTERPRISE ? out.barrier : 0.0;
    for (int64_t t = 0; t < l.technologies; t++)
        for (int64_t s = 0; s < l.sectors; s++)
            out.unit_cost[t * l.sectors + s] = out.investment(t, s, out.own) + out.running[t] + out.heat[t] + barrier +
                                               surcharge[t * l.sectors + s];
}

void credits(const Lanes& l, const Money& m, const double* lever, Tables& out) {
    for (int64_t s = 0, cell = 0; s < l.sectors; s++) {
        const double open = m.public_supply_share[s], sewer = m.sewer_share[s];
        for (int64_t r = 0; r < l.provinces; r++, cell++) {
            out.withdrawal[PROGRAMME][cell] = out.effluent[PROGRAMME][cell] = 0.0;
            out.withdrawal[ENTERPRISE][cell] = open * m.water_price[r] * lever[WATER_PRICE_SCALE] +
                                               (1 - open) * (m.resource_fee[r] + m.own_intake_cost) + lever[WATER_TAX];
            out.effluent[ENTERPRISE][cell] = sewer * m.sewage_fee[r] + (1 - sewer) * m.effluent_treatment_cost;
            out.withdrawal[SOCIETY][cell] = open * m.water_price[r] + (1 - open) * m.own_intake_cost;
            out.effluent[SOCIETY][cell] = m.effluent_treatment_cost;
        }
    }
}

// A preference for saving where water is scarce; its mean weighted by reference withdrawal is the lever.
void scarcity(const Lanes& l, const Money& m, double value, Tables& out) {
    double whole = 0.0, scarce = 0.0;
    for (int64_t lane = 0; lane < l.blocks * BLOCK && value != 0.0; lane++) {
        whole += l.reference[lane];
        scarce += l.reference[lane] * smaller(m.water_stress[l.province[lane]], 1.0);
    }
    for (int64_t r = 0; r < l.provinces; r++)
        out.scarcity[r] = scarce == 0.0 ? 0.0 : value * smaller(m.water_stress[r], 1.0) * whole / scarce;
}

}  // namespace

void fill_tables(const Lanes& lanes, const Money& money, const Asked& asked, int64_t run, Tables& tables) {
    const double* lever = asked.lever + run * LEVERS;
    tables.own = static_cast<Perspective>(static_cast<int>(lever[PERSPECTIVE]));
    tables.barrier = lever[BARRIER_COST];
    for (int64_t s = 0; s < lanes.sectors; s++) tables.subsidy[s] = 1.0 - asked.subsidy[run * lanes.sectors + s];
    technologies(lanes, money, lever, asked.cost_scale + run * lanes.technologies, tables);
    unit_costs(lanes, asked.surcharge, tables);
    credits(lanes, money, lever, tables);
    scarcity(lanes, money, lever[SCARCITY_VALUE], tables);
}

}  // namespace waterplan
