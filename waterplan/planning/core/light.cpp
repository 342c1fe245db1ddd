// The light answer as Python asks for it: the kernel for this processor, run by run, and its accounts added up.
#include "light.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace waterplan {
namespace {

enum Instructions { PLAIN, AVX2, AVX512 };

#if defined(__x86_64__)
// Which registers the operating system keeps for a process.
uint64_t kept_registers() {
    uint32_t low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return static_cast<uint64_t>(high) << 32 | low;
}

Instructions best_instructions() {
    uint32_t a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return PLAIN;
    const uint64_t kept = kept_registers();
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & bit_AVX2) || (kept & 0x6) != 0x6) return PLAIN;
    const uint32_t wanted = bit_AVX512F | bit_AVX512DQ | bit_AVX512VL | bit_AVX512BW;
    return (b & wanted) == wanted && (kept & 0xe6) == 0xe6 ? AVX512 : AVX2;
}
#else
Instructions best_instructions() { return PLAIN; }
#endif

const Instructions BEST = best_instructions();

// The kernel that is asked for, or the best that this processor has.
Instructions instructions_of(int64_t most) { return most < BEST ? static_cast<Instructions>(most) : BEST; }

int64_t kernel(int64_t most, const Lanes& l, const Uses& uses, const Money& money, const Asked& asked, const Floors& floors,
               int64_t run, double guess, double* memory, const Accounts& out, Lost& lost) {
    switch (instructions_of(most)) {
#if defined(__x86_64__)
        case AVX512: return avx512::light(l, uses, money, asked, floors, run, guess, memory, out, lost);
        case AVX2: return avx2::light(l, uses, money, asked, floors, run, guess, memory, out, lost);
#endif
        default: return plain::light(l, uses, money, asked, floors, run, guess, memory, out, lost);
    }
}

// Memory that begins where a line of the cache does.
double* aligned(double* memory) {
    return reinterpret_cast<double*>((reinterpret_cast<uintptr_t>(memory) + 63) / 64 * 64);
}

void clear(double* array, int64_t run, int64_t size) {
    memset(array + run * size, 0, static_cast<size_t>(size) * sizeof(double));
}

}  // namespace

Rows::Rows(const Lanes& l, const Uses& u) : app(0), site(0), supply(0), app_most(0), use_most(0), site_most(0), supply_most(0) {
    const auto count = [](int64_t more, int64_t& all, int64_t& most) { all += more, most = more > most ? more : most; };
    int64_t uses = 0;
    for (int64_t b = 0; b < l.blocks; b++) {
        count(l.use_last[b] - l.use_first[b], uses, use_most);
        count(u.app_start[l.use_last[b]] - u.app_start[l.use_first[b]], app, app_most);
        count(l.site_last[b] - l.site_first[b], site, site_most);
        count(l.supply_last[b] - l.supply_first[b], supply, supply_most);
    }
}

