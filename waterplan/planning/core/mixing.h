// The best answers of some members together within limits that they share: a small linear program, a column at a time.
//
// Every member mixes columns of its own, which are answers; what they draw is told as shares of what the limits allow
// (of something else where they allow nothing), and may be less than nothing.
// A basis has a first column for each member, and a slot for each limit, which holds another column of some member, or
// what is left of a limit. So all unknowns follow from as many equations as there are limits.
#pragma once

#include <math.h>

#include "memory.h"

namespace waterplan {

class Mixing {
  public:
    static constexpr double SMALL = 1e-11;
    const int64_t members, limits, width;  // width: numbers of a column: counted, cost, draws, and what else is kept

    Mixing(int64_t members_, int64_t limits_, int64_t kept)
        : members(members_), limits(limits_), width(2 + limits_ + kept),
          columns_((members + limits + 1) * width), owner_(members + limits + 1), free_(members + limits + 1),
          first_(members), slot_(limits + 1), first_share_(members), slot_share_(limits + 1), price_(limits + 1),
          turn_(limits + 1), rate_(members), matrix_((limits + 1) * (limits + 1)), room_(limits + 1) {}

    bool is_there() const {
        return columns_.holds((members + limits + 1) * width) && owner_.holds(members + limits + 1) &&
               free_.holds(members + limits + 1) && first_.holds(members) && slot_.holds(limits + 1) &&
               first_share_.holds(members) && slot_share_.holds(limits + 1) && price_.holds(limits + 1) &&
               turn_.holds(limits + 1) && rate_.holds(members) && matrix_.holds((limits + 1) * (limits + 1)) &&
               room_.holds(limits + 1);
    }

    // How much of a limit there is, in the unit of what columns draw of it.
    void give(int64_t limit, double room) { room_[limit] = room; }

    // From the columns that were filled in for each member in turn; together they keep all limits.
    void start() {
        for (int64_t m = 0; m < members; m++) first_[m] = owner_[m] = m;
        for (int64_t k = 0; k < limits; k++) slot_[k] = left_of(k);
        count_free_ = 0;
        for (int64_t c = members + limits; c >= members; c--) free_[count_free_++] = c;
    }

    double* of_member(int64_t m) { return column(m); }             // before the start
    double* candidate() { return column(free_[count_free_ - 1]); }  // to be filled in, then entered or not
    const double* first(int64_t m) const { return column(first_[m]); }
    double price(int64_t limit) const { return price_[limit]; }  // of the whole of it
    void clear_price(int64_t limit) { price_[limit] = 0.0; }
    double size() const { return size_; }                        // of the numbers that prices come from

    // What a column is worth less, at a price of what is counted and those of the limits.
    double value(const double* c, double worth) const {
        double value = c[1] - worth * c[0];
        for (int64_t k = 0; k < limits; k++) value += price_[k] * c[2 + k];
        return value;
    }

    // Prices of limits at which all columns of a member in the basis are worth the same. False where there are none.
    bool reprice(double worth) {
        size_ = 0.0;
        for (int64_t m = 0; m < members; m++) size_ += fabs(first(m)[1]) + worth * fabs(first(m)[0]);
        for (int64_t j = 0; j < limits; j++) {
            double* row = matrix_.data() + j * limits;
            for (int64_t k = 0; k < limits; k++) row[k] = entry(j, k);
            price_[j] = 0.0;
            if (slot_[j] < 0) continue;
            const double *its = column(slot_[j]), *from = first(owner_[slot_[j]]);
            price_[j] = (from[1] - worth * from[0]) - (its[1] - worth * its[0]);
        }
        return solve(price_.data());
    }

    // A limit whose price is below zero though it stands in no slot: what is left of it should grow; -1 for none.
    int64_t slack(double tolerance) const {
        for (int64_t k = 0; k < limits; k++)
            if (price_[k] < -tolerance) return k;
        return -1;
    }

    // Takes the candidate into the basis, for a member; or what is left of a limit (member -1). False where the basis
    // would fall apart.
    bool enter(int64_t member, int64_t limit = 0) {
        const double* its = member < 0 ? nullptr : candidate();
        for (int64_t k = 0; k < limits; k++)
            turn_[k] = member < 0 ? (k == limit ? 1.0 : 0.0) : its[2 + k] - first(member)[2 + k];
        if (!solve_columns(turn_.data()) || !shares()) return false;
        for (int64_t m = 0; m < members; m++) rate_[m] = m == member ? 1.0 : 0.0;
        for (int64_t j = 0; j < limits; j++)
            if (slot_[j] >= 0) rate_[owner_[slot_[j]]] -= turn_[j];
        int64_t leaves = -1;
        double least = INFINITY, pivot = 0.0;
        for (int64_t n = 0; n < limits + members; n++) {
            const double fall = n < limits ? turn_[n] : rate_[n - limits];
            if (!(fall > SMALL)) continue;
            const double share = n < limits ? slot_share_[n] : first_share_[n - limits];
            const double ratio = (share > 0.0 ? share : 0.0) / fall;
            if (ratio < least - 1e-14 || (ratio <= least + 1e-14 && fall > pivot)) {
                least = ratio < least ? ratio : least;
                pivot = fall, leaves = n;
            }
        }
        if (leaves < 0) return false;
        int64_t entering = left_of(limit);
        if (member >= 0) entering = free_[--count_free_], owner_[entering] = member;
        exchange(leaves, entering);
        return true;
    }

