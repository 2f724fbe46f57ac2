// SPDX-License-Identifier: MIT
#include "tests/support/compared.h"

#include <cstdio>
#include <cstdlib>

namespace tessera::test {
namespace {

std::string folder_or_skip(const char* variable) {
    const char* dir = std::getenv(variable);
    if (dir != nullptr && *dir != '\0') return dir;
    std::printf("skipped: %s is not set\n", variable);
    std::exit(4);
}

}  // namespace

Compared::~Compared() {
    std::printf("compared %llu %s, %llu different\n", static_cast<unsigned long long>(count_),
                what_.c_str(), static_cast<unsigned long long>(different_));
    if (std::uncaught_exceptions() > 0) return;
    INFO("items compared: " << what_);
    CHECK(count_ > 0);
    CHECK(different_ == 0);
}

uint64_t test_seed() {
    const char* text = std::getenv("TESSERA_SEED");
    return text != nullptr ? std::strtoull(text, nullptr, 0) : 1;
}

std::mt19937_64 test_random() {
    const uint64_t seed = test_seed();
    std::printf("seed %llu (TESSERA_SEED)\n", static_cast<unsigned long long>(seed));
    return std::mt19937_64(seed);
}

std::string large_data_dir() { return folder_or_skip("TESSERA_DATA_DIR"); }

std::string model_dir() { return folder_or_skip("TESSERA_MODEL_DIR"); }

}  // namespace tessera::test
