// SPDX-License-Identifier: MIT
// What the n-th command of a job or a batch was, in words: firmware's own sequencer, run once more.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "firmware/attention/sequencer.h"
#include "firmware/cover/cover_sequencer.h"
#include "host/operation/layout.h"
#include "host/platform/platform.h"
#include "spec/command.h"

namespace tessera::host {

class CommandNames {
  public:
    /// `layout` must outlive this. `retried`: commands of a black box that are not the
    /// sequencer's, and have no more of a name than that.
    CommandNames(const Layout& layout, const spec::DeviceParams& params,
                 std::vector<CommandRange> retried = {});

    /// Goes to command `number`, counted from 0; never backwards (std::logic_error).
    void go_to(uint64_t number);
    const spec::Command& command() const { return command_; }
    /// "LOAD_K head 0 tile 3", or of packed sequences "LOAD_K sequence 7 head 0 tile 3"; "ATTEND
    /// head 0 tiles 2 x 3" is query tile 2 with key tile 3, and "STORE_STATE partial head 0 tiles 2
    /// x 3" its result where firmware merges. A tile that takes several loads or stores is named by
    /// the row that each begins with; gathered tiles are "summaries 0", "summaries 1", ...
    /// "LOAD_STATE sink head 0" is what rows begin with. In jobs
    /// by a cover "ATTEND head 0 line 12", and "LOAD_K head 0 line 12 token 48" for a run of
    /// tokens.
    std::string name() const;
    /// name() with rows, sizes and address, for an error message.
    std::string description() const;

  private:
    struct Tile {
        std::string head;  ///< "head 3", of packed sequences "sequence 7 head 3"
        uint64_t tile = 0;
        bool gathered = false;
        std::string text() const;
    };
    bool next_command();
    std::string cover_name() const;
    Tile tile_of(const fw::Tensor& tensor) const;
    Tile gathered_tile(const std::string& head, const fw::AttentionJob& job) const;
    size_t sequence_at(uint64_t head, uint64_t row, bool keys) const;
    bool is_lse() const;
    bool is_partial() const;
    bool is_constant() const;
    bool is_sink() const;
    const fw::Tensor& tensor() const;
    void remember_banks();

    const Layout& layout_;
    const spec::DeviceParams params_;
    const std::vector<fw::AttentionJob> jobs_;  ///< of the sequencer
    fw::Sequencer sequencer_;
    fw::CoverJob cover_job_;
    std::optional<fw::CoverSequencer> cover_sequencer_;  ///< instead, in jobs by a cover
    std::vector<CommandRange> retried_;
    size_t range_ = 0;       ///< the first of those that is not behind
    bool in_retry_ = false;  ///< the command is one of those
    uint64_t next_ = 0;      ///< number of the next command
    spec::Command command_;
    Tile q_bank_[spec::kBanks], k_bank_[spec::kBanks];  ///< what the loads so far put there
    Tile attended_[2];                                  ///< query and key tile of the last ATTEND
};

/// The number of the descriptor that firmware's 16-bit `tag` stands for, if `count` commands were
/// dispatched: the latest that fits, that of the next command (found bad at dispatch) included.
uint64_t number_of_tag(uint32_t tag, uint64_t count);

}  // namespace tessera::host
