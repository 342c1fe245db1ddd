// Pivoting on a dictionary (see dictionaries.py): the basic rows, then a row for the saving, then one for each
// technology; the last column is their value. `basis` names the basic variables, then the nonbasic ones.
#pragma once

#include <math.h>

#include "core.h"
#include "memory.h"

namespace waterplan {

constexpr int64_t PIVOTS_MAX = 500;

struct Dictionary {
    double* table;
    int64_t* basis;
    int64_t rows, apps, moves;

    int64_t width() const { return moves + 1; }
    int64_t height() const { return rows + 1 + apps; }
    double& at(int64_t row, int64_t column) const { return table[row * width() + column]; }
    double value(int64_t row) const { return at(row, moves); }
};

// Exchanges the basic variable of a row with the nonbasic one of a column.
inline void pivot(const Dictionary& d, int64_t row, int64_t column) {
    const int64_t width = d.width();
    double* pivoted = d.table + row * width;
    const double scale = 1.0 / pivoted[column];
    for (int64_t j = 0; j < width; j++) pivoted[j] *= scale;
    pivoted[column] = scale;
    for (int64_t i = 0; i < d.height(); i++) {
        double* other = d.table + i * width;
        const double factor = other[column];
        if (i == row || factor == 0.0) continue;
        for (int64_t j = 0; j < width; j++) other[j] -= factor * pivoted[j];
        other[column] = -factor * scale;
    }
    const int64_t leaving = d.basis[row];
    d.basis[row] = d.basis[d.rows + column];
    d.basis[d.rows + column] = leaving;
}

// The basic variable that first falls to zero when the column's variable grows; -1 if none does.
inline int64_t leaving_row(const Dictionary& d, int64_t column) {
    double best = INFINITY;
    int64_t found = -1;
    for (int64_t i = 0; i < d.rows; i++) {
        if (d.at(i, column) > TINY) {
            const double ratio = d.value(i) / d.at(i, column);
            if (ratio < best - 1e-14) best = ratio, found = i;
        }
    }
    return found;
}

// What one unit of a nonbasic variable would add to the profit.
inline double reduced_profit(const Dictionary& d, double worth, const double* kappa, int64_t column) {
    double profit = -worth * d.at(d.rows, column);
    for (int64_t t = 0; t < d.apps; t++) profit += kappa[t] * d.at(d.rows + 1 + t, column);
    return profit;
}

// Pivots to the best vertex for a worth and costs.
inline int64_t climb(const Dictionary& d, double worth, const double* kappa) {
    double scale = fabs(worth);
    for (int64_t t = 0; t < d.apps; t++) scale = larger(scale, fabs(kappa[t]));
    const double limit = 1e-13 * larger(scale, 1e-6);
    for (int64_t count = 0; count < PIVOTS_MAX; count++) {
        double best = limit;
        int64_t column = -1;
        for (int64_t j = 0; j < d.moves; j++) {
            const double profit = reduced_profit(d, worth, kappa, j);
            if (profit > best) {
                best = profit, column = j;
                if (count > PIVOTS_MAX / 2) break;
            }
        }
        if (column < 0) return DONE;
        const int64_t row = leaving_row(d, column);
        if (row < 0) return PIVOTING;
        pivot(d, row, column);
    }
    return PIVOTING;
}

// Whether a basis has the same basic variables as a dictionary.
inline bool has_same_rows(const int64_t* basis, const Dictionary& d) {
    for (int64_t i = 0; i < d.rows; i++) {
        bool found = false;
        for (int64_t j = 0; j < d.rows && !found; j++) found = basis[j] == d.basis[i];
        if (!found) return false;
    }
    return true;
}

// A stored dictionary of a use, put together so that it can be pivoted.
class OwnDictionary {
  public:
    OwnDictionary(const Uses& uses, int64_t u, int64_t entry) {
        d_.rows = uses.rows[u];
        d_.apps = uses.app_start[u + 1] - uses.app_start[u];
        d_.moves = uses.move_start[u + 1] - uses.move_start[u];
        const int64_t named = d_.rows + d_.moves;
        if (!table_.resize(d_.height() * d_.width()) || !basis_.resize(named)) return;
        memcpy(basis_.data(), basis_of(uses, entry), static_cast<size_t>(named) * sizeof(int64_t));
        d_.table = table_.data();
        d_.basis = basis_.data();
        const double* coefficient = dictionary_of(uses, entry);
        for (int64_t i = 0; i < d_.height(); i++) {
            if (i == d_.rows) continue;
            memcpy(d_.table + i * d_.width(), coefficient, static_cast<size_t>(d_.moves) * sizeof(double));
            coefficient += d_.moves;
        }
        const double *reduced = uses.reduced + uses.entry_reduced[entry], *value = uses.value + uses.entry_value[entry];
        for (int64_t j = 0; j < d_.moves; j++) d_.at(d_.rows, j) = -reduced[j * (d_.apps + 1)];
        for (int64_t i = 0; i < d_.rows; i++) d_.at(i, d_.moves) = uses.amount[uses.entry_amount[entry] + i];
        for (int64_t t = 0; t <= d_.apps; t++) d_.at(d_.rows + t, d_.moves) = value[t];
        is_there_ = true;
    }
    bool is_there() const { return is_there_; }
    const Dictionary& operator*() const { return d_; }

  private:
    Dictionary d_{};
    Buffer<double> table_;
    Buffer<int64_t> basis_;
    bool is_there_ = false;
};

}  // namespace waterplan
