// SPDX-License-Identifier: MIT
#include "host/cli/serve_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "host/cli/option_values.h"
#include "host/cli/progress.h"
#include "host/cli/report_format.h"
#include "host/cli/run_command.h"
#include "host/error.h"
#include "host/experiment/problem_of.h"
#include "host/library/output_folder.h"
#include "host/library/overwriting.h"
#include "host/model/model_folder.h"
#include "host/model/requests.h"
#include "host/report/serving_document.h"
#include "host/run/bytes.h"
#include "host/run/stopwatch.h"
#include "host/run/worker.h"
#include "host/text.h"

namespace tessera::host {
namespace {

constexpr const char* kCommandLine = "command line";

const std::vector<std::pair<std::string, ServePolicy>>& policies() {
    static const std::vector<std::pair<std::string, ServePolicy>> all = {
        {"prefill-first", ServePolicy::kPrefillFirst},
        {"decode-first", ServePolicy::kDecodeFirst},
        {"mixed", ServePolicy::kMixed}};
    return all;
}

TokenBounds range_of(const char* option, const std::string& text) {
    constexpr const char* kAllowed = "LEAST,MOST, from 1 on, ascending";
    const std::vector<uint32_t> ends = number_list(option, text, kAllowed);
    if (ends.size() > 2 || ends.front() == 0 || ends.front() > ends.back())
        throw bad_value(kCommandLine, option, text, kAllowed);
    return {ends.front(), ends.back()};
}

/// Each once.
std::vector<std::pair<std::string, ServePolicy>> chosen_policies(const std::string& names) {
    std::vector<std::pair<std::string, ServePolicy>> chosen;
    for (const std::string& name : parts_of(names)) {
        const ServePolicy policy = choose("--policy", name, policies());
        for (const auto& before : chosen)
            if (before.second == policy)
                throw bad_value(kCommandLine, "--policy", names, "each policy once");
        chosen.emplace_back(name, policy);
    }
    return chosen;
}

struct Workload {
    std::vector<RequestShape> shapes;
    std::string input;  ///< in words
};

Workload workload_of(const ServeOptions& options) {
    if (!options.trace.empty())
        return {read_requests(options.trace), "requests of " + options.trace};
    RandomRequests wish;
    wish.count = options.requests;
    wish.rate = options.rate;
    wish.prompt_tokens = range_of("--prompt-tokens", options.prompt_tokens);
    wish.new_tokens = range_of("--new-tokens", options.new_tokens);
    wish.seed = options.seed;
    if (!(wish.rate > 0) || wish.count / wish.rate > kMostArrival / 10)
        throw bad_value(kCommandLine, "--rate", fmt::format("{}", wish.rate),
                        fmt::format("{} or more: the last of {} requests is to come within {} s",
                                    10 * wish.count / kMostArrival, wish.count, kMostArrival));
    return {random_requests(wish),
            fmt::format("{} a second, exponential gaps; prompts of {} to {} tokens, {} to {} new "
                        "ones, uniform; seed {}",
                        wish.rate, wish.prompt_tokens.least, wish.prompt_tokens.most,
                        wish.new_tokens.least, wish.new_tokens.most, wish.seed)};
}

/// Room for as many of the longest requests as may be under way, unless the user says how much.
CacheShape cache_of(const ServeOptions& options, const std::vector<RequestShape>& requests,
                    uint32_t m) {
    CacheShape cache(0, options.page.value_or(m));
    for (const RequestShape& request : requests)
        cache.text_rows = std::max(cache.text_rows, request.rows());
    uint64_t longest = 0;  // in pages
    for (const RequestShape& request : requests)
        longest = std::max(longest, pages_of(request, cache));
    const uint64_t pages = options.pages.value_or(
        static_cast<uint32_t>(std::min<uint64_t>(longest * options.texts, UINT32_MAX)));
    if (pages < longest)
        throw bad_value(kCommandLine, "--pages", std::to_string(pages),
                        fmt::format("at least {}, which the longest request needs", longest));
    cache.rows = pages * cache.page_rows;
    if (cache.rows >= uint64_t{1} << 31)
        throw bad_value(kCommandLine, "--pages", std::to_string(pages),
                        "below 2^31 rows of the caches");
    return cache;
}

template <typename Walker, typename Record>
void walk(Walker& p, Record& record) {
    p.length(record.requests);
    for (auto& one : record.requests) {
        p.value(one.arrival);
        p.value(one.admitted);
        p.value(one.first_token);
        p.value(one.end);
        p.list(one.tokens);
    }
    p.length(record.runs);
    for (auto& run : record.runs) p.value(run);
}

/// What simulates a policy: everything but the policy.
struct Bench {
    const ModelFolder& folder;
    const ResolvedConfig& config;
    Precision precision;
    const std::vector<Request>& requests;
    ServeWish wish;
};

/// In a process of its own, as SystemC wants it.
ServedPolicy served(const std::string& name, const Bench& bench, Progress& progress) {
    const auto simulate = [&](const RunHooks& hooks) {
        Platform platform(bench.config.platform);
        ModelRun model(bench.folder.model, bench.folder.open_weights(),
                       {bench.config.platform, bench.config.energy, bench.precision}, platform,
                       bench.wish.cache, {});
        size_t ended = 0;
        ServedPolicy policy;
        policy.record = serve(model, bench.requests, bench.wish, [&](const Served&) {
            const auto all = static_cast<double>(bench.requests.size());
            if (hooks.progress) hooks.progress(name, static_cast<double>(++ended) / all);
        });
        policy.inexact = model.record().inexact;
        Packer p;
        p.text(policy.inexact);
        walk(p, policy.record);
        return p.bytes;
    };
    Worker worker(simulate, 0);
    const RunHooks hooks = progress.hooks();
    while (worker.receive(hooks)) {
    }
    const Bytes bytes = worker.finish(hooks);
    Unpacker p(bytes);
    ServedPolicy policy;
    policy.name = name;
    p.text(policy.inexact);
    walk(p, policy.record);
    return policy;
}

}  // namespace

int serve_command(const CommandLine& line, const std::vector<std::string>& command_line) {
    const Stopwatch watch;
    const ServeOptions& options = line.model.serve;
    report_format(line.format);
    const auto chosen = chosen_policies(options.policies);
    const ModelFolder folder = open_model(line.model.model);
    const DecoderShape& shape = folder.decoder_shape();
    ServingReport report;
    report.config = config_of(line.experiment);
    report.config.platform.timing_only = line.experiment.outputs.timing_only;
    report.config.platform.trace_commands = 0;
    Workload workload = workload_of(options);
    for (const RequestShape& request : workload.shapes)
        require_positions(shape, request.rows(), false);
    report.cache = cache_of(options, workload.shapes, report.config.platform.params.m);
    report.requests =
        requests_of(workload.shapes, shape.vocabulary, report.config.clock_ghz, options.seed);
    const std::string& out = line.experiment.outputs.folder;
    std::optional<OutputFolder> output;
    if (!out.empty()) {
        std::vector<std::string> inputs = folder.files();
        if (!options.trace.empty()) inputs.push_back(options.trace);
        refuse_overwriting(line.experiment, inputs,
                           outputs_in(out, {OutputFolder::kReport, OutputFolder::kPage}));
        output.emplace(out);
        report.files = OutputFolder::report_names();
    }
    Bench bench{folder, report.config, line.experiment.workload.precision, report.requests, {}};
    bench.wish.texts = options.texts;
    bench.wish.chunk = options.chunk;
    bench.wish.cache = report.cache;
    if (!options.ignore_end) bench.wish.end_tokens = shape.end_tokens;
    Progress progress;
    for (const auto& [name, policy] : chosen) {
        bench.wish.policy = policy;
        progress.phase(name);
        report.policies.push_back(served(name, bench, progress));
    }
    progress.finish();
    report.model = folder.model.name;
    report.weights = folder.weights;
    report.input = std::move(workload.input);
    report.command_line = command_line;
    report.texts = options.texts;
    report.chunk = options.chunk;
    report.row_bytes = shape.cache_bytes_per_token();
    report.seconds = watch.seconds();
    const Document document = serving_document(report);
    if (output) output->write_report(render(document, Format::kJson), nullptr);
    fmt::print("{}", render(document, report_format(line.format)));
    for (const ServedPolicy& policy : report.policies) {
        if (policy.inexact.empty()) continue;
        fmt::print(stderr, "tessera: the result is not exact: {}\n", policy.inexact);
        return kExitNotValid;
    }
    return kExitGood;
}

}  // namespace tessera::host
