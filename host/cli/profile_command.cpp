// SPDX-License-Identifier: MIT
#include "host/cli/profile_command.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "host/cli/option_values.h"
#include "host/cli/progress.h"
#include "host/cli/report_format.h"
#include "host/cli/run_command.h"
#include "host/error.h"
#include "host/experiment/problem_of.h"
#include "host/library/output_folder.h"
#include "host/library/overwriting.h"
#include "host/report/profile_document.h"
#include "host/report/render.h"
#include "host/run/stopwatch.h"
#include "host/text.h"

namespace tessera::host {
namespace {

/// A folder has it under its usual name.
std::string configuration_file(const std::string& model) {
    std::error_code none;
    return std::filesystem::is_directory(model, none) ? model + "/config.json" : model;
}

std::vector<uint32_t> tokens_of(const ProfileOptions& options) {
    const std::string allowed = fmt::format("tokens, 1 to {}", with_commas(kMostProfiled));
    std::vector<uint32_t> all = number_list("--tokens", options.tokens, allowed.c_str());
    for (const uint32_t tokens : all)
        if (tokens == 0 || tokens > kMostProfiled)
            throw bad_value("command line", "--tokens", std::to_string(tokens), allowed);
    return all;
}

/// Presets on which heads of this width fit.
std::string wide_presets(uint32_t width) {
    std::string names;
    for (const PresetInfo& preset : device_presets())
        if (resolve_config(preset.name, "ideal", {}).platform.params.d >= width)
            names += (names.empty() ? "" : ", ") + preset.name;
    return names.empty() ? "none of the presets is wider" : "wide enough: " + names;
}

/// Products over several blocks are added up in the device. Random stalls are not predicted.
void check_device(const DecoderShape& shape, const ResolvedConfig& config) {
    const spec::DeviceParams& params = config.platform.params;
    if (shape.head_width > params.d)
        throw bad_value(shape.file, "width of a head", std::to_string(shape.head_width),
                        fmt::format("at most D = {} of device {}; {}", params.d, config.device_name,
                                    wide_presets(shape.head_width)));
    if (params.profile != spec::Profile::kStateful)
        throw bad_value("device", "profile", "without running states",
                        "stateful, which adds up products");
    if (const uint32_t stalls = config.platform.memory.stall.permille; stalls != 0)
        throw bad_value("memory", "stall.permille", std::to_string(stalls),
                        "0: stalls are random, and are not predicted");
}

}  // namespace

int profile_command(const CommandLine& line, const std::vector<std::string>& command_line) {
    const Stopwatch watch;
    const Format format = report_format(line.format);
    const ProfileOptions& options = line.model.profile;
    const std::vector<uint32_t> all_tokens = tokens_of(options);
    ProfileReport report;
    report.shape = read_decoder_shape_file(configuration_file(line.model.model));
    report.config = config_of(line.experiment);
    check_device(report.shape, report.config);
    const std::string& out = line.experiment.outputs.folder;
    std::optional<OutputFolder> output;
    if (!out.empty()) {
        refuse_overwriting(line.experiment, {report.shape.file},
                           outputs_in(out, {OutputFolder::kReport, OutputFolder::kPage}));
        output.emplace(out);
        report.files = OutputFolder::report_names();
    }
    report.command_line = command_line;
    report.precision = line.experiment.workload.precision;
    report.chunk = options.chunk;
    Progress progress;
    progress.phase("predicting");
    Profiler profiler(report.shape,
                      {report.config.platform, report.config.energy, report.precision});
    report.model = profiler.family();
    report.weight_bytes = profiler.weight_bytes();
    for (const uint32_t tokens : all_tokens) {
        auto both = profiler.profile(tokens, options.chunk);
        report.profiles.push_back(
            {tokens, {std::move(both.first), std::move(both.second)}, profiler.resident_bytes()});
        progress.share(static_cast<double>(report.profiles.size()) /
                       static_cast<double>(all_tokens.size()));
    }
    progress.finish();
    report.seconds = watch.seconds();
    const Document document = profile_document(report);
    if (output) output->write_report(render(document, Format::kJson), nullptr);
    fmt::print("{}", render(document, format));
    return kExitGood;
}

}  // namespace tessera::host
