// SPDX-License-Identifier: MIT
// The firmware as a program of its own on a 32-bit RISC-V: entry, bus, and the mailbox (spec/job.h)
// that a host fills. The processor sees device memory at its own addresses. What CI links to know
// code, data and stack size. Machine mode, device interrupt on the external line and never taken:
// WFI only waits for it.
#include <stddef.h>
#include <stdint.h>

#include "firmware/runner/mailbox.h"
#include "spec/job.h"

namespace tessera::fw {
namespace {

/// Memory is the bus; a bus error would trap, so every access that returns has succeeded.
class MmioBus final : public Bus {
  public:
    bool read32(uint64_t address, uint32_t& value) override {
        value = *reinterpret_cast<volatile uint32_t*>(static_cast<uintptr_t>(address));
        return true;
    }
    bool write32(uint64_t address, uint32_t value) override {
        asm volatile("fence" ::: "memory");  // descriptors before the tail that shows them
        *reinterpret_cast<volatile uint32_t*>(static_cast<uintptr_t>(address)) = value;
        return true;
    }
    bool read_words(uint64_t address, uint32_t* words, uint32_t count) override {
        for (uint32_t i = 0; i < count; ++i) (void)MmioBus::read32(address + 4 * i, words[i]);
        return true;
    }
    bool write_words(uint64_t address, const uint32_t* words, uint32_t count) override {
        for (uint32_t i = 0; i < count; ++i) (void)MmioBus::write32(address + 4 * i, words[i]);
        return true;
    }
    void wait_irq() override {
        constexpr uint32_t kExternal = 1u << 11;  // of mip and mie
        uint32_t pending = 0;
        while ((pending & kExternal) == 0) {
            asm volatile("wfi" ::: "memory");
            asm volatile("csrr %0, mip" : "=r"(pending));
        }
    }
};

}  // namespace

extern "C" {

spec::MailboxWords tessera_mailbox;

/// Never called: a call of a pure virtual function is a program error.
[[noreturn]] void __cxa_pure_virtual() {
    for (;;) asm volatile("ebreak");
}

// What the compiler may call on its own.
void* memset(void* to, int value, size_t bytes) {
    auto* p = static_cast<volatile uint8_t*>(to);
    for (size_t i = 0; i < bytes; ++i) p[i] = static_cast<uint8_t>(value);
    return to;
}
void* memcpy(void* to, const void* from, size_t bytes) {
    auto* p = static_cast<volatile uint8_t*>(to);
    const auto* q = static_cast<const uint8_t*>(from);
    for (size_t i = 0; i < bytes; ++i) p[i] = q[i];
    return to;
}

/// Serves requests for ever.
[[noreturn]] void tessera_main() {
    MmioBus bus;
    volatile uint32_t& ready = tessera_mailbox.ready;
    for (;;) {
        while (ready == 0) asm volatile("nop");
        asm volatile("fence" ::: "memory");  // what the host wrote before
        answer(tessera_mailbox, bus, MappedMemory(0));
        asm volatile("fence" ::: "memory");
        ready = 0;
    }
}

}  // extern "C"
}  // namespace tessera::fw

// Stack, interrupt enable for WFI, cleared .bss, then C++.
asm(R"(
    .section .text.start, "ax"
    .globl _start
_start:
    la sp, tessera_stack_end
    li t0, 0x800
    csrw mie, t0
    la t0, tessera_bss_begin
    la t1, tessera_bss_end
1:  bgeu t0, t1, 2f
    sw zero, 0(t0)
    addi t0, t0, 4
    j 1b
2:  j tessera_main
)");
