// SPDX-License-Identifier: MIT
// The commands of linear attention, one by one, in two passes with one FENCE between them.
// Updates, for each key/value head and chunk of keys, two heads in turn, a state bank for each:
//   LOAD_Q (the identity, once), LOAD_K, LOAD_V, ATTEND, STORE_O
// A state is added up in its bank; stored is what it has become, in bf16.
// Outputs, for each query head and chunk of queries, and only what is needed:
//   LOAD_K (the identity, once a bank), LOAD_Q, LOAD_K, FENCE, LOAD_V (state), LOAD_V, ATTEND,
//   STORE_O
// Causal, keys are [I; k] and values [S; v], so that one call adds what came before a chunk and
// what is in it. Else they are I and S alone.
#pragma once
#include <stdint.h>

#include "firmware/linear/linear_job.h"
#include "firmware/plan/origin.h"
#include "spec/command.h"
#include "spec/params.h"

namespace tessera::fw {

class LinearSequencer {
  public:
    /// `job` must be legal (check_linear_job) and outlive this. The FENCE's record goes to
    /// `record_address`.
    LinearSequencer(const LinearJob& job, const spec::DeviceParams& device,
                    uint64_t record_address);

    /// The next command, or false at the end.
    bool next(spec::Command& command);
    /// Of the command that next() gave last.
    Origin origin() const;

  private:
    /// One ATTEND: a head's chunk, and the banks that it uses.
    struct Step {
        uint32_t head = 0, chunk = 0;
        uint32_t q_bank = 0, k_bank = 0, v_bank = 0, state_bank = 0;
    };
    bool next_step();
    bool next_update();
    void begin_update();
    void begin_output();
    void build(uint32_t part, spec::Command& c) const;
    void build_attend(spec::Command& c) const;
    void build_store(spec::Command& c) const;
    uint32_t rows(uint32_t tokens) const;
    uint32_t kv_head() const { return updating_ ? step_.head : step_.head / group_; }

    const LinearJob* job_;
    uint64_t record_address_;
    uint32_t chunk_, group_;               ///< tokens; query heads of a key/value head
    uint32_t updates_, states_, outputs_;  ///< of a head
    bool updating_;                        ///< this is the first pass
    uint64_t steps_ = 0;                   ///< of this pass, begun
    Step step_;
    uint32_t todo_ = 0;  ///< parts of this step still to come
    uint32_t part_ = 0;  ///< the last command is
};

}  // namespace tessera::fw
