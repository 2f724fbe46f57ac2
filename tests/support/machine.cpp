// SPDX-License-Identifier: MIT
#include "tests/support/machine.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

namespace tessera::test {
namespace {

void write_all(int file, const void* data, size_t bytes) {
    const char* at = static_cast<const char*>(data);
    while (bytes != 0) {
        const ssize_t n = ::write(file, at, bytes);
        if (n <= 0) ::_exit(3);
        at += n;
        bytes -= static_cast<size_t>(n);
    }
}

[[noreturn]] void child(int file, const std::function<Bytes()>& work, unsigned timeout_seconds) {
    ::alarm(timeout_seconds);
    char good = 1;
    Bytes bytes;
    try {
        bytes = work();
    } catch (const std::exception& e) {
        good = 0;
        const std::string text = e.what();
        bytes.assign(text.begin(), text.end());
    }
    write_all(file, &good, 1);
    write_all(file, bytes.data(), bytes.size());
    ::_exit(0);
}

/// Bytes out of and into an Outcome, field by field.
class Packer {
  public:
    template <typename T>
    void value(const T& x) {
        static_assert(std::is_trivially_copyable_v<T>);
        const auto* p = reinterpret_cast<const uint8_t*>(&x);
        bytes.insert(bytes.end(), p, p + sizeof(T));
    }
    template <typename T>
    void list(const std::vector<T>& x) {
        value(x.size());
        const auto* p = reinterpret_cast<const uint8_t*>(x.data());
        bytes.insert(bytes.end(), p, p + sizeof(T) * x.size());
    }
    Bytes bytes;
};

class Unpacker {
  public:
    explicit Unpacker(const Bytes& bytes) : bytes_(bytes) {}
    template <typename T>
    void value(T& x) {
        take(&x, sizeof(T));
    }
    template <typename T>
    void list(std::vector<T>& x) {
        size_t n = 0;
        value(n);
        x.resize(n);
        take(x.data(), n * sizeof(T));
    }

  private:
    void take(void* to, size_t n) {
        if (n == 0) return;
        if (n > bytes_.size() - at_) throw std::runtime_error("short answer of a child process");
        std::memcpy(to, bytes_.data() + at_, n);
        at_ += n;
    }
    const Bytes& bytes_;
    size_t at_ = 0;
};

template <typename Visitor, typename SomeOutcome>
void visit(Visitor& v, SomeOutcome& o) {
    v.value(o.status);
    v.value(o.counters);
    v.list(o.commands);
    v.list(o.groups);
    v.list(o.writes);
    v.list(o.notes);
    v.list(o.memory);
    v.value(o.calls);
}

/// Passes everything on and notes register writes.
class RecordingBus final : public fw::Bus {
  public:
    RecordingBus(fw::Bus& bus, host::Platform& platform, std::vector<RegisterWrite>& writes)
        : bus_(bus), platform_(platform), writes_(writes) {}
    bool read32(uint64_t address, uint32_t& value) override { return bus_.read32(address, value); }
    bool write32(uint64_t address, uint32_t value) override {
        if (address >= host::kCsrBase)
            writes_.push_back(
                {platform_.now(), static_cast<spec::Reg>(address - host::kCsrBase), value});
        return bus_.write32(address, value);
    }
    void wait_irq() override { bus_.wait_irq(); }

  private:
    fw::Bus& bus_;
    host::Platform& platform_;
    std::vector<RegisterWrite>& writes_;
};

}  // namespace

Forked run_forked(const std::function<Bytes()>& work, unsigned timeout_seconds) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    const pid_t pid = ::fork();
    if (pid < 0) throw std::runtime_error("no process");
    if (pid == 0) {
        ::close(ends[0]);
        child(ends[1], work, timeout_seconds);
    }
    ::close(ends[1]);
    Bytes received;
    uint8_t buffer[65536];
    for (ssize_t n = 0; (n = ::read(ends[0], buffer, sizeof(buffer))) > 0;)
        received.insert(received.end(), buffer, buffer + n);
    ::close(ends[0]);
    int status = 0;
    ::waitpid(pid, &status, 0);
    Forked result;
    if (WIFSIGNALED(status)) {
        const int signal = WTERMSIG(status);
        result.failure =
            signal == SIGALRM ? "timeout" : "killed by signal " + std::to_string(signal);
    } else if (WEXITSTATUS(status) != 0 || received.empty()) {
        result.failure = "child ended with " + std::to_string(WEXITSTATUS(status));
    } else if (received[0] == 0) {
        result.failure = "exception: " + std::string(received.begin() + 1, received.end());
    } else {
        result.bytes.assign(received.begin() + 1, received.end());
    }
    return result;
}

