// SPDX-License-Identifier: MIT
// The commands of a gemm, one by one. Tiles of C (M rows, a block of columns) are done two at a
// time, a state bank for each, which take turns along the inner dimension. They come row by row,
// every other row backwards, so that the two always have their tiles of A or of B in common, which
// then are loaded once for both: half of what a call reads. Per call, and only what is needed:
//   LOAD_K (the identity, once), LOAD_Q, LOAD_Q (of the next call), LOAD_V, ATTEND, STORE_O
// In the score stage the identity is in V, and B in K.
// The second tile of a pair is followed by another tile of A. The score stage leaves Q sooner than
// the value stage leaves V: loaded ahead of V, that tile is there in time.
#pragma once
#include <stdint.h>

#include "firmware/gemm/gemm_job.h"
#include "firmware/plan/bank_set.h"
#include "firmware/plan/origin.h"
#include "spec/command.h"
#include "spec/params.h"

namespace tessera::fw {

class GemmSequencer {
  public:
    /// `job` must be legal (check_gemm_job) and outlive this.
    GemmSequencer(const GemmJob& job, const spec::DeviceParams& device);

    /// The next command, or false at the end.
    bool next(spec::Command& command);
    /// Of the command that next() gave last.
    Origin origin() const;

  private:
    /// A call: a pair of tiles of C, which of the two (and its state bank), a block of k.
    struct Step {
        uint64_t pair = 0;
        uint32_t tile = 0, block = 0;
    };
    /// Part of a dimension.
    struct Block {
        uint32_t index = 0, size = 0;
    };
    bool advance(Step& step) const;
    void begin_step();
    bool select_a(const Step& step);
    Block row(const Step& step) const;
    Block column(const Step& step) const;
    Block inner(const Step& step) const;
    bool in_score() const { return job_->stage == GemmStage::kScore; }
    void build(uint32_t part, spec::Command& c) const;
    void build_identity(spec::Command& c) const;
    void build_load_b(spec::Command& c) const;
    void build_call(spec::Command& c) const;
    void build_load_a(const Step& step, uint32_t bank, spec::Command& c) const;

    const GemmJob* job_;
    uint32_t m_, d_, inner_;     ///< rows and columns of a tile of C, columns of one of A
    uint32_t columns_, blocks_;  ///< tiles of C in a row, blocks of the inner dimension
    uint64_t tiles_;             ///< of C
    Step step_, after_;          ///< this call, and the next
    bool begun_ = false;
    uint32_t q_bank_ = 0;  ///< of this step
    uint32_t todo_ = 0;    ///< parts of this step still to come
    uint32_t part_ = 0;    ///< the last command is
    BankSet q_, b_;        ///< tiles of A, and of B
};

}  // namespace tessera::fw
