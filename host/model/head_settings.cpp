// SPDX-License-Identifier: MIT
#include "host/model/head_settings.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "host/error.h"

namespace tessera::host {
namespace {

constexpr const char* kForm =
    "layers.PATTERN.KEY=NUMBER or layers.PATTERN.heads.LIST.KEY=NUMBER with KEY window, sinks or "
    "stride";
constexpr const char* kHeads = ".heads.";
constexpr uint32_t kMost = 1 << 20;  ///< keys; so many rows have fewer than 2^32 bytes

struct KeyName {
    const char* name;
    uint32_t SeenKeys::*field;
};
constexpr KeyName kKeys[] = {
    {"window", &SeenKeys::window}, {"sinks", &SeenKeys::sinks}, {"stride", &SeenKeys::stride}};

struct HeadRange {
    uint32_t first = 0, last = 0;
};

struct Setting {
    std::string where;             ///< for messages
    std::string path;              ///< "layers.encoder.*.heads.0,2.window"
    std::string scope;             ///< the same without the key
    std::string pattern;           ///< "encoder.*"
    std::vector<HeadRange> heads;  ///< empty: all
    const KeyName* key = nullptr;
    uint32_t number = 0;

    bool strides() const { return key->field == &SeenKeys::stride; }
    UserError refusal(const std::string& value, const std::string& allowed) const {
        return bad_value(where, printable(path), value, allowed);
    }
};

std::optional<uint32_t> number_of(std::string_view text) {
    uint32_t number = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (text.empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
    return number;
}

/// "0,2-4". Nothing if it is no such list.
std::optional<std::vector<HeadRange>> heads_of(std::string_view list) {
    std::vector<HeadRange> heads;
    for (size_t at = 0; at <= list.size();) {
        const size_t end = std::min(list.find(',', at), list.size());
        const std::string_view part = list.substr(at, end - at);
        const size_t dash = part.find('-');
        const auto first = number_of(part.substr(0, dash));
        const auto last = dash == part.npos ? first : number_of(part.substr(dash + 1));
        if (!first || !last || *last < *first) return std::nullopt;
        heads.push_back({*first, *last});
        at = end + 1;
    }
    return heads;
}

Setting setting_of(const std::string& where, const std::string& text) {
    Setting s;
    s.where = where;
    const size_t equals = text.find('=');
    s.path = text.substr(0, equals);
    const size_t dot = s.path.rfind('.');
    s.scope = s.path.substr(0, dot);
    const std::string prefix = kLayerSetting, key = s.path.substr(dot + 1);
    for (const KeyName& known : kKeys)
        if (key == known.name) s.key = &known;
    if (s.key == nullptr || s.scope.size() <= prefix.size()) throw s.refusal("not known", kForm);
    if (equals == text.npos) throw s.refusal("without a number", kForm);
    const std::optional<uint32_t> number = number_of(text.substr(equals + 1));
    if (!number || *number == 0 || *number > kMost)
        throw s.refusal(text.substr(equals + 1), fmt::format("1 to {}", kMost));
    s.number = *number;
    s.pattern = s.scope.substr(prefix.size());
    const size_t heads = s.pattern.rfind(kHeads);
    if (heads == s.pattern.npos) return s;
    const std::string list = s.pattern.substr(heads + std::string(kHeads).size());
    const auto ranges = heads_of(list);
    if (!ranges) throw s.refusal("for heads " + list, "numbers of heads, as 0,2-4");
    s.heads = *ranges;
    s.pattern.resize(heads);
    return s;
}

/// The part of a linear layer that writes a value; nullptr if there is none.
const LinearPart* part_that_writes(const ModelGraph& graph, const std::string& value) {
    for (const ModelLayer& layer : graph.layers)
        if (const auto* linear = std::get_if<LinearLayer>(&layer.kind))
            for (const LinearPart& part : linear->parts)
                if (part.output == value) return &part;
    return nullptr;
}

/// What is set of a head, and by which setting.
struct HeadState {
    std::string scope;
    bool strides = false;
};

/// A layer that is to be changed.
struct Target {
    const ModelGraph& graph;
    const std::string& name;
    AttentionLayer& layer;
    std::vector<HeadState>& states;
};

void check(const Setting& s, const Target& target) {
    const std::string of = "of " + printable(target.name);
    if (s.strides() && target.layer.causal)
        throw s.refusal(of + ", which is causal", "only without a causal mask");
    if (!s.strides() && part_that_writes(target.graph, target.layer.keys) == nullptr)
        throw s.refusal(of + ", whose keys are of another graph",
                        "only for keys that lie as the queries do; stride for others");
    const size_t heads = target.layer.heads.size();
    for (const HeadRange& range : s.heads)
        if (range.last >= heads)
            throw s.refusal(
                fmt::format("for head {}", range.last),
                fmt::format("0 to {}, the heads of {}", heads - 1, printable(target.name)));
}

/// Stride and the other terms are alternatives: what a setting of another kind said is gone.
void set_head(const Setting& s, const Target& target, uint32_t head) {
    SeenKeys& seen = target.layer.heads[head];
    HeadState& state = target.states[head];
    if (s.strides() != state.strides) {
        if (state.scope == s.scope)
            throw s.refusal(std::to_string(s.number),
                            fmt::format("stride, or window and sinks: {} has both", s.scope));
        seen = SeenKeys();
    }
    seen.*s.key->field = s.number;
    state = {s.scope, s.strides()};
}

void apply(const Setting& s, const Target& target) {
    check(s, target);
    const auto heads = static_cast<uint32_t>(target.layer.heads.size());
    std::vector<HeadRange> ranges = s.heads;
    if (ranges.empty()) ranges.push_back({0, heads - 1});
    std::vector<bool> done(heads);
    for (const HeadRange& range : ranges)
        for (uint32_t head = range.first; head <= range.last; ++head) {
            if (!done[head]) set_head(s, target, head);
            done[head] = true;
        }
}

/// Gives every head an entry. The number of heads is that of the queries.
void spread(const Setting& s, const ModelGraph& graph, const std::string& name,
            AttentionLayer& layer) {
    if (!layer.heads.empty()) return;
    const LinearPart* queries = part_that_writes(graph, layer.queries);
    if (queries == nullptr || queries->heads == 0)
        throw s.refusal(fmt::format("of {}, whose queries are no heads", printable(name)),
                        "attention of heads that its graph makes");
    layer.heads.assign(queries->heads, {layer.window, 0, 1});
}

UserError no_match(const Setting& s, const Model& model) {
    std::string first = "none";
    for (const auto& [graph_name, graph] : model.graphs)
        for (const ModelLayer& layer : graph.layers)
            if (first == "none" && std::holds_alternative<AttentionLayer>(layer.kind))
                first = layer.name;
    return s.refusal("for " + s.pattern,
                     fmt::format("a pattern that an attention layer of {} matches, as {} or *",
                                 printable(model.name), printable(first)));
}

}  // namespace

void set_seen_keys(Model& model, const std::string& where,
                   const std::vector<std::string>& settings) {
    std::map<const ModelLayer*, std::vector<HeadState>> states;
    for (const std::string& text : settings) {
        const Setting s = setting_of(where, text);
        bool matched = false;
        for (auto& [graph_name, graph] : model.graphs)
            for (ModelLayer& layer : graph.layers) {
                auto* attention = std::get_if<AttentionLayer>(&layer.kind);
                if (attention == nullptr || fnmatch(s.pattern.c_str(), layer.name.c_str(), 0) != 0)
                    continue;
                matched = true;
                spread(s, graph, layer.name, *attention);
                states[&layer].resize(attention->heads.size());
                apply(s, {graph, layer.name, *attention, states[&layer]});
            }
        if (!matched) throw no_match(s, model);
    }
}

std::string seen_text(const AttentionLayer& layer) {
    const auto one = [](const SeenKeys& seen) {
        std::string text;
        const auto add = [&](const char* name, uint32_t number) {
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, number);
        };
        if (seen.window != 0) add("window", seen.window);
        if (seen.sinks != 0) add("sinks", seen.sinks);
        if (seen.stride != 1) add("stride", seen.stride);
        return text.empty() ? "all" : text;
    };
    if (layer.heads.empty()) return one({layer.window, 0, 1});
    std::string text;
    std::vector<bool> told(layer.heads.size());
    for (size_t first = 0; first < layer.heads.size(); ++first) {
        if (told[first]) continue;
        std::string heads;
        for (size_t head = first; head < layer.heads.size(); ++head) {
            if (told[head] || !(layer.heads[head] == layer.heads[first])) continue;
            told[head] = true;
            heads += fmt::format("{}{}", heads.empty() ? "" : ",", head);
        }
        text +=
            fmt::format("{}heads {}: {}", text.empty() ? "" : "; ", heads, one(layer.heads[first]));
    }
    return text;
}

}  // namespace tessera::host