void add_up(const Lanes& l, const Money& m, const Asked& asked, const Tables& tables, int64_t run, double barrier,
            const Accounts& out) {
    const int64_t cells = l.sectors * l.provinces, places = l.technologies * l.sectors;
    const double *capacity = out.capacity + run * places, *powered = out.powered + run * places;
    const double *saving = out.saving + run * 3 * cells, *effluent = out.effluent + run * cells;
    double *figure = out.figure + run * FIGURES, gross = 0.0;
    for (int64_t n = COUNTED; n < FIGURES; n++) if (n != TIE_BREAK) figure[n] = 0.0;
    for (int64_t t = 0, place = 0; t < l.technologies; t++) {
        for (int64_t s = 0; s < l.sectors; s++, place++) {
            const double volume = capacity[place];
            for (int64_t q = 0; q < PERSPECTIVES; q++) {
                const double line[] = {tables.investment(t, s, q) * volume, tables.running[t] * volume,
                                       tables.heat[t] * volume, tables.electricity[t] * powered[place],
                                       q == ENTERPRISE ? tables.barrier * volume : 0.0};
                for (int64_t n = 0; n < 5; n++) figure[COST_LINES + 7 * q + n] += line[n];
                for (int64_t n = 0; n < 5 && q == tables.own; n++) gross += larger(line[n], 0.0);
            }
            figure[INVESTMENT] += m.investment_per_m3[t] * asked.cost_scale[run * l.technologies + t] * volume;
            figure[ELECTRICITY] += m.electricity_per_m3[t] * volume;
            figure[HEAT] += m.heat_per_m3[t] * volume;
        }
    }
    for (int64_t cell = 0; cell < cells; cell++) {
        const double all = saving[cell] + saving[cells + cell] + saving[2 * cells + cell];
        figure[COUNTED] += saving[cell] + saving[cells + cell] + l.count_supply * saving[2 * cells + cell];
        figure[SCARCITY_CREDIT] += all * tables.scarcity[cell % l.provinces];
        for (int64_t q = 0; q < PERSPECTIVES; q++) {
            figure[COST_LINES + 7 * q + 5] -= all * tables.withdrawal[q][cell];
            figure[COST_LINES + 7 * q + 6] -= effluent[cell] * tables.effluent[q][cell];
        }
    }
    figure[COST_LINES + 7 * ENTERPRISE + 4] += barrier;
    if (tables.own == ENTERPRISE) gross += larger(barrier, 0.0);
    for (int64_t n = 0; n < 7; n++) figure[OBJECTIVE] += figure[COST_LINES + 7 * tables.own + n];
    figure[OBJECTIVE] -= figure[SCARCITY_CREDIT];
    figure[GROSS_COST] = gross;
}

}  // namespace waterplan

using namespace waterplan;

// How many numbers of memory an answer needs.
WATERPLAN_API int64_t waterplan_desk(const Lanes* lanes, const Uses* uses, int64_t floors) {
    const Rows rows(*lanes, *uses);
    const int64_t told = rows.app_most + 4 * rows.use_most + rows.site_most + rows.supply_most;
    return BLOCK * (rows.app + 2 * rows.site + 2 * rows.supply + 23 * lanes->blocks + 2 * told + 1 + floors * GROUP / BLOCK +
                    3 * lanes->technologies * lanes->sectors) + Tables::size(*lanes) + BLOCK;
}

// Answers runs first to last, each from the price of the one before; what the store lacks is handed over in two columns
// (see Lost), and the status of such a run says so.
WATERPLAN_API int64_t waterplan_light(int64_t instructions, int64_t first, int64_t last, double guess,
                                      const Lanes* lanes, const Uses* uses, const Money* money, const Asked* asked,
                                      const Floors* floors, double* memory, const Accounts* out, Column* lost) {
    Lost all;
    const int64_t cells = lanes->sectors * lanes->provinces;
    for (int64_t run = first; run < last; run++) {
        clear(out->figure, run, FIGURES), clear(out->draw, run, lanes->pools * lanes->provinces);
        clear(out->saving, run, 3 * cells), clear(out->effluent, run, cells);
        if (out->wanted) clear(out->placed, run, lanes->technologies * lanes->provinces), clear(out->saved, run, lanes->technologies);
        const int64_t before = all.use.count;
        const int64_t status = kernel(instructions, *lanes, *uses, *money, *asked, *floors, run, guess,
                                      aligned(memory), *out, all);
        if (status != DONE) return status;
        double* figure = out->figure + run * FIGURES;
        if (all.use.count > before) figure[STATUS] = LOST;
        if (figure[PRICE] > 0.0) guess = figure[PRICE];
    }
    lost[0] = handed_over(all.use), lost[1] = handed_over(all.basis);
    return DONE;
}

WATERPLAN_API int64_t waterplan_decide(int64_t instructions, const Lanes* lanes, const Uses* uses, const Money* money,
                                       const Asked* asked, const double* price, const int64_t* lane_pair,
                                       const Pairs* pairs, double* memory, const Answers* out) {
    memory = aligned(memory);
    switch (instructions_of(instructions)) {
#if defined(__x86_64__)
        case AVX512: return avx512::decide(*lanes, *uses, *money, *asked, price, lane_pair, *pairs, memory, *out);
        case AVX2: return avx2::decide(*lanes, *uses, *money, *asked, price, lane_pair, *pairs, memory, *out);
#endif
        default: return plain::decide(*lanes, *uses, *money, *asked, price, lane_pair, *pairs, memory, *out);
    }
}
