// SPDX-License-Identifier: MIT
#include "host/report/title.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "host/report/dram.h"
#include "host/text.h"
#include "host/version.h"

namespace tessera::host {
namespace {

std::string sentinel_text(const Problem& p) {
    if (!p.sentinel.given()) return "";
    const std::string place = p.sentinel.query_column ? fmt::format("{:+} bits", p.sentinel.offset)
                                                      : std::string("zero key");
    return fmt::format(", sentinel {} ({})", sentinel_name(p.sentinel.form), place);
}

std::string devices_text(const RunRecord& record) {
    const uint32_t n = record.config.platform.devices;
    return n == 1 ? std::string() : fmt::format("{} x ", n);
}

std::string lengths_text(const Problem& p) {
    if (!p.ragged()) return p.batch == 1 ? "" : fmt::format("batch of {}; ", p.batch);
    std::string text = fmt::format("{}batch of {}", p.packed() ? "packed " : "",
                                   plural(p.sequence_count(), "sequence"));
    const auto add = [&](auto length_of, const char* what) {
        std::vector<uint32_t> lengths;
        for (uint32_t s = 0; s < p.sequence_count(); ++s) lengths.push_back((p.*length_of)(s));
        const auto [least, most] = std::minmax_element(lengths.begin(), lengths.end());
        text += fmt::format(", {} to {} {} each", with_commas(*least), with_commas(*most), what);
    };
    if (p.packed() || !p.query_lengths.empty()) add(&Problem::queries_of, "queries");
    if (p.packed() || !p.key_lengths.empty()) add(&Problem::keys_of, "keys");
    return text + (p.padding == Padding::kLeft ? ", padding on the left; " : "; ");
}

}  // namespace

std::string machine_text(const ResolvedConfig& config, const std::string& devices,
                         const std::string& implementation) {
    const spec::DeviceParams& d = config.platform.params;
    return fmt::format(
        "tessera {} on {}device {}{} (M {}, D {}, {} lanes, bus {} B, {:g} GHz), memory {}\n",
        kVersion, devices, config.device_name, implementation, d.m, d.d, d.lanes, d.bus_bytes,
        config.clock_ghz, memory_title(config.platform.memory));
}

std::string title_text(const RunRecord& record) {
    const Problem& p = record.problem;
    std::string text = machine_text(record.config, devices_text(record),
                                    record.implementation == "rtl" ? ", RTL" : "");
    text += fmt::format("input {} ({})\n", record.input, record.input_dtypes);
    const std::string heads = p.kv_heads == p.query_heads
                                  ? plural(p.query_heads, "head")
                                  : fmt::format("{} query heads, {}", p.query_heads,
                                                plural(p.kv_heads, "key/value head"));
    const std::string tokens =
        p.nq == p.nk ? plural(p.nq, "token")
                     : fmt::format("{} queries, {}", with_commas(p.nq), plural(p.nk, "key"));
    const std::string dims = p.d_k == p.d_v ? fmt::format("dimension {}", p.d_k)
                                            : fmt::format("d_k {}, d_v {}", p.d_k, p.d_v);
    text += fmt::format("{}{}, {}, {}; {} mask{}, schedule {}{}{}, scale {:.6g}{}{}\n",
                        lengths_text(p), heads, tokens, dims, p.mask.text(),
                        p.mask.positional() && (p.ragged() || p.nq != p.nk)
                            ? fmt::format(" aligned at the {}", align_name(p.mask.align))
                            : "",
                        p.cover        ? "self oracle"
                        : p.row_causal ? "causal oracle"
                                       : schedule_name(p.schedule),
                        p.stacked ? ", heads stacked" : "", sentinel_text(p), p.scale,
                        p.sink_logits ? ", sink logits" : "",
                        record.config.platform.timing_only ? "; timing only" : "");
    return text;
}

}  // namespace tessera::host
