// SPDX-License-Identifier: MIT
#include "host/model/head_settings.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "host/error.h"
#include "host/model/head_keys.h"
#include "host/problem/problem.h"

namespace tessera::host {
namespace {

constexpr const char* kHeads = ".heads.";

struct HeadRange {
    uint32_t first = 0, last = 0;
};

UserError refusal(const HeadSetting& s, const std::string& value, const std::string& allowed) {
    return bad_value(s.where, printable(s.path), value, allowed);
}

std::optional<uint32_t> number_of(std::string_view text) {
    uint32_t number = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (text.empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
    return number;
}

/// "0,2-4". Nothing if it is no such list.
std::optional<std::vector<HeadRange>> ranges_of(std::string_view list) {
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

/// The part of a linear layer that writes a value; nullptr if there is none.
const LinearPart* part_that_writes(const ModelGraph& graph, const std::string& value) {
    for (const ModelLayer& layer : graph.layers)
        if (const auto* linear = std::get_if<LinearLayer>(&layer.kind))
            for (const LinearPart& part : linear->parts)
                if (part.output == value) return &part;
    return nullptr;
}

/// The settings of one layer, one after the other.
class LayerSetter {
  public:
    LayerSetter(const ModelGraph& graph, ModelLayer& layer)
        : graph_(graph), name_(layer.name), layer_(std::get<AttentionLayer>(layer.kind)) {}

    void set(const HeadSetting& s) {
        const HeadKey* key = head_key(s.key);
        if (key == nullptr) throw refusal(s, "not known", head_key_names());
        spread(s);
        check_layer(s, key->sort);
        const auto heads = static_cast<uint32_t>(layer_.heads.size());
        std::vector<HeadRange> ranges = given_ranges(s);
        if (ranges.empty()) ranges.push_back({0, heads - 1});
        for (const HeadRange& range : ranges)
            for (uint32_t head = range.first; head <= range.last; ++head) set_head(s, *key, head);
        last_ = s.where;
    }

    /// Do all of them go together?
    void check() const {
        for (uint32_t head = 0; head < layer_.heads.size(); ++head)
            about_heads(fmt::format("{}: layer {}, head {}", last_, printable(name_), head),
                        [&] { check_head(head); });
    }

  private:
    /// By which setting a head has what it has.
    struct Origin {
        std::string scopes[std::size(kHeadSorts)];
        bool rule = false;  ///< is the rule given, or only its tiles?
    };

    /// Gives every head an entry. The number of heads is that of the queries.
    void spread(const HeadSetting& s) {
        if (layer_.heads.empty()) {
            const LinearPart* queries = part_that_writes(graph_, layer_.queries);
            if (queries == nullptr || queries->heads == 0)
                throw refusal(s, fmt::format("of {}, whose queries are no heads", printable(name_)),
                              "attention of heads that its graph makes");
            layer_.heads.assign(queries->heads, layer_.described());
        }
        if (!origins_.empty()) return;
        origins_.resize(layer_.heads.size());
        for (size_t i = 0; i < origins_.size(); ++i)
            origins_[i].rule = layer_.heads[i].approximation.has_value();
    }

    std::vector<HeadRange> given_ranges(const HeadSetting& s) const {
        if (s.heads.empty()) return {};
        const auto ranges = ranges_of(s.heads);
        if (!ranges) throw refusal(s, "for heads " + s.heads, "numbers of heads, as 0,2-4");
        for (const HeadRange& range : *ranges)
            if (range.last >= layer_.heads.size())
                throw refusal(s, fmt::format("for head {}", range.last),
                              fmt::format("0 to {}, the heads of {}", layer_.heads.size() - 1,
                                          printable(name_)));
        return *ranges;
    }

    /// Does a setting of this sort mean anything for the layer?
    void check_layer(const HeadSetting& s, HeadSort sort) const {
        const std::string of = "of " + printable(name_);
        const bool by_tiles = sort == HeadSort::kRule || sort == HeadSort::kCover;
        if (sort == HeadSort::kStride && layer_.causal)
            throw refusal(s, of + ", which is causal", "only without a causal mask");
        if ((sort == HeadSort::kMask || by_tiles) &&
            part_that_writes(graph_, layer_.keys) == nullptr)
            throw refusal(s, of + ", whose keys are of another graph",
                          "only for keys that lie as the queries do; stride and schedule.name for "
                          "others");
        if (by_tiles && layer_.window != 0)
            throw refusal(s, fmt::format("{}, which has window {}", of, layer_.window),
                          "only without a window of the model's own");
    }

    /// Of sorts that exclude each other the later setting counts.
    void set_head(const HeadSetting& s, const HeadKey& key, uint32_t head) {
        HeadSettings& settings = layer_.heads[head];
        Origin& origin = origins_[head];
        for (const HeadSort other : kHeadSorts) {
            if (!exclude_each_other(key.sort, other)) continue;
            std::string& scope = origin.scopes[static_cast<size_t>(other)];
            if (scope == s.scope)
                throw refusal(s, s.value,
                              fmt::format("{} or {}: {} has both", sort_name(other),
                                          sort_name(key.sort), printable(s.scope)));
            clear_sort(settings, other);
            scope.clear();
        }
        if (key.sort == HeadSort::kRule && !settings.approximation) origin.rule = false;
        if (!key.set(settings, s.value)) throw refusal(s, s.value, key.allowed);
        origin.rule |= s.key == "approximation.rule";
        origin.scopes[static_cast<size_t>(key.sort)] = s.scope;
    }

    void check_head(uint32_t head) const {
        const HeadSettings& settings = layer_.heads[head];
        Problem p;
        p.nq = p.nk = kMostKeys;
        p.mask = settings.seen.mask(layer_.causal);
        check_mask(p, 1);
        if (!settings.approximation) return;
        if (!origins_[head].rule)
            throw bad_field("schedule.approximation.rule", "missing",
                            head_key("approximation.rule")->allowed);
        if (settings.approximation->tiles == 0)
            throw bad_field("schedule.approximation.tiles", "missing",
                            head_key("approximation.tiles")->allowed);
        check_approximation(*settings.approximation, {1, 1, p.nq, p.nk, 1, 1, layer_.causal});
    }

    const ModelGraph& graph_;
    const std::string& name_;
    AttentionLayer& layer_;
    std::vector<Origin> origins_;
    std::string last_;
};

/// A setting of all layers that match.
struct PatternSettings {
    std::string pattern;
    std::vector<HeadSetting> settings;  ///< at least one
};

constexpr const char* kForm = "layers.PATTERN.KEY=VALUE or layers.PATTERN.heads.LIST.KEY=VALUE";

/// The key at the end of `path`, behind a dot and a pattern; the longest that there is.
const HeadKey* key_at_end(const std::string& path) {
    const HeadKey* found = nullptr;
    for (const HeadKey& key : head_keys()) {
        const std::string end = std::string(".") + key.name;
        const bool ends = path.size() > std::string(kLayerSetting).size() + end.size() &&
                          path.compare(path.size() - end.size(), end.size(), end) == 0;
        if (ends && (found == nullptr || end.size() > std::string(found->name).size() + 1))
            found = &key;
    }
    return found;
}

/// "topk-mean,tiles=8" behind "approximation.rule": values, and keys of the same sort or by their
/// whole name.
void read_values(const std::string& text, const HeadKey& key, HeadSetting s,
                 std::vector<HeadSetting>& all) {
    const std::string first = key.name;
    const std::string group = first.substr(0, first.find('.') + 1);
    s.key = key.name;
    for (size_t at = 0, end = 0; at <= text.size(); at = end + 1) {
        end = std::min(text.find(',', at), text.size());
        std::string part = text.substr(at, end - at);
        const size_t equals = part.find('=');
        if (at != 0) {
            const std::string name = part.substr(0, equals);
            const HeadKey* known = head_key(name);
            if (known == nullptr) known = head_key(group + name);
            s.path = s.scope + "." + name;
            if (known == nullptr) throw refusal(s, "not known", head_key_names());
            if (equals == part.npos) throw refusal(s, "without a value", "KEY=VALUE");
            s.key = known->name;
            part.erase(0, equals + 1);
        }
        s.value = part;
        all.push_back(s);
    }
}

PatternSettings settings_of(const std::string& where, const std::string& text) {
    PatternSettings all;
    HeadSetting s;
    s.where = where;
    const size_t equals = text.find('=');
    s.path = text.substr(0, equals);
    const HeadKey* key = key_at_end(s.path);
    if (key == nullptr)
        throw refusal(s, "not known", fmt::format("{} with KEY {}", kForm, head_key_names()));
    if (equals == text.npos) throw refusal(s, "without a value", kForm);
    s.scope = s.path.substr(0, s.path.size() - std::string(key->name).size() - 1);
    all.pattern = s.scope.substr(std::string(kLayerSetting).size());
    const size_t heads = all.pattern.rfind(kHeads);
    if (heads != all.pattern.npos) {
        s.heads = all.pattern.substr(heads + std::string(kHeads).size());
        if (!ranges_of(s.heads))
            throw refusal(s, "for heads " + s.heads, "numbers of heads, as 0,2-4");
        all.pattern.resize(heads);
    }
    read_values(text.substr(equals + 1), *key, s, all.settings);
    return all;
}

UserError no_match(const PatternSettings& s, const Model& model) {
    std::string first = "none";
    for (const auto& [graph_name, graph] : model.graphs)
        for (const ModelLayer& layer : graph.layers)
            if (first == "none" && std::holds_alternative<AttentionLayer>(layer.kind))
                first = layer.name;
    return refusal(s.settings.front(), "for " + s.pattern,
                   fmt::format("a pattern that an attention layer of {} matches, as {} or *",
                               printable(model.name), printable(first)));
}

}  // namespace

void set_heads(const ModelGraph& graph, ModelLayer& layer,
               const std::vector<HeadSetting>& settings) {
    if (settings.empty()) return;
    LayerSetter setter(graph, layer);
    for (const HeadSetting& setting : settings) setter.set(setting);
    setter.check();
}

void set_heads(Model& model, const std::string& where, const std::vector<std::string>& settings) {
    std::vector<PatternSettings> all;
    all.reserve(settings.size());
    for (const std::string& text : settings) all.push_back(settings_of(where, text));
    std::vector<bool> matched(all.size());
    for (auto& [graph_name, graph] : model.graphs)
        for (ModelLayer& layer : graph.layers) {
            if (!std::holds_alternative<AttentionLayer>(layer.kind)) continue;
            std::vector<HeadSetting> own;
            for (size_t i = 0; i < all.size(); ++i) {
                if (fnmatch(all[i].pattern.c_str(), layer.name.c_str(), 0) != 0) continue;
                matched[i] = true;
                own.insert(own.end(), all[i].settings.begin(), all[i].settings.end());
            }
            set_heads(graph, layer, own);
        }
    const auto unused = std::find(matched.begin(), matched.end(), false);
    if (unused != matched.end())
        throw no_match(all[static_cast<size_t>(unused - matched.begin())], model);
}

bool has_settings(const Model& model) {
    for (const auto& [name, graph] : model.graphs)
        for (const ModelLayer& layer : graph.layers)
            if (const auto* attention = std::get_if<AttentionLayer>(&layer.kind))
                if (!attention->heads.empty()) return true;
    return false;
}

std::string first_approximate_layer(const Model& model) {
    for (const auto& [name, graph] : model.graphs)
        for (const ModelLayer& layer : graph.layers)
            if (const auto* attention = std::get_if<AttentionLayer>(&layer.kind))
                for (const HeadSettings& head : attention->heads)
                    if (head.approximation) return layer.name;
    return "";
}

std::string heads_text(const AttentionLayer& layer) {
    if (layer.heads.empty()) return settings_text(layer.described());
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
        text += fmt::format("{}heads {}: {}", text.empty() ? "" : "; ", heads,
                            settings_text(layer.heads[first]));
    }
    return text;
}

}  // namespace tessera::host
