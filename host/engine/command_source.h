// SPDX-License-Identifier: MIT
// What firmware submits for a job, command by command.
#pragma once
#include <type_traits>
#include <utility>

#include "firmware/attention/sequencer.h"
#include "spec/command.h"

namespace tessera::host {

class CommandSource {
  public:
    virtual ~CommandSource() = default;
    /// The next command. False behind the last, which is a FENCE.
    virtual bool next(spec::Command& command) = 0;
    // As of fw::Sequencer, where it is one.
    virtual uint32_t steady_calls() const { return 0; }
    virtual void skip(uint32_t) {}
    virtual uint32_t steady_tiles() const { return 0; }
    virtual void skip_tiles(uint32_t) {}
    virtual fw::Sequencer::Place place() const { return {}; }
};

/// The commands of a sequencer, the FENCE of its last batch of partial results, if there are any,
/// and a last FENCE.
template <typename Sequencer>
class Submitted final : public CommandSource {
  public:
    explicit Submitted(Sequencer sequencer) : sequencer_(std::move(sequencer)) {}

    bool next(spec::Command& command) override {
        if (ended_) return false;
        if (!last_batch_ && sequencer_.next(command)) return true;
        command = {};
        command.opcode = spec::Opcode::kFence;
        ended_ = last_batch_ || sequencer_.partials() == 0;
        last_batch_ = true;
        if (!ended_) command.flags = spec::kFlagInterrupt;
        return true;
    }
    uint32_t steady_calls() const override {
        if constexpr (kOfAttention) return last_batch_ ? 0 : sequencer_.steady_calls();
        return 0;
    }
    void skip(uint32_t calls) override {
        if constexpr (kOfAttention) sequencer_.skip(calls);
    }
    uint32_t steady_tiles() const override {
        if constexpr (kOfAttention) return last_batch_ ? 0 : sequencer_.steady_tiles();
        return 0;
    }
    void skip_tiles(uint32_t tiles) override {
        if constexpr (kOfAttention) sequencer_.skip_tiles(tiles);
    }
    fw::Sequencer::Place place() const override {
        if constexpr (kOfAttention) return sequencer_.place();
        return {};
    }

  private:
    static constexpr bool kOfAttention = std::is_same_v<Sequencer, fw::Sequencer>;

    Sequencer sequencer_;
    bool last_batch_ = false, ended_ = false;
};

}  // namespace tessera::host
