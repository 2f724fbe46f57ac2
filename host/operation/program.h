// SPDX-License-Identifier: MIT
// Operations over named buffers, one after the other on one machine of one device. What one leaves
// in a buffer is what a later one reads: nothing goes through the host.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "host/operation/operation.h"
#include "host/operation/step_times.h"
#include "host/platform/counters.h"

namespace tessera::host {

/// An operation of a program. Roles that it reads and writes, with their buffers; an operand in no
/// buffer is the host's.
struct ProgramStep {
    std::string name;  ///< of its other regions: "2.identity"
    std::shared_ptr<Operation> operation;
    MemoryMap::Bindings reads, writes;
};

/// What a step, or several together, took.
struct StepCost {
    uint64_t cycles = 0;           ///< from the end of the step before
    uint64_t calls = 0;            ///< ATTENDs
    uint64_t bytes = 0;            ///< through the device's memory port
    uint64_t processor_bytes = 0;  ///< elementwise work and merging
    uint64_t firmware_cycles = 0;  ///< processor busy with commands
    uint64_t merge_cycles = 0, elementwise_cycles = 0;

    StepCost& operator+=(const StepCost& other);
    StepCost& operator-=(const StepCost& other);
    /// The same, to be reported.
    std::vector<Figure> figures() const;
};

/// A step that has run.
struct StepRecord {
    std::string name, title;
    OperationWork work;  ///< by formula
    RunOutcome outcome;  ///< counters are of this step alone
    StepCost cost;
    std::vector<Figure> more;  ///< of its operation alone
    std::vector<float> result;
    Exactness exactness;
    std::optional<ElementErrors> error;  ///< against double precision on the operands it had
};

struct ProgramRecord {
    std::vector<StepRecord> steps;  ///< those that have run, the last perhaps not to its end
    fw::Status status;              ///< of the last one
    StepCost sum() const;
    /// The report of all of it: figures of each step, "NAME.cycles", with those of its operation
    /// alone, then the same of all steps together, "sum.cycles".
    std::vector<Figure> figures() const;
};

class Program {
  public:
    /// `config` has one device.
    explicit Program(const hw::PlatformConfig& config);

    void add(ProgramStep step) { steps_.push_back(std::move(step)); }
    /// Places all steps. A buffer is freed behind the last step that reads or writes it, and later
    /// ones may have its place. UserError if a step reads a buffer that no earlier one wrote, if
    /// two see it differently, or if a step does not fit the memory.
    void place();
    /// The same beside what `map` holds, as an earlier program left it. That is not freed, nor are
    /// the buffers `kept`: later programs find them there.
    void place(MemoryMap& map, const std::set<std::string>& kept);
    /// Gives the operation of a step its place.
    using PlaceStep = std::function<void(size_t step, Operation& operation, MemoryMap& map)>;
    /// The same by `place_step`, for steps that do not run.
    void place(MemoryMap& map, const std::set<std::string>& kept, const PlaceStep& place_step);
    /// Runs all steps on a machine with the program's configuration, up to the first that firmware
    /// does not bring to an end. With `check` each is held against double precision.
    ProgramRecord run(Platform& platform, bool check) const;
    /// The same on a machine whose device has these counters; they become those at the end. Steps
    /// that `times` knows are not simulated; nullptr: all are.
    ProgramRecord run(Platform& platform, bool check, CounterValues& counters,
                      StepTimes* times) const;

  private:
    void check_reads(const ProgramStep& step, const MemoryMap& map) const;
    std::map<std::string, size_t> last_uses() const;
    void begin_record(size_t number, StepRecord& record) const;
    void run_step(Platform& platform, size_t number, const CounterValues& before, bool check,
                  StepRecord& record) const;
    bool take_known(size_t number, const std::optional<StepTimes::Key>& key, StepTimes& times,
                    StepRecord& record) const;

    const hw::PlatformConfig config_;
    std::vector<ProgramStep> steps_;
};

}  // namespace tessera::host
