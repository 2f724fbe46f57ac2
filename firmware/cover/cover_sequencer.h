// SPDX-License-Identifier: MIT
// The commands of a job by a cover, one by one. Per step, in this order and only what is needed:
//   LOAD_Q, LOAD_K, LOAD_V, FENCE, LOAD_STATE, ATTEND, STORE_O, STORE_STATE (lse), STORE_STATE
// where a load of Q, K or V is gathered, or one command for each run of tokens, and loads and
// stores of states are always run by run. Banks of a kind alternate. A state comes back in a later
// class than it was stored in: one FENCE before the first LOAD_STATE of a class covers all of them.
// Where firmware merges (partial.h) a step is
//   LOAD_Q, LOAD_K, LOAD_V, FENCE, ATTEND, STORE_STATE (slot)
// with a FENCE, which interrupts, before the first ATTEND of each batch but the first.
#pragma once
#include <stdint.h>

#include "firmware/cover/cover_planner.h"
#include "firmware/plan/origin.h"
#include "spec/command.h"
#include "spec/params.h"

namespace tessera::fw {

/// Does the ATTEND of this step give a partial result for firmware to merge?
constexpr bool is_partial(const spec::DeviceParams& device, const CoverStep& step) {
    return device.profile == spec::Profile::kStats && !(step.first && step.last);
}

class CoverSequencer {
  public:
    /// `job` must be legal and outlive this. FENCE records go to `record_address`.
    CoverSequencer(const CoverJob& job, const spec::DeviceParams& device, uint64_t record_address)
        : job_(&job), planner_(job), record_address_(record_address), device_(device) {}

    /// The next command, or false at the end.
    bool next(spec::Command& command);
    /// Of the command that next() gave last.
    Origin origin() const;
    /// Partial results so far.
    uint64_t partials() const { return partials_; }

  private:
    void begin_step();
    bool skipped(uint32_t stage);
    void build(uint32_t stage, spec::Command& c);
    void build_load(uint32_t stage, spec::Command& c);
    void build_attend(spec::Command& c);
    void build_rows(const Tensor& tensor, uint32_t head, spec::Command& c, bool cut);
    void build_partial_store(spec::Command& c);

    const CoverJob* job_;
    CoverPlanner planner_;
    uint64_t record_address_;
    spec::DeviceParams device_;
    CoverStep step_;
    bool partial_ = false;      ///< this step gives a partial result
    bool gathered_ = false;     ///< its operands come through the index list
    uint64_t partials_ = 0;     ///< that of this step included
    uint32_t todo_ = 0;         ///< kinds of commands of this step still to come
    uint32_t group_ = 0;        ///< groups of the line that the first of these has done
    uint32_t stage_ = 0;        ///< kind of the last command
    uint32_t stage_group_ = 0;  ///< and the group of the line that it began with
    uint32_t bank_ = 1;         ///< of every kind
};

}  // namespace tessera::fw
