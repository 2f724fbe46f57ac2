// SPDX-License-Identifier: MIT
// Arbitrary bytes as an experiment.
#include <nlohmann/json.hpp>

#include "host/experiment/experiment_json.h"
#include "host/experiment/fields.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace tessera;
    const std::string text(reinterpret_cast<const char*>(data), size);
    fuzz::expect_user_error_at_most([&] {
        const Experiment read = host::read_experiment("experiment", text);
        const std::string canonical = host::canonical_text(read);
        const Experiment again = host::read_experiment("experiment", canonical);
        fuzz::require(host::canonical_text(again) == canonical, "a canonical text that stays");
        for (const host::ExperimentField& field : host::experiment_fields()) {
            Experiment copy;
            fuzz::require(field.set(copy, field.get(read)), field.path.c_str());
        }
    });
    return 0;
}
