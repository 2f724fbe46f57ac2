// SPDX-License-Identifier: MIT
// Something that a machine is asked to compute: attention, by tiles or by a cover, a gemm, linear
// attention, elementwise work. One interface, so that the life of a run is written once and
// operations follow each other on one machine (program.h).
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "firmware/merge/accounting.h"
#include "host/figure.h"
#include "host/io/safetensors.h"
#include "host/operation/device_memory.h"
#include "host/operation/exactness.h"
#include "host/operation/memory_map.h"
#include "host/platform/platform.h"
#include "host/reference/gemm.h"
#include "spec/command.h"

namespace tessera::host {

/// What an operation takes, by formula.
struct OperationWork {
    uint64_t calls = 0;
    std::string calls_formula;
    double macs = 0;  ///< useful multiply-adds
    std::string macs_formula;
    uint64_t compulsory_bytes = 0;
    std::string compulsory_formula;
};

class Operation {
  public:
    /// The shapes are known from the start. place() comes next; write(), program(), commands() and
    /// read() need it.
    Operation() = default;
    virtual ~Operation() = default;
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;

    /// A word: "gemm".
    virtual const char* name() const = 0;
    /// A line: "gemm of 4 x 5 by 5 x 6, result in fp32".
    virtual std::string title() const = 0;
    /// What was asked for: shapes and options.
    virtual std::vector<Figure> settings() const = 0;
    /// Where the operands come from, and their types as they were given.
    virtual std::string input() const = 0;
    virtual std::string input_dtypes() const = 0;

    /// Gets everything a place in device memory. UserError if device or memory cannot have it.
    virtual void place(MemoryMap& map) = 0;
    /// Writes the operands that the host has. Others lie in buffers that an earlier operation
    /// wrote. Not where only time is simulated.
    virtual void write(const MemoryAccess& memory) const = 0;
    /// Settles what of the work depends on operands in device memory. Behind write(), ahead of
    /// program(); the place stays. Not where only time is simulated.
    virtual void prepare(const MemoryAccess& memory) { (void)memory; }
    /// Devices that work on it at the same time.
    virtual uint32_t devices() const { return 1; }
    /// Ring and record of a device.
    virtual fw::DriverConfig driver(uint32_t device) const = 0;
    /// What the processor of a device runs, and where it says how that went. `memory` is the
    /// machine's. All must outlive the run.
    virtual Platform::Program program(uint32_t device, const MemoryAccess& memory,
                                      FirmwareOutcome& outcome) const = 0;
    /// The commands of device 0, but for those of retries.
    virtual std::vector<spec::Command> commands() const = 0;
    /// Of an operation that the processor does alone: all that its time depends on.
    virtual std::optional<fw::ElementWork> processor_work() const { return std::nullopt; }
    /// The result, row by row, its last dimension that of output().
    virtual std::vector<float> read(const MemoryAccess& memory) const = 0;

    /// The result's name, type and shape in a file.
    virtual TensorSpec output() const = 0;
    /// Where in that file row `row` of what read() gives is.
    virtual uint64_t place_of_row(uint64_t row) const { return row; }

    /// Takes those operands that the host does not have from device memory, as an earlier operation
    /// left them: check() needs them and takes them as exact. Before the run, or behind it if the
    /// result lies elsewhere.
    virtual void read_operands(const MemoryAccess& memory) = 0;
    /// Does judge() need them, too, for this result?
    virtual bool judges_by_operands(const std::vector<float>& result,
                                    const RunOutcome& outcome) const {
        (void)result;
        (void)outcome;
        return false;
    }
    /// Notes the rows of `result` that are known not to be exact. `outcome` is that of its run.
    virtual void judge(const std::vector<float>& result, const RunOutcome& outcome,
                       Exactness& exactness) const = 0;
    /// Multiply-adds that check() takes.
    virtual double check_work() const { return work_by_formula().macs; }
    /// Holds `result` against double precision. Tells the finished share, 0 to 1.
    virtual ElementErrors check(const std::vector<float>& result,
                                const std::function<void(double)>& progress) const = 0;
    /// The bound of an element in words.
    virtual std::string bound() const = 0;

    virtual OperationWork work_by_formula() const = 0;
    /// Figures of this operation alone.
    virtual std::vector<Figure> figures(const RunOutcome& outcome) const {
        (void)outcome;
        return {};
    }
    /// What the figures mean; may be empty.
    virtual std::string note() const { return ""; }
};

/// Runs an operation that is placed, on a machine that has its operands. An outcome for each
/// device; whether firmware succeeded is the caller's business.
std::vector<RunOutcome> run_on(Platform& platform, const Operation& operation,
                               const MemoryAccess& memory);

/// All that a sequencer of firmware makes.
template <typename Sequencer>
std::vector<spec::Command> commands_of(Sequencer sequencer) {
    std::vector<spec::Command> commands;
    for (spec::Command c; sequencer.next(c);) commands.push_back(c);
    return commands;
}

}  // namespace tessera::host
