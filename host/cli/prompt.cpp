// SPDX-License-Identifier: MIT
#include "host/cli/prompt.h"

#include <fmt/format.h>

#include <filesystem>

#include "host/cli/option_values.h"
#include "host/error.h"
#include "host/io/utf8.h"

namespace tessera::host {
namespace {

constexpr const char* kCommandLine = "command line";

}  // namespace

Tokenizer tokenizer_of(const ModelFolder& folder, bool needed, Progress& progress) {
    std::error_code none;
    if (!needed && !std::filesystem::exists(folder.tokenizer(), none)) return std::nullopt;
    try {
        return Tokenizer(std::in_place, folder.tokenizer());
    } catch (const UserError& error) {
        if (needed) throw;
        progress.note(fmt::format("no text beside the tokens: {}", error.what()));
        return std::nullopt;
    }
}

std::vector<uint32_t> prompt_of(const GenerateOptions& options, const Tokenizer& tokenizer,
                                uint32_t vocabulary) {
    const std::string allowed = fmt::format("tokens, 0 to {}", vocabulary - 1);
    const char* const option = options.text ? "--text" : "--tokens";
    if (!options.text && options.tokens.empty())
        throw bad_value(kCommandLine, "prompt", "missing", "--tokens LIST or --text TEXT");
    if (options.text && !is_utf8(*options.text))
        throw bad_value(kCommandLine, option, "no UTF-8", "a text in UTF-8");
    std::vector<uint32_t> tokens = options.text
                                       ? tokenizer->encode(*options.text)
                                       : number_list(option, options.tokens, allowed.c_str());
    if (tokens.empty()) throw bad_value(kCommandLine, option, "empty", "at least one token");
    for (const uint32_t token : tokens)
        if (token >= vocabulary)
            throw bad_value(options.text ? tokenizer->file() : kCommandLine,
                            options.text ? "token" : option, std::to_string(token), allowed);
    return tokens;
}

}  // namespace tessera::host
