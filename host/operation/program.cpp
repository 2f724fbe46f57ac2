// SPDX-License-Identifier: MIT
#include "host/operation/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "host/error.h"

namespace tessera::host {
namespace {

bool names(const MemoryMap::Bindings& bindings, const std::string& buffer) {
    return std::any_of(bindings.begin(), bindings.end(),
                       [&](const auto& binding) { return binding.second == buffer; });
}

bool overwrites_operands(const ProgramStep& step) {
    return std::any_of(step.reads.begin(), step.reads.end(),
                       [&](const auto& read) { return names(step.writes, read.second); });
}

StepCost cost_of(const RunOutcome& outcome, uint64_t cycles) {
    const fw::MergeWork& merging = outcome.merging.work;
    const ElementwiseOutcome& elementwise = outcome.elementwise;
    return {cycles,
            counter_value(outcome.counters, spec::Counter::kAttendsRetired),
            total_bytes(outcome.counters),
            merging.bytes_read + merging.bytes_written + elementwise.bytes_read +
                elementwise.bytes_written,
            outcome.firmware_cycles,
            outcome.merging.cycles,
            elementwise.cycles};
}

}  // namespace

StepCost& StepCost::operator+=(const StepCost& other) {
    cycles += other.cycles;
    calls += other.calls;
    bytes += other.bytes;
    processor_bytes += other.processor_bytes;
    firmware_cycles += other.firmware_cycles;
    merge_cycles += other.merge_cycles;
    elementwise_cycles += other.elementwise_cycles;
    return *this;
}

StepCost& StepCost::operator-=(const StepCost& other) {
    cycles -= other.cycles;
    calls -= other.calls;
    bytes -= other.bytes;
    processor_bytes -= other.processor_bytes;
    firmware_cycles -= other.firmware_cycles;
    merge_cycles -= other.merge_cycles;
    elementwise_cycles -= other.elementwise_cycles;
    return *this;
}

std::vector<Figure> StepCost::figures() const {
    return {{"cycles", value_of(cycles), "cycle", "from the end of the step before to its own"},
            {"calls", value_of(calls), "call", "counter attends_retired"},
            {"bytes", value_of(bytes), "byte",
             "sum of the bytes_ counters: all that crosses the memory port"},
            {"processor_bytes", value_of(processor_bytes), "byte",
             "the processor's 32-bit accesses for elementwise work and merging"},
            {"firmware_cycles", value_of(firmware_cycles), "cycle",
             "processor planning commands and writing descriptors"},
            {"merge_cycles", value_of(merge_cycles), "cycle", "processor merging"},
            {"processor_elementwise_cycles", value_of(elementwise_cycles), "cycle",
             "processor doing elementwise work"}};
}

StepCost ProgramRecord::sum() const {
    StepCost sum;
    for (const StepRecord& step : steps) sum += step.cost;
    return sum;
}

std::vector<Figure> ProgramRecord::figures() const {
    std::vector<Figure> all;
    const auto add = [&](const std::string& name, const std::vector<Figure>& figures) {
        for (Figure figure : figures) {
            figure.key = name + "." + figure.key;
            all.push_back(std::move(figure));
        }
    };
    for (const StepRecord& step : steps) {
        add(step.name, step.cost.figures());
        add(step.name, step.more);
    }
    add("sum", sum().figures());
    return all;
}

Program::Program(const hw::PlatformConfig& config) : config_(config) {
    if (config.devices != 1) throw std::invalid_argument("a program runs on one device");
}

void Program::check_reads(const ProgramStep& step, const MemoryMap& map) const {
    for (const auto& [role, buffer] : step.reads)
        if (map.buffer(buffer) == nullptr)
            throw UserError(fmt::format("{}.{}: buffer {} is written by no earlier step", step.name,
                                        role, buffer));
}

/// Of each buffer the last step that knows it.
std::map<std::string, size_t> Program::last_uses() const {
    std::map<std::string, size_t> last;
    for (size_t i = 0; i < steps_.size(); ++i)
        for (const MemoryMap::Bindings* own : {&steps_[i].reads, &steps_[i].writes})
            for (const auto& binding : *own) last[binding.second] = i;
    return last;
}

void Program::place() {
    MemoryMap map(config_);
    place(map, {});
}

void Program::place(MemoryMap& map, const std::set<std::string>& kept) {
    place(map, kept, [](size_t, Operation& operation, MemoryMap& to) { operation.place(to); });
}

void Program::place(MemoryMap& map, const std::set<std::string>& kept,
                    const PlaceStep& place_step) {
    map.driver();
    std::set<std::string> staying = kept;
    for (const std::string& buffer : map.buffer_names()) staying.insert(buffer);
    const std::map<std::string, size_t> last = last_uses();
    for (size_t i = 0; i < steps_.size(); ++i) {
        const ProgramStep& step = steps_[i];
        check_reads(step, map);
        MemoryMap::Bindings bindings = step.reads;
        bindings.insert(step.writes.begin(), step.writes.end());
        map.begin_step(step.name, bindings);
        place_step(i, *step.operation, map);
        for (const auto& [role, buffer] : bindings)
            if (map.buffer(buffer) == nullptr)
                throw UserError(fmt::format("{}.{}: {} has no such tensor", step.name, role,
                                            step.operation->name()));
        map.end_step();
        for (const auto& [role, buffer] : bindings)
            if (last.at(buffer) == i && staying.count(buffer) == 0) map.free(buffer);
    }
}

void Program::begin_record(size_t number, StepRecord& record) const {
    record.name = steps_[number].name;
    record.title = steps_[number].operation->title();
}

/// Does not simulate a step that took as long before. False: it has to be.
bool Program::take_known(size_t number, const std::optional<StepTimes::Key>& key, StepTimes& times,
                         StepRecord& record) const {
    const StepTime* const known = key ? times.known(*key) : nullptr;
    if (known == nullptr) return false;
    record.outcome = known->outcome;
    record.work = steps_[number].operation->work_by_formula();
    record.more = steps_[number].operation->figures(record.outcome);
    record.cost = cost_of(record.outcome, known->cycles);
    times.passed(key, *known, false);
    return true;
}

void Program::run_step(Platform& platform, size_t number, const CounterValues& before, bool check,
                       StepRecord& record) const {
    Operation& operation = *steps_[number].operation;
    const MemoryAccess memory = [&](uint64_t address, uint64_t bytes) {
        return platform.memory(address, bytes);
    };
    const bool data = !config_.timing_only;
    if (data) {
        operation.write(memory);
        operation.prepare(memory);
    }
    record.work = operation.work_by_formula();
    const bool overwrites = overwrites_operands(steps_[number]);
    if (data && (check || overwrites)) operation.read_operands(memory);
    record.outcome = std::move(run_on(platform, operation, memory).front());
    for (size_t c = 0; c < before.size(); ++c) record.outcome.counters[c] -= before[c];
    record.more = operation.figures(record.outcome);
    if (!data || !record.outcome.firmware.status.ok()) return;
    record.result = operation.read(memory);
    record.exactness.known = true;
    if (!check && !overwrites && operation.judges_by_operands(record.result, record.outcome))
        operation.read_operands(memory);
    operation.judge(record.result, record.outcome, record.exactness);
    if (check) record.error = operation.check(record.result, [](double) {});
}

ProgramRecord Program::run(Platform& platform, bool check) const {
    CounterValues counters{};
    return run(platform, check, counters, nullptr);
}

ProgramRecord Program::run(Platform& platform, bool check, CounterValues& before,
                           StepTimes* times) const {
    ProgramRecord program;
    program.steps.reserve(steps_.size());
    uint64_t end = platform.now();
    for (size_t i = 0; i < steps_.size() && program.status.ok(); ++i) {
        program.steps.emplace_back();
        StepRecord& record = program.steps.back();
        begin_record(i, record);
        std::optional<StepTimes::Key> key;
        if (times != nullptr) {
            key = times->key(*steps_[i].operation, i == 0, config_);
            if (take_known(i, key, *times, record)) continue;
            times->align(platform, steps_[i].operation->driver(0), before);
            end = i == 0 ? platform.now() : times->last_end();
        }
        run_step(platform, i, before, check, record);
        program.status = record.outcome.firmware.status;
        for (size_t c = 0; c < before.size(); ++c) before[c] += record.outcome.counters[c];
        record.cost = cost_of(record.outcome, record.outcome.end_cycle - end);
        end = record.outcome.end_cycle;
        if (times != nullptr) times->passed(key, {record.outcome, record.cost.cycles}, true);
    }
    return program;
}

}  // namespace tessera::host