    // How much of each column of the basis is taken; false where that cannot be told.
    bool shares() {
        for (int64_t k = 0; k < limits; k++) {
            slot_share_[k] = room_[k];
            for (int64_t m = 0; m < members; m++) slot_share_[k] -= first(m)[2 + k];
        }
        if (!solve_columns(slot_share_.data())) return false;
        for (int64_t m = 0; m < members; m++) first_share_[m] = 1.0;
        for (int64_t j = 0; j < limits; j++)
            if (slot_[j] >= 0) first_share_[owner_[slot_[j]]] -= slot_share_[j];
        return true;
    }

    // Calls told(member, column, share) for every column that is taken, after shares().
    template <class Told>
    void each(const Told& told) const {
        for (int64_t m = 0; m < members; m++)
            if (first_share_[m] > 0.0) told(m, first(m), first_share_[m]);
        for (int64_t j = 0; j < limits; j++)
            if (slot_[j] >= 0 && slot_share_[j] > 0.0) told(owner_[slot_[j]], column(slot_[j]), slot_share_[j]);
    }

  private:
    Buffer<double> columns_;
    Buffer<int64_t> owner_, free_, first_, slot_;
    Buffer<double> first_share_, slot_share_, price_, turn_, rate_, matrix_, room_;
    int64_t count_free_ = 0;
    double size_ = 0.0;

    static int64_t left_of(int64_t limit) { return -1 - limit; }
    double* column(int64_t c) const { return columns_.data() + c * width; }

    // What a slot's column draws of a limit more than the first of its member.
    double entry(int64_t j, int64_t k) const {
        if (slot_[j] < 0) return slot_[j] == left_of(k) ? 1.0 : 0.0;
        return column(slot_[j])[2 + k] - first(owner_[slot_[j]])[2 + k];
    }

    bool solve_columns(double* right) {
        for (int64_t k = 0; k < limits; k++)
            for (int64_t j = 0; j < limits; j++) matrix_[k * limits + j] = entry(j, k);
        return solve(right);
    }

    // Solves matrix x = right in place.
    bool solve(double* right) {
        const int64_t n = limits;
        double* a = matrix_.data();
        for (int64_t c = 0; c < n; c++) {
            int64_t best = c;
            for (int64_t r = c + 1; r < n; r++)
                if (fabs(a[r * n + c]) > fabs(a[best * n + c])) best = r;
            if (a[best * n + c] == 0.0) return false;
            if (best != c) {
                for (int64_t j = c; j < n; j++) {
                    const double kept = a[c * n + j];
                    a[c * n + j] = a[best * n + j], a[best * n + j] = kept;
                }
                const double kept = right[c];
                right[c] = right[best], right[best] = kept;
            }
            for (int64_t r = c + 1; r < n; r++) {
                const double factor = a[r * n + c] / a[c * n + c];
                if (factor == 0.0) continue;
                for (int64_t j = c; j < n; j++) a[r * n + j] -= factor * a[c * n + j];
                right[r] -= factor * right[c];
            }
        }
        for (int64_t r = n - 1; r >= 0; r--) {
            for (int64_t j = r + 1; j < n; j++) right[r] -= a[r * n + j] * right[j];
            right[r] /= a[r * n + r];
        }
        return true;
    }

    // The column that leaves makes room; a first one is followed by another of its member.
    void exchange(int64_t leaves, int64_t entering) {
        if (leaves < limits) {
            if (slot_[leaves] >= 0) free_[count_free_++] = slot_[leaves];
            slot_[leaves] = entering;
            return;
        }
        const int64_t m = leaves - limits;
        free_[count_free_++] = first_[m];
        for (int64_t j = 0; j < limits; j++) {
            if (slot_[j] < 0 || owner_[slot_[j]] != m) continue;
            first_[m] = slot_[j];
            slot_[j] = entering;
            return;
        }
        first_[m] = entering;
    }
};

}  // namespace waterplan
