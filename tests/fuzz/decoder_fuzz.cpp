// SPDX-License-Identifier: MIT
// Arbitrary bytes as the configuration of a decoder, and as a trace of requests.
#include <cmath>
#include <string>

#include "host/model/decoder_shape.h"
#include "host/model/requests.h"
#include "tests/fuzz/fuzz.h"

namespace {

namespace host = tessera::host;
using tessera::fuzz::require;

void configure(const std::string& text) {
    tessera::fuzz::expect_user_error_at_most([&] {
        const host::DecoderShape shape = host::read_decoder_shape("fuzz", text);
        require(shape.heads % shape.kv_heads == 0 && shape.windows.size() == shape.layers,
                "heads in groups, a window for each layer");
        for (const uint32_t token : shape.end_tokens)
            require(token < shape.vocabulary, "tokens of the vocabulary");
        if (shape.gpt2()) return;
        for (const float frequency : host::rotary_frequencies(shape))
            require(std::isfinite(frequency), "frequencies that are numbers");
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    configure(text);
    configure(R"({"model_type": "qwen2", "num_hidden_layers": 3, "hidden_size": 8, )"
              R"("num_attention_heads": 4, "intermediate_size": 9, "vocab_size": 50, )"
              R"("max_position_embeddings": 64, )" +
              text + "}");
    for (const std::string& head :
         {std::string(), std::string("arrival_s,prompt_tokens,new_tokens\n")})
        tessera::fuzz::expect_user_error_at_most([&] {
            double before = 0;
            for (const host::RequestShape& one : host::parse_requests("fuzz", head + text)) {
                require(one.arrival >= before && one.prompt_tokens > 0 && one.new_tokens > 0,
                        "requests in their order, of some tokens");
                before = one.arrival;
            }
        });
    return 0;
}
