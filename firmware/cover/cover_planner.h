// SPDX-License-Identifier: MIT
// Which call of a cover comes next, and which runs of tokens it is made of. A class of lines is
// done for all heads before the next, so that states rest for as long as can be: no state comes
// back within a class.
#pragma once
#include <stdint.h>

#include "firmware/cover/cover_job.h"
#include "firmware/driver/bus.h"
#include "firmware/driver/status.h"
#include "spec/params.h"

namespace tessera::fw {

/// One ATTEND.
struct CoverStep {
    uint32_t query_head = 0, kv_head = 0;
    uint32_t line = 0;
    uint32_t rows = 0;       ///< tokens
    bool first = false;      ///< the first visit of all its groups
    bool last = false;       ///< the last one of all of them
    bool new_class = false;  ///< not the class of the step before
};

/// Consecutive tokens in consecutive rows of a tile.
struct CoverRun {
    uint32_t groups = 0;
    uint32_t row = 0;  ///< of the tile
    uint32_t token = 0, rows = 0;
    bool last = false;  ///< of all its groups the last visit; if not, of none
};

class CoverPlanner {
  public:
    /// `job` must be legal (check_cover_job) and outlive this.
    explicit CoverPlanner(const CoverJob& job) : job_(&job), head_(job.attention.share) {}

    /// The next step, or false at the end.
    bool next(CoverStep& step);
    /// The run of a line that begins with its n-th group. With `cut` it ends where visits stop or
    /// begin to be the last.
    CoverRun run(uint32_t line, uint32_t n, bool cut) const;
    uint32_t line_rows(uint32_t line) const;
    /// Are operands of this line gathered? Else they are loaded run by run.
    bool gathered(uint32_t line) const;

  private:
    uint32_t group(uint32_t line, uint32_t n) const {
        return job_->groups[job_->lines[line].first + n];
    }
    uint32_t first_line() const { return class_ == 0 ? 0 : job_->class_ends[class_ - 1]; }

    const CoverJob* job_;
    uint32_t class_ = 0, head_, line_ = 0;  ///< of the next step
    bool class_begins_ = true;
};

/// The first rule that `job` breaks on this device, or kNone. That every pair of tokens meets once,
/// and what is said of classes, is the cover's business.
[[nodiscard]] JobRule check_cover_job(const CoverJob& job, const spec::DeviceParams& device);

/// Writes the index list. False at a bus error.
[[nodiscard]] bool write_cover_list(const CoverJob& job, const spec::DeviceParams& device,
                                    Bus& bus);

}  // namespace tessera::fw