void Machine::run(const host::Platform::Program& program, Outcome& out) {
    const host::Platform::Program recorded = [&](fw::Bus& bus) {
        RecordingBus recording(bus, platform_, out.writes);
        program(recording);
    };
    host::RunOutcome r = std::move(platform_.run_programs({recorded}, {driver_config()}).front());
    out.counters = r.counters;
    out.commands = std::move(r.commands);
    out.groups = std::move(r.groups);
}

fw::DriverConfig Machine::driver_config(uint32_t ring_descriptors, uint32_t watchdog) const {
    fw::DriverConfig c;
    c.csr_base = host::kCsrBase;
    c.ring_address = kRingAddress;
    c.ring_descriptors = ring_descriptors;
    c.record_address = kRecordAddress;
    c.watchdog_cycles = watchdog;
    return c;
}

fw::Status submit_all(fw::Driver& driver, const std::vector<spec::Command>& commands) {
    for (const spec::Command& c : commands)
        if (fw::Status s = driver.submit(c); !s.ok()) return s;
    return driver.fence();
}

std::vector<spec::Descriptor> encode_all(const std::vector<spec::Command>& commands) {
    std::vector<spec::Descriptor> r;
    r.reserve(commands.size());
    for (const spec::Command& c : commands) r.push_back(spec::encode(c));
    return r;
}

namespace {

/// Returns early at an error.
void feed_all(Machine& machine, fw::Bus& bus, const std::vector<spec::Descriptor>& descriptors,
              const Feed& feed) {
    std::mt19937_64 random(feed.seed);
    const auto total = static_cast<uint32_t>(descriptors.size());
    uint32_t tail = 0;
    while (tail != total) {
        const auto step = static_cast<uint32_t>(1 + random() % feed.max_step);
        const uint32_t end = std::min(total, tail + std::min(step, feed.ring_descriptors));
        while (end - read_register(bus, spec::Reg::kRingHead) > feed.ring_descriptors)
            if (read_register(bus, spec::Reg::kErrorCode) != 0) return;
        for (; tail != end; ++tail) {
            const uint64_t slot = tail % feed.ring_descriptors;
            const uint64_t address = kRingAddress + slot * spec::kDescriptorBytes;
            std::memcpy(machine.memory(address, spec::kDescriptorBytes), &descriptors[tail],
                        spec::kDescriptorBytes);
        }
        for (uint64_t n = feed.max_delay == 0 ? 0 : random() % (feed.max_delay + 1); n != 0; --n)
            (void)read_register(bus, spec::Reg::kId);
        write_register(bus, spec::Reg::kRingTail, tail);
    }
    for (;;) {
        bus.wait_irq();
        const uint32_t irq = read_register(bus, spec::Reg::kIrqStatus);
        write_register(bus, spec::Reg::kIrqStatus, irq);
        if ((irq & spec::kIrqError) != 0) return;
        if (read_register(bus, spec::Reg::kRingHead) == total &&
            (read_register(bus, spec::Reg::kStatus) & spec::kStatusBusy) == 0)
            return;
    }
}

}  // namespace

void feed_raw(Machine& machine, fw::Bus& bus, const std::vector<spec::Descriptor>& descriptors,
              const Feed& feed) {
    fw::Driver driver(bus);
    fw::Status s = driver.init(machine.driver_config(feed.ring_descriptors, feed.watchdog_cycles));
    if (s.ok() && feed.reset) s = driver.reset();
    if (!s.ok()) throw std::runtime_error("driver does not start");
    feed_all(machine, bus, descriptors, feed);
    const uint64_t end = machine.platform().now() + feed.settle_cycles;
    while (machine.platform().now() < end) (void)read_register(bus, spec::Reg::kId);
}

