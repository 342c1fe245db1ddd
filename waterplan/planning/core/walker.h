// The dictionary of one use that vertices are walked with.
#pragma once

#include "store.h"

namespace waterplan {

// The dictionary of one use that is walked with, and the first one, in which nobody moves.
class Walker {
  public:
    bool begin(const Sampled& from, int64_t u, const Moves& found) {
        d_.apps = from.app_start[u + 1] - from.app_start[u];
        d_.rows = found.starts.count + d_.apps;
        d_.moves = found.moves.count;
        const int64_t size = d_.height() * d_.width();
        if (!table_.resize(size) || !first_.resize(size) || !basis_.resize(d_.rows + d_.moves)) return false;
        d_.table = first_.data(), d_.basis = basis_.data();
        memset(d_.table, 0, static_cast<size_t>(size) * sizeof(double));
        for (int64_t i = 0; i < d_.rows; i++) {
            const int64_t app = i - found.starts.count;
            d_.at(i, d_.moves) = app < 0 ? from.start_share[found.starts[i]] : from.added_share[from.app_start[u] + app];
        }
        for (int64_t j = 0; j < d_.moves; j++) {
            const Move& move = found.moves[j];
            d_.at(move.row, j) = 1.0;
            d_.at(d_.rows, j) = -move.saving;
            for (int64_t t = 0; t < d_.apps; t++) {
                if (!(move.members >> t & 1)) continue;
                d_.at(found.starts.count + t, j) = 1.0;
                d_.at(d_.rows + 1 + t, j) = -1.0;
            }
        }
        d_.table = table_.data();
        return true;
    }

    const Dictionary& restart() {
        memcpy(d_.table, first_.data(), static_cast<size_t>(d_.height() * d_.width()) * sizeof(double));
        for (int64_t i = 0; i < d_.rows; i++) d_.basis[i] = d_.moves + i;
        for (int64_t j = 0; j < d_.moves; j++) d_.basis[d_.rows + j] = j;
        return d_;
    }

  private:
    Dictionary d_{};
    Buffer<double> table_, first_;
    Buffer<int64_t> basis_;
};

}  // namespace waterplan
