// What a plan needs, saves and costs, as far as headline, certificate and batch need it (see plan/ledger.py).
#pragma once

#include "lane_answer.h"

namespace waterplan {
namespace WATERPLAN_LANES {

// Sums over lanes that are added up at the end [technology, sector, lane], and the parts of the tie-break.
struct Sheet {
    double *capacity, *powered, *emitting;
    const double* grid;  // [lane]
    Sum tie_break, barrier;
};

// Books a capacity of a piece.
inline void book(const Kernel& k, int64_t piece, int64_t technology, const double* tie, const Vec& volume, Sheet& sheet,
                 const Accounts& out, int64_t run) {
    const int64_t b = k.block_of(piece), lane = k.place(b, piece);
    const int64_t cell = k.place(k.technology_cell(technology, b), piece);
    store(sheet.capacity + cell, load(sheet.capacity + cell) + volume);
    store(sheet.powered + cell, load(sheet.powered + cell) + volume * load(k.power + lane));
    sheet.tie_break.add(piece, volume * load(tie)), sheet.barrier.add(piece, volume * load(k.lanes.barrier + lane));
    if (!out.wanted) return;
    store(sheet.emitting + cell, load(sheet.emitting + cell) + volume * load(sheet.grid + lane));
    double* placed = out.placed + (run * k.lanes.technologies + technology) * k.lanes.provinces;
    for (int64_t n = 0; n < WIDTH; n++) placed[k.lanes.province[lane + n]] += volume[n];
}

// One lane after the other, as in all widths.
inline void add_lanes(double& total, const Vec& volume) {
    for (int64_t n = 0; n < WIDTH; n++) total += volume[n];
}

// Divides what a use saves among the technologies added there.
inline void split(const Kernel& k, int64_t u, const double* share, const Vec& saving, double* saved) {
    const int64_t app = k.uses.app_start[u], apps = k.uses.app_start[u + 1] - app;
    Vec whole = {};
    for (int64_t t = 0; t < apps; t++) whole += k.lanes.split[app + t] * load(share + t * WIDTH);
    const Vec unit = whole > 0.0 ? saving / whole : Vec{};
    for (int64_t t = 0; t < apps; t++)
        add_lanes(saved[k.lanes.app_technology[app + t]], k.lanes.split[app + t] * load(share + t * WIDTH) * unit);
}

// Makes of two decisions of a piece the mixture in which `share` [lane] does as the second says.
inline void mix(const Kernel& k, int64_t piece, const Vec& share, const Told& first, const Told& second) {
    const Lanes& l = k.lanes;
    const int64_t b = k.block_of(piece), uses = l.use_last[b] - l.use_first[b];
    const int64_t apps = k.uses.app_start[l.use_last[b]] - k.uses.app_start[l.use_first[b]];
    const auto mixed = [&share](double* to, const double* from, int64_t rows) {
        for (int64_t n = 0; n < rows * WIDTH; n += WIDTH)
            store(to + n, (1.0 - share) * load(to + n) + share * load(from + n));
    };
    mixed(first.share, second.share, apps), mixed(first.use_saving, second.use_saving, uses);
    mixed(first.site, second.site, l.site_last[b] - l.site_first[b]);
    mixed(first.supply, second.supply, l.supply_last[b] - l.supply_first[b]);
}

// Adds what a piece has decided. Savings are differences of states: what the site and sources have from before saves less
// where less reaches them.
inline void account(const Kernel& k, int64_t piece, const Told& told, Sheet& sheet, const Accounts& out, int64_t run) {
    const Lanes& l = k.lanes;
    const int64_t b = k.block_of(piece), lane = k.place(b, piece), cells = l.sectors * l.provinces;
    const int64_t first_app = k.uses.app_start[l.use_first[b]];
    const Vec existing = load(l.existing + lane);
    Vec at_uses = {}, on_site = {}, replaced = {}, effluent = {};
    double* saved = out.saved + run * l.technologies;
    for (int64_t u = l.use_first[b]; u < l.use_last[b]; u++) {
        const Vec gross = l.use_flow[u] * existing, saving = gross * load(told.use_saving + (u - l.use_first[b]) * WIDTH);
        at_uses += saving;
        effluent += l.use_effluent[u] * saving;
        const int64_t app = k.uses.app_start[u], end = k.uses.app_start[u + 1], row = app - first_app;
        for (int64_t a = app; a < end; a++) {
            const Vec share = load(told.share + (a - first_app) * WIDTH);
            book(k, piece, l.app_technology[a], l.app_tie + k.place(l.app_row[b] + a - first_app, piece),
                 k.uses.saving_fraction[a] * gross * share, sheet, out, run);
        }
        if (out.wanted) split(k, u, told.share + row * WIDTH, saving, saved);
    }
    for (int64_t n = 0; n < l.site_last[b] - l.site_first[b]; n++) {
        const int64_t technology = l.site_technology[l.site_first[b] + n];
        const int64_t place = k.place(l.site_row[b] + n, piece);
        const Vec volume = load(told.site + n * WIDTH), saving = volume - load(l.site_share + place) * at_uses;
        book(k, piece, technology, l.site_tie + place, volume, sheet, out, run);
        on_site += saving;
        if (out.wanted) add_lanes(saved[technology], saving);
    }
    const Vec less = at_uses + on_site;
    for (int64_t n = 0; n < l.supply_last[b] - l.supply_first[b]; n++) {
        const int64_t technology = l.supply_technology[l.supply_first[b] + n], pool = l.pool[technology];
        const int64_t place = k.place(l.supply_row[b] + n, piece);
        const Vec volume = load(told.supply + n * WIDTH), saving = volume - load(l.source_share + place) * less;
        book(k, piece, technology, l.supply_tie + place, volume, sheet, out, run);
        replaced += saving;
        if (out.wanted) add_lanes(saved[technology], saving);
        for (int64_t i = 0; i < WIDTH && pool >= 0; i++)
            out.draw[(run * l.pools + pool) * l.provinces + l.province[lane + i]] += saving[i];
    }
    sheet.tie_break.add(piece, -WASTE * at_uses);
    effluent += l.site_effluent * on_site;
    for (int64_t n = 0; n < WIDTH; n++) {
        const int64_t cell = l.sector[b] * l.provinces + l.province[lane + n];
        double* saving = out.saving + run * 3 * cells + cell;
        saving[0] += at_uses[n], saving[cells] += on_site[n], saving[2 * cells] += replaced[n];
        out.effluent[run * cells + cell] += effluent[n];
    }
}

}  // namespace WATERPLAN_LANES
}  // namespace waterplan
