// SPDX-License-Identifier: MIT
// Arbitrary bytes as the description of a model, and as a layer of one.
#include "host/model/model.h"

#include <string>

#include "tests/fuzz/fuzz.h"

namespace {

void parse(const std::string& text) {
    tessera::fuzz::expect_user_error_at_most([&] {
        const tessera::host::Model model = tessera::host::read_model("fuzz", text);
        tessera::fuzz::require(!model.graphs.empty(), "at least one graph");
        for (const auto& [name, graph] : model.graphs)
            for (const tessera::host::ModelLayer& layer : graph.layers)
                tessera::fuzz::require(!tessera::host::values_written(layer).empty(),
                                       "each layer writes a value");
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string content(reinterpret_cast<const char*>(data), size);
    parse(content);
    parse(R"({"format": "tessera-model-1", "name": "m", "graphs": {"g": {"inputs": {"x":)"
          R"( {"type": "numbers"}}, "layers": [{"name": "n", "input": "x", "output": "y", )" +
          content + "}]}}}");
    return 0;
}
