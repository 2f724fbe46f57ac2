// SPDX-License-Identifier: MIT
#include "host/text/tokenizer_pipeline.h"

#include <nlohmann/json.hpp>

namespace tessera::host {
namespace {

const char* const kSpecialTokens = "special_tokens";

/// The type of a component, which is null or an object.
std::string type_of(const JsonPlace& component, const std::string& allowed) {
    if (component.is_null()) component.refuse(allowed);
    return component["type"].text(allowed);
}

bool read_normalizer(const JsonPlace& normalizer) {
    if (normalizer.is_null()) return false;
    const std::string allowed = "NFC, or null in place of a normalizer";
    if (type_of(normalizer, allowed) != "NFC") normalizer["type"].refuse(allowed);
    normalizer.allow_keys({"type"});
    return true;
}

PreTokenMatcher read_pattern(const JsonPlace& pattern) {
    std::string allowed;
    for (const PreTokenPattern& known : kPreTokenPatterns)
        allowed +=
            (allowed.empty() ? "" : "; or ") + std::string(known.model) + "'s, " + known.regex;
    pattern.allow_keys({"Regex"});
    const std::string& regex = pattern["Regex"].text(allowed);
    for (const PreTokenPattern& known : kPreTokenPatterns)
        if (regex == known.regex) return known.match;
    pattern["Regex"].refuse(allowed);
}

/// A pattern matches all of a text: to keep the matches and to keep both sides of all cuts is one.
PreTokenMatcher read_split(const JsonPlace& split) {
    split.allow_keys({"type", "pattern", "behavior", "invert"});
    const std::string& behavior = split["behavior"].text("Isolated");
    const bool keeps_matches = split["invert"].flag_or(false);
    if (behavior != "Isolated" && !(behavior == "Removed" && keeps_matches))
        split["behavior"].refuse("Isolated, or Removed with invert true");
    return read_pattern(split["pattern"]);
}

void read_byte_level(const JsonPlace& level, bool is_first, TokenizerPipeline& pipeline) {
    level.allow_keys({"type", "add_prefix_space", "trim_offsets", "use_regex"});
    pipeline.prefix_space = level["add_prefix_space"].flag_or(true);
    if (pipeline.prefix_space && !is_first)
        level["add_prefix_space"].refuse("false, in a Sequence behind Split");
    if (level["use_regex"].flag_or(true)) pipeline.matchers.push_back(match_gpt2);
}

void read_pre_tokenizer(const JsonPlace& pre_tokenizer, TokenizerPipeline& pipeline) {
    const std::string allowed = "ByteLevel, or a Sequence of Split and, as its last, ByteLevel";
    const std::string type = type_of(pre_tokenizer, allowed);
    if (type == "ByteLevel") return read_byte_level(pre_tokenizer, true, pipeline);
    if (type != "Sequence") pre_tokenizer["type"].refuse(allowed);
    pre_tokenizer.allow_keys({"type", "pretokenizers"});
    const JsonPlace parts = pre_tokenizer["pretokenizers"];
    if (parts.size() == 0) parts.refuse(allowed);
    for (size_t i = 0; i < parts.size(); ++i) {
        const bool is_last = i + 1 == parts.size();
        if (type_of(parts[i], allowed) != (is_last ? "ByteLevel" : "Split"))
            parts[i]["type"].refuse(allowed);
        if (is_last)
            read_byte_level(parts[i], i == 0, pipeline);
        else
            pipeline.matchers.push_back(read_split(parts[i]));
    }
}

/// The tokens that `name` of a template stands for.
void append_special(const JsonPlace& known, const std::string& name, std::vector<uint32_t>& out) {
    const JsonPlace token = known[name];
    const std::string allowed = "an object with the array `ids`, numbers of tokens";
    if (token.is_null()) token.refuse(allowed);
    const JsonPlace ids = token["ids"];
    for (size_t i = 0; i < ids.size(); ++i) {
        const nlohmann::json& id = ids[i].value();
        if (!id.is_number_unsigned() || id.get<uint64_t>() >= kMaxTokens)
            ids[i].refuse("the number of a token");
        out.push_back(id.get<uint32_t>());
    }
}

void read_template(const JsonPlace& processor, TokenizerPipeline& pipeline) {
    processor.allow_keys({"type", "single", "pair", kSpecialTokens});
    const JsonPlace parts = processor["single"];
    const std::string allowed =
        "objects SpecialToken, then as the last {\"Sequence\": {\"id\": \"A\"}}";
    if (parts.size() == 0) parts.refuse(allowed);
    for (size_t i = 0; i < parts.size(); ++i) {
        const bool is_last = i + 1 == parts.size();
        const JsonPlace part = parts[i][is_last ? "Sequence" : "SpecialToken"];
        if (part.is_null()) parts[i].refuse(allowed);
        const std::string& id = part["id"].text(allowed);
        if (!is_last)
            append_special(processor[kSpecialTokens], id, pipeline.leading);
        else if (id != "A")
            part["id"].refuse("A");
    }
}

/// ByteLevel moves offsets, which nobody asks for here.
void read_post_processor(const JsonPlace& processor, TokenizerPipeline& pipeline,
                         bool& has_template) {
    const std::string allowed = "null, ByteLevel, TemplateProcessing, or a Sequence of these two";
    const std::string type = type_of(processor, allowed);
    if (type == "ByteLevel")
        return processor.allow_keys({"type", "add_prefix_space", "trim_offsets", "use_regex"});
    if (type == "TemplateProcessing") {
        if (has_template) processor["type"].refuse("one TemplateProcessing");
        has_template = true;
        return read_template(processor, pipeline);
    }
    if (type != "Sequence") processor["type"].refuse(allowed);
    processor.allow_keys({"type", "processors"});
    const JsonPlace parts = processor["processors"];
    for (size_t i = 0; i < parts.size(); ++i) {
        if (type_of(parts[i], allowed) == "Sequence") parts[i]["type"].refuse(allowed);
        read_post_processor(parts[i], pipeline, has_template);
    }
}

void read_decoder(const JsonPlace& decoder) {
    if (type_of(decoder, "ByteLevel") != "ByteLevel") decoder["type"].refuse("ByteLevel");
    decoder.allow_keys({"type", "add_prefix_space", "trim_offsets", "use_regex"});
}

}  // namespace

TokenizerPipeline read_pipeline(const JsonPlace& root) {
    TokenizerPipeline pipeline;
    pipeline.nfc = read_normalizer(root["normalizer"]);
    read_pre_tokenizer(root["pre_tokenizer"], pipeline);
    bool has_template = false;
    const JsonPlace processor = root["post_processor"];
    if (!processor.is_null()) read_post_processor(processor, pipeline, has_template);
    read_decoder(root["decoder"]);
    return pipeline;
}

}  // namespace tessera::host
