// SPDX-License-Identifier: MIT
#include "host/model/transcription.h"

#include <algorithm>

#include "host/io/wav.h"

namespace tessera::host {

uint32_t most_tokens(uint64_t samples) {
    return static_cast<uint32_t>(std::max<uint64_t>(6 * samples / kSpeechSamplesPerSecond, 1));
}

std::vector<uint32_t> transcribe(ModelRun& model, const std::vector<float>& samples, uint32_t most,
                                 const std::function<void(uint32_t)>& token) {
    model.run({"encoder", {{"audio", numbers_of(samples, samples.size(), 1)}}});
    std::vector<uint32_t> tokens = {kBeginToken};
    while (tokens.size() <= most && (tokens.size() == 1 || tokens.back() != kEndToken)) {
        model.run({"decoder",
                   {{"token", indices_of({tokens.back()})}},
                   static_cast<uint32_t>(tokens.size() - 1)});
        const auto next = [&] { return static_cast<uint32_t>(model.output("next").at(0)); };
        tokens.push_back(model.with_data() ? next() : kBeginToken);
        token(tokens.back());
    }
    return tokens;
}

}  // namespace tessera::host
