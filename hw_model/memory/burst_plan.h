// SPDX-License-Identifier: MIT
// How rows in memory become bursts: rows whose pitch is their size form one range, others a range
// each; a range is cut at multiples of a boundary. docs/contract/device.md, section 6.
#pragma once
#include <algorithm>
#include <cstdint>
#include <tuple>

#include "hw_model/core/state_walk.h"

namespace tessera::hw {

class BurstPlan {
  public:
    struct Burst {
        uint64_t address = 0;
        uint32_t beats = 0;
        friend bool operator==(const Burst& a, const Burst& b) {
            return a.address == b.address && a.beats == b.beats;
        }
    };

    BurstPlan() = default;
    BurstPlan(uint64_t address, uint32_t pitch, uint32_t row_beats, uint32_t rows,
              uint32_t bus_bytes, uint32_t boundary)
        : next_(address),
          bus_bytes_(bus_bytes),
          boundary_(boundary),
          row_bytes_(row_beats * bus_bytes) {
        const bool one_range = pitch == row_bytes_;
        range_bytes_ = one_range ? uint64_t{row_bytes_} * rows : row_bytes_;
        ranges_ = one_range ? 1 : rows;
        range_ = address;
        pitch_ = pitch;
        left_ = range_bytes_;
    }

    bool done() const { return ranges_ == 0; }
    /// The next burst; not to be called when done.
    Burst next() {
        const uint64_t to_boundary = boundary_ - next_ % boundary_;
        const uint64_t bytes = std::min(left_, to_boundary);
        const Burst burst{next_, static_cast<uint32_t>(bytes / bus_bytes_)};
        next_ += bytes;
        left_ -= bytes;
        if (left_ == 0) {
            --ranges_;
            range_ += pitch_;
            next_ = range_;
            left_ = range_bytes_;
        }
        return burst;
    }
    /// Addresses count by where they cut bursts.
    void walk(StateWalk& walk) const {
        for (const uint64_t field :
             {next_ % std::max(boundary_, 1U), range_ % std::max(boundary_, 1U), range_bytes_,
              left_, uint64_t{row_bytes_}, uint64_t{pitch_}, uint64_t{ranges_}})
            walk.plain(field);
    }
    auto fields() const {
        return std::tie(next_, range_, range_bytes_, left_, bus_bytes_, boundary_, row_bytes_,
                        pitch_, ranges_);
    }
    friend bool operator==(const BurstPlan& a, const BurstPlan& b) {
        return a.fields() == b.fields();
    }

  private:
    uint64_t next_ = 0, range_ = 0, range_bytes_ = 0, left_ = 0;
    uint32_t bus_bytes_ = 0, boundary_ = 1, row_bytes_ = 0, pitch_ = 0, ranges_ = 0;
};

}  // namespace tessera::hw
