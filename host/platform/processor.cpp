// SPDX-License-Identifier: MIT
#include "host/platform/processor.h"

#include <cmath>
#include <cstring>
#include <iterator>

#include "spec/params.h"

namespace tessera::host {
namespace {

hw::Cycle cycles_of(uint64_t elements, double cycles_per_element) {
    return static_cast<hw::Cycle>(std::ceil(static_cast<double>(elements) * cycles_per_element));
}

}  // namespace

ElementwiseOutcome elementwise_outcome(const fw::ElementWork& work,
                                       const hw::FirmwareCosts& costs) {
    const double each[] = {costs.arithmetic_cycles_per_element, costs.function_cycles_per_element,
                           costs.statistic_cycles_per_element, costs.rotary_cycles_per_element,
                           costs.move_cycles_per_element};
    static_assert(std::size(each) == fw::kElementClasses);
    ElementwiseOutcome outcome;
    outcome.bytes_read = work.bytes_read;
    outcome.bytes_written = work.bytes_written;
    for (size_t i = 0; i < fw::kElementClasses; ++i) {
        outcome.elements[i] = work.elements[i];
        outcome.cycles += cycles_of(work.elements[i], each[i]);
    }
    return outcome;
}

Processor::Processor(const sc_core::sc_module_name& name, const hw::FirmwareCosts& costs,
                     hw::MemoryImage& memory, bool holds_data)
    : sc_core::sc_module(name),
      csr_socket("csr_socket"),
      irq("irq"),
      costs_(costs),
      memory_(memory),
      holds_data_(holds_data) {
    SC_THREAD(run);
}

void Processor::set_ring(uint64_t address, uint64_t bytes) {
    ring_begin_ = address;
    ring_end_ = address + bytes;
}

void Processor::start(Program program, Program done) {
    program_ = std::move(program);
    done_ = std::move(done);
    failure_ = nullptr;
    start_.notify(sc_core::SC_ZERO_TIME);
}

void Processor::run() {
    for (;;) {
        if (!program_) wait(start_);
        const Program program = std::move(program_);
        program_ = nullptr;
        try {
            program();
            settle();
        } catch (const sc_core::sc_unwind_exception&) {
            throw;
        } catch (...) {
            failure_ = std::current_exception();  // for the host: not to pass through the kernel
        }
        done_();
    }
}

/// Time passes in settle(): each wait is a switch of threads.
void Processor::spend(hw::Cycle cycles) {
    busy_ += cycles;
    owed_ += cycles;
}

/// Lets the time pass that the processor has spent. Nobody looks at it before it touches a register
/// or memory outside its ring.
void Processor::settle() {
    if (owed_ != 0) wait(hw::to_time(std::exchange(owed_, 0)));
}

bool Processor::access(tlm::tlm_command command, uint64_t offset, uint32_t& value) {
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(offset);
    payload.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
    payload.set_data_length(4);
    payload.set_streaming_width(4);
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    settle();
    csr_socket->b_transport(payload, delay);
    spend(hw::to_cycle(delay));
    settle();
    return payload.is_response_ok();
}

bool Processor::read32(uint64_t address, uint32_t& value) {
    if (address >= kCsrBase) return access(tlm::TLM_READ_COMMAND, address - kCsrBase, value);
    settle();
    const uint8_t* bytes = memory_.at(address, 4);
    if (bytes == nullptr) return false;
    std::memcpy(&value, bytes, 4);
    return true;
}

bool Processor::write32(uint64_t address, uint32_t value) {
    if (address >= kCsrBase) return access(tlm::TLM_WRITE_COMMAND, address - kCsrBase, value);
    uint8_t* bytes = memory_.at(address, 4);
    if (bytes == nullptr) return false;
    const bool ring = address >= ring_begin_ && address < ring_end_;
    if (!ring) settle();
    std::memcpy(bytes, &value, 4);
    if (ring) {
        if (address % spec::kDescriptorBytes == spec::kDescriptorBytes - 4)
            spend(costs_.plan_cycles + costs_.descriptor_cycles);
    } else if (observer_) {
        observer_(address, 4);
    }
    return true;
}

bool Processor::read_words(uint64_t address, uint32_t* words, uint32_t count) {
    if (address >= kCsrBase) return WordByWordBus::read_words(address, words, count);
    settle();
    const uint8_t* bytes = memory_.at(address, uint64_t{4} * count);
    if (bytes == nullptr) return false;
    std::memcpy(words, bytes, uint64_t{4} * count);
    return true;
}

bool Processor::write_words(uint64_t address, const uint32_t* words, uint32_t count) {
    const uint64_t size = uint64_t{4} * count;
    const bool ring = address < ring_end_ && address + size > ring_begin_;
    if (address >= kCsrBase || ring) return WordByWordBus::write_words(address, words, count);
    settle();
    uint8_t* bytes = memory_.at(address, size);
    if (bytes == nullptr) return false;
    std::memcpy(bytes, words, size);
    if (observer_) observer_(address, size);
    return true;
}

/// Lets the time of such work pass. The cycles are not among busy_cycles().
hw::Cycle Processor::work_on(hw::Cycle cycles) {
    settle();
    if (cycles != 0) wait(hw::to_time(cycles));
    return cycles;
}

void Processor::merged(const fw::MergeWork& work) {
    merging_.work += work;
    merging_.cycles += work_on(cycles_of(work.elements, costs_.merge_cycles_per_element));
}

void Processor::worked(const fw::ElementWork& work) {
    const ElementwiseOutcome outcome = elementwise_outcome(work, costs_);
    elementwise_.bytes_read += outcome.bytes_read;
    elementwise_.bytes_written += outcome.bytes_written;
    for (size_t i = 0; i < fw::kElementClasses; ++i)
        elementwise_.elements[i] += outcome.elements[i];
    elementwise_.cycles += work_on(outcome.cycles);
}

void Processor::retried(uint64_t number) {
    std::vector<CommandRange>& ranges = merging_.retried;
    if (ranges.empty() || ranges.back().first + ranges.back().count != number)
        ranges.push_back({number, 0});
    ++ranges.back().count;
}

void Processor::wait_irq() {
    settle();
    const hw::Cycle from = hw::now_cycle();
    if (!irq.read()) wait(irq.posedge_event());
    waited_ += hw::now_cycle() - from;
}

}  // namespace tessera::host
