// SPDX-License-Identifier: MIT
// What the n-th command of a job or a batch was, in words: its origin, as firmware's sequencer
// tells it. The sequencer is run up to that command once more, so that a run keeps no origins.
#pragma once
#include <cstdint>
#include <string>
#include <variant>
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
    CommandNames(const CommandNames&) = delete;
    CommandNames& operator=(const CommandNames&) = delete;

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
    using Commands = std::variant<fw::Sequencer, fw::CoverSequencer>;
    Commands commands_of_layout() const;
    fw::Origin origin() const;
    std::string head_of(const fw::Origin& origin) const;
    std::string tiles_of(const fw::Origin& origin) const;
    std::string line_of(const fw::Origin& origin) const;

    const Layout& layout_;
    const spec::DeviceParams params_;
    const std::vector<fw::AttentionJob> jobs_;  ///< of the sequencer
    const fw::CoverJob cover_job_;              ///< instead, in jobs by a cover
    Commands commands_;
    std::vector<CommandRange> retried_;
    size_t range_ = 0;       ///< the first of those that is not behind
    bool in_retry_ = false;  ///< the command is one of those
    bool at_end_ = false;    ///< it is behind all of the sequencer's
    uint64_t next_ = 0;      ///< number of the next command
    spec::Command command_;
};

/// The number of the descriptor that firmware's 16-bit `tag` stands for, if `count` commands were
/// dispatched: the latest that fits, that of the next command (found bad at dispatch) included.
uint64_t number_of_tag(uint32_t tag, uint64_t count);

}  // namespace tessera::host