uint32_t read_register(fw::Bus& bus, spec::Reg reg) {
    uint32_t value = 0;
    if (!bus.read32(host::kCsrBase + static_cast<uint32_t>(reg), value))
        throw std::runtime_error("register read refused");
    return value;
}

void write_register(fw::Bus& bus, spec::Reg reg, uint32_t value) {
    if (!bus.write32(host::kCsrBase + static_cast<uint32_t>(reg), value))
        throw std::runtime_error("register write refused");
}

Outcome run_machine(const hw::PlatformConfig& config,
                    const std::function<void(Machine&, Outcome&)>& body, uint64_t memory_bytes,
                    unsigned timeout_seconds) {
    const Forked forked = run_forked(
        [&] {
            Machine machine(config);
            Outcome outcome;
            body(machine, outcome);
            if (memory_bytes != 0) {
                const uint8_t* memory = machine.memory(0, memory_bytes);
                outcome.memory.assign(memory, memory + memory_bytes);
            }
            Packer packer;
            visit(packer, outcome);
            return packer.bytes;
        },
        timeout_seconds);
    Outcome outcome;
    outcome.failure = forked.failure;
    if (!forked.failure.empty()) return outcome;
    Unpacker unpacker(forked.bytes);
    visit(unpacker, outcome);
    return outcome;
}

spec::DeviceParams device_params(const std::string& preset) {
    using spec::DeviceParams;
    constexpr auto kFull = spec::Profile::kStateful;
    if (preset == "tiny") return DeviceParams{16, 16, 2, 4, 16, kFull};
    if (preset == "small") return DeviceParams{64, 64, 4, 4, 32, kFull};
    if (preset == "base") return DeviceParams{128, 64, 16, 4, 64, kFull};
    if (preset == "odd") return DeviceParams{48, 24, 3, 2, 16, kFull};
    if (preset == "thin") return DeviceParams{40, 20, 5, 1, 32, kFull};
    if (preset == "eight") return DeviceParams{32, 40, 2, 8, 128, kFull};
    throw std::runtime_error("no test device " + preset);
}

hw::PlatformConfig machine_config(const spec::DeviceParams& params) {
    hw::PlatformConfig config;
    config.params = params;
    config.memory.size_bytes = kMemoryBytes;
    return config;
}

spec::Command make_load(spec::Opcode opcode, uint32_t bank, uint64_t address, uint32_t rows,
                        uint32_t d, const spec::DeviceParams& params) {
    spec::Command c;
    c.opcode = opcode;
    c.rows = rows;
    c.address = address;
    switch (opcode) {
        case spec::Opcode::kLoadQ: c.q_bank = bank; break;
        case spec::Opcode::kLoadK: c.k_bank = bank; break;
        case spec::Opcode::kLoadV: c.v_bank = bank; break;
        default: c.state_bank = bank; break;
    }
    const bool keys = opcode == spec::Opcode::kLoadQ || opcode == spec::Opcode::kLoadK;
    (keys ? c.d_k : c.d_v) = d;
    c.pitch = params.beats(spec::row_bytes(params, c)) * params.bus_bytes;
    return c;
}

spec::Command make_attend(uint32_t rows, uint32_t keys, uint32_t d_k, uint32_t d_v) {
    spec::Command c;
    c.opcode = spec::Opcode::kAttend;
    c.rows = rows;
    c.keys = keys;
    c.d_k = d_k;
    c.d_v = d_v;
    c.factor = 0x3e800000;  // 0.25
    return c;
}

spec::Command make_store(spec::Opcode opcode, uint32_t bank, uint64_t address, uint32_t rows,
                         uint32_t d_v, const spec::DeviceParams& params, uint32_t flags) {
    spec::Command c;
    c.opcode = opcode;
    c.flags = flags;
    c.state_bank = bank;
    c.rows = rows;
    c.d_v = d_v;
    c.address = address;
    c.pitch = params.beats(spec::row_bytes(params, c)) * params.bus_bytes;
    return c;
}

spec::Command make_fence(uint64_t address) {
    spec::Command c;
    c.opcode = spec::Opcode::kFence;
    c.flags = spec::kFlagInterrupt;
    c.address = address;
    return c;
}

}  // namespace tessera::test
