// SPDX-License-Identifier: MIT
// The memory map: regions at the lowest free address, without overlap, while steps come and go;
// buffers that steps share, and those that they cannot.
#include "host/operation/memory_map.h"

#include <algorithm>
#include <random>

#include "host/error.h"
#include "tests/support/compared.h"
#include "tests/support/small_platform.h"

using namespace tessera;
using host::ElementType;
using host::MemoryMap;
using host::Region;
using host::TensorLayout;
using test::Compared;

namespace {

constexpr uint64_t kPage = 4096;

/// The lowest page from which `bytes` are free.
uint64_t lowest_free(std::vector<Region> regions, uint64_t bytes) {
    for (uint64_t address = kPage;; address += kPage)
        if (std::none_of(regions.begin(), regions.end(), [&](const Region& r) {
                return address < r.address + r.bytes && r.address < address + bytes;
            }))
            return address;
}

bool disjoint(const std::vector<Region>& regions) {
    for (size_t i = 0; i < regions.size(); ++i)
        for (size_t j = 0; j < i; ++j)
            if (regions[i].address < regions[j].address + regions[j].bytes &&
                regions[j].address < regions[i].address + regions[i].bytes)
                return false;
    return true;
}

template <typename Work>
std::string message_of(Work&& work) {
    try {
        work();
    } catch (const host::UserError& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("regions of steps that come and go: lowest address, no overlap") {
    auto random = test::test_random();
    Compared addresses("addresses"), maps("maps");
    for (int run = 0; run < 20; ++run) {
        MemoryMap map(test::small_platform());
        const fw::DriverConfig driver = map.driver();
        addresses.equal(driver.ring_address, kPage);
        std::vector<std::string> kept;
        for (int step = 0; step < 30; ++step) {
            const std::string name = "buffer " + std::to_string(step);
            map.begin_step(std::to_string(step), {{"out", name}});
            const uint64_t columns = 1 + random() % 40, rows = 1 + random() % 300;
            const auto layout = TensorLayout::heads(ElementType::kBf16, 2, rows, columns);
            const uint64_t bytes = 2 * rows * ((2 * columns + 15) / 16 * 16);
            const uint64_t expected = lowest_free(map.regions(), bytes);
            addresses.equal(map.tensor("out", layout).address, expected);
            kept.push_back(name);
            for (int i = 0; i < 3; ++i) {
                const uint64_t size = 1 + random() % 30000;
                const uint64_t free = lowest_free(map.regions(), size);
                addresses.equal(map.place("scratch " + std::to_string(i), size), free);
            }
            addresses.equal(map.driver().ring_address, driver.ring_address);
            maps.holds(disjoint(map.regions()), [] { return "overlap"; });
            map.end_step();
            maps.equal(map.regions().size(), kept.size() + 2);
            if (random() % 2 == 0) {
                const size_t gone = random() % kept.size();
                map.free(kept[gone]);
                maps.holds(map.buffer(kept[gone]) == nullptr, [] { return "still there"; });
                kept.erase(kept.begin() + static_cast<ptrdiff_t>(gone));
            }
        }
    }
}

TEST_CASE("a matrix in blocks of equal width is a tensor of heads, other buffers are refused") {
    Compared buffers("buffers");
    MemoryMap map(test::small_platform());
    const auto matrix = TensorLayout::matrix(ElementType::kBf16, 7, 48, 16);
    map.begin_step("1", {{"c", "x"}});
    const fw::Tensor placed = map.tensor("c", matrix);
    buffers.equal(map.shared("c"), false);
    map.end_step();
    map.begin_step("2", {{"q", "x"}});
    buffers.equal(map.shared("q"), true);
    buffers.equal(map.shared("k"), false);
    const fw::Tensor heads = map.tensor("q", TensorLayout::heads(ElementType::kBf16, 3, 7, 16));
    buffers.equal(heads.address, placed.address);
    buffers.equal(heads.head_stride, placed.head_stride);
    const auto refusal = [&](const TensorLayout& layout) {
        return message_of([&] { map.tensor("q", layout); });
    };
    buffers.equal(refusal(TensorLayout::heads(ElementType::kFp32, 3, 7, 16)),
                  std::string("2.q: buffer x has 3 blocks of 7 rows of 16 bf16; allowed: 3 blocks "
                              "of 7 rows of 16 fp32"));
    for (const TensorLayout& other : {TensorLayout::heads(ElementType::kBf16, 3, 7, 15),
                                      TensorLayout::heads(ElementType::kBf16, 2, 7, 16),
                                      TensorLayout::heads(ElementType::kBf16, 3, 8, 16),
                                      TensorLayout::matrix(ElementType::kBf16, 7, 47, 16)})
        buffers.holds(refusal(other).find("buffer x has") != std::string::npos,
                      [&] { return other.text(); });
    buffers.equal(TensorLayout::matrix(ElementType::kFp32, 1, 20, 16).text(),
                  std::string("2 blocks of 1 row of 16 fp32, the last of 4"));
}

TEST_CASE("what does not fit the memory is named") {
    Compared messages("messages");
    hw::PlatformConfig config = test::small_platform();
    config.memory.size_bytes = 1 << 20;
    MemoryMap map(config);
    map.place("large", 1 << 20);
    messages.equal(message_of([&] { map.check_size(); }),
                   std::string("not enough memory: the problem needs 1052672 bytes (large "
                               "1048576), memory ideal has memory.size_bytes = 1048576"));
    messages.holds(message_of([&] {
                       map.rows("huge", uint64_t{1} << 31, uint64_t{1} << 31, 16);
                   }).find("not enough memory: tensor huge has 2147483648 blocks") == 0,
                   [] { return "huge"; });
}
