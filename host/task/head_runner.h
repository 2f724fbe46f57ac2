// SPDX-License-Identifier: MIT
// What runs the attentions of a task, and what they cost.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/task/head_operands.h"
#include "include/tessera/tessera.h"

namespace tessera::host {

/// Runs attention with operands in memory.
class HeadRunner {
  public:
    HeadRunner() = default;
    virtual ~HeadRunner() = default;
    HeadRunner(const HeadRunner&) = delete;
    HeadRunner& operator=(const HeadRunner&) = delete;

    /// Softmax attention; o [heads][tokens][value_dimension]. `label` says what it is for.
    virtual std::vector<float> attention(const std::string& label, const HeadOperands& operands,
                                         const Experiment::Mask& mask, double scale) = 0;
    /// Linear attention with the features elu(x) + 1, causal if there are as many queries as keys;
    /// a single query sees all keys.
    virtual std::vector<float> linear(const std::string& label, const HeadOperands& operands) = 0;
};

/// What the attentions of one label took.
struct HeadCost {
    uint64_t runs = 0, heads = 0;  ///< heads of one run
    uint64_t dimension = 0, value_dimension = 0;
    uint64_t calls = 0, cycles = 0;
    std::optional<uint64_t> stall_free_cycles = 0;  ///< none: an attention has no closed formula
    std::map<std::string, uint64_t> bytes;          ///< through the memory port, by stream: "q"
    uint64_t elements = 0;      ///< of q, k and v that the host makes, and of o that it reads
    uint64_t clamped_rows = 0;  ///< by the code of their keys
    uint64_t compared = 0, outside = 0;  ///< elements of o, with double precision
    double max_over_bound = 0;

    HeadCost& operator+=(const HeadCost& other);
    uint64_t all_bytes() const;
};

/// Runs them on the machine of an experiment, each as one experiment with operands in memory.
class DeviceRunner : public HeadRunner {
  public:
    /// Of `base` everything counts but operation, operands, mask and scale. Error.
    explicit DeviceRunner(const Experiment& base) : base_(base) {}

    /// Told of each attention before it runs.
    using Observer = std::function<void(const Experiment&)>;
    void observe(Observer observer) { observer_ = std::move(observer); }

    std::vector<float> attention(const std::string& label, const HeadOperands& operands,
                                 const Experiment::Mask& mask, double scale) override;
    std::vector<float> linear(const std::string& label, const HeadOperands& operands) override;

    /// Of each label, in the order in which they first ran.
    const std::vector<std::pair<std::string, HeadCost>>& costs() const { return costs_; }
    HeadCost sum() const;
    /// What stands against a result, a sentence each; the audit's verdict is one of them. Fields
    /// stand between backticks.
    const std::vector<std::string>& remarks() const { return remarks_; }
    /// JSON of the report's part on the approximation, of each attention that had one.
    const std::vector<std::string>& reports() const { return reports_; }

  private:
    std::vector<float> run_one(const std::string& label, const Experiment& without_operands,
                               const HeadOperands& operands);

    const Experiment base_;
    Observer observer_;
    std::vector<std::pair<std::string, HeadCost>> costs_;
    std::vector<std::string> remarks_, reports_;
};

}  // namespace tessera::host
