// SPDX-License-Identifier: MIT
#include "host/cli/model_session.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <filesystem>

#include "host/cli/report_format.h"
#include "host/cli/run_command.h"
#include "host/error.h"
#include "host/experiment/problem_of.h"
#include "host/io/npy.h"
#include "host/library/overwriting.h"
#include "host/model/head_settings.h"
#include "host/report/audits.h"
#include "host/report/seen_pairs.h"
#include "host/report/summary.h"
#include "host/text.h"

namespace tessera::host {
namespace {

bool matches(const std::string& pattern, const std::string& layer) {
    return fnmatch(pattern.c_str(), layer.c_str(), 0) == 0;
}

}  // namespace

ModelSession::ModelSession(const CommandLine& line, const std::vector<std::string>& command_line,
                           const std::string& model)
    : line_(line),
      command_line_(command_line),
      folder_(open_model(line.model.model.empty() ? model : line.model.model)),
      config_(config_of(line.experiment)) {
    report_format(line.format);
    config_.platform.timing_only = line.experiment.outputs.timing_only;
    config_.platform.trace_commands = 0;
    check_pattern();
    set_heads(folder_.model, "--set", line.model.layers);
    const std::string& out = line.experiment.outputs.folder;
    if (!line.model.dump.empty() && out.empty())
        throw bad_value("command line", "--dump", line.model.dump, "beside --out FOLDER");
    if (line.experiment.outputs.timing_only) check_without_data();
    if (out.empty()) return;
    std::vector<std::string> inputs = line.model.files;
    for (const std::string* file : {&line.model.reference_text, &line.model.reference_embeddings})
        if (!file->empty()) inputs.push_back(*file);
    for (const std::string& file : folder_.files()) inputs.push_back(file);
    refuse_overwriting(
        line.experiment, inputs,
        outputs_in(out, {OutputFolder::kReport, OutputFolder::kPage, kEmbeddings, kLayers}));
    output_.emplace(out);
}

void ModelSession::check_without_data() const {
    if (line_.model.check || !line_.model.dump.empty())
        throw bad_value("command line", line_.model.check ? "--check" : "--dump", "given",
                        "without --timing-only, which computes nothing");
    const std::string layer = first_approximate_layer(folder_.model);
    if (!layer.empty())
        throw bad_value("layer " + printable(layer), "approximation.rule", "given",
                        "without --timing-only: tiles are chosen by what is in them");
}

void ModelSession::check_pattern() const {
    const std::string& pattern = line_.model.dump;
    if (pattern.empty()) return;
    std::string first;
    for (const auto& [name, graph] : folder_.model.graphs)
        for (const ModelLayer& layer : graph.layers) {
            if (matches(pattern, layer.name)) return;
            if (first.empty()) first = layer.name;
        }
    throw bad_value(
        "command line", "--dump", printable(pattern),
        fmt::format("a pattern that a layer of {} matches, as {} or *", folder_.model.name, first));
}

ModelRun& ModelSession::start(const CacheShape& cache) {
    ModelRun::Options options;
    options.wanted = [this](const std::string& layer) {
        return !line_.model.dump.empty() && matches(line_.model.dump, layer);
    };
    options.value = [this](const LayerValue& value) { keep(value); };
    return start(cache, std::move(options));
}

ModelRun& ModelSession::start(const CacheShape& cache, ModelRun::Options options) {
    options.check = line_.model.check;
    platform_ = std::make_unique<Platform>(config_.platform);
    run_ = std::make_unique<ModelRun>(
        folder_.model, folder_.open_weights(),
        ModelMachine{config_.platform, config_.energy, line_.experiment.workload.precision},
        *platform_, cache, std::move(options));
    return *run_;
}

/// The first value of a layer has the layer's name; those of later runs are numbered.
void ModelSession::keep(const LayerValue& value) {
    LayerValue kept = value;
    const std::string name = value.layer + "/" + value.value;
    kept.spec.name = name;
    uint64_t& runs = dumped_runs_[name];
    while (!dumped_names_.insert(kept.spec.name).second)
        kept.spec.name = fmt::format("{}#{}", name, ++runs);
    dumped_.push_back(std::move(kept));
}

bool ModelSession::withheld() const {
    return !run_->record().not_valid().empty() && !line_.experiment.outputs.accept_approximation;
}

/// Those of an earlier run that this one does not write are removed.
void ModelSession::write_files(const std::string& text, const std::vector<LayerValue>& tensors) {
    const std::string folder = line_.experiment.outputs.folder + "/";
    const std::vector<std::string> names = file_names(tensors);
    for (const char* known : {kEmbeddings, kLayers})
        if (std::find(names.begin(), names.end(), known) == names.end())
            std::filesystem::remove(folder + known);
    if (withheld()) return output_->write_report(text, nullptr);
    for (const LayerValue& tensor : tensors)
        write_npy(folder + tensor.spec.name + ".npy", tensor.spec.shape, tensor.numbers);
    if (!dumped_.empty()) {
        std::vector<TensorSpec> specs;
        for (const LayerValue& value : dumped_) specs.push_back(value.spec);
        SafetensorsWriter writer(folder + kLayers, specs, {});
        for (const LayerValue& value : dumped_)
            writer.write(value.spec.name, 0, value.numbers.data(), value.numbers.size());
        writer.commit();
    }
    output_->write_report(text, nullptr);
}

std::vector<std::string> ModelSession::file_names(const std::vector<LayerValue>& tensors) const {
    if (!output_) return {};
    std::vector<std::string> names = OutputFolder::report_names();
    if (withheld()) return names;
    if (!dumped_.empty()) names.emplace_back(kLayers);
    for (const LayerValue& tensor : tensors) names.push_back(tensor.spec.name + ".npy");
    return names;
}

int ModelSession::finish(ModelReport report, const std::vector<LayerValue>& tensors) {
    const ModelRecord& record = run_->record();
    progress_.finish();
    report.model = folder_.model.name;
    report.weights = folder_.weights;
    report.command_line = command_line_;
    report.inputs = folder_.files();
    report.inputs.insert(report.inputs.end(), line_.model.files.begin(), line_.model.files.end());
    report.config = config_;
    report.precision = line_.experiment.workload.precision;
    if (report.record == nullptr) report.record = &record;
    report.checked = line_.model.check && run_->with_data();
    report.seconds = watch_.seconds();
    report.files = file_names(tensors);
    if (has_settings(folder_.model)) add_seen_pairs(folder_.model, report);
    add_audits(report);
    if (const uint64_t vanished = run_->weights().vanished(); vanished != 0) {
        report.results.push_back(defined("weights_to_zero", vanished, "element",
                                         "weights that are not zero and below 2^-126, the least "
                                         "normal number of bf16: the device takes them as zeros"));
        progress_.note(
            fmt::format("{} below 2^-126 count as zeros",
                        vanished == 1 ? "1 weight" : with_commas(vanished) + " weights"));
    }
    const Document document = model_document(report);
    if (output_) write_files(render(document, Format::kJson), tensors);
    fmt::print("{}", render(document, report_format(line_.format)));
    if (!record.inexact.empty()) {
        fmt::print(stderr, "tessera: the result is not exact: {}\n", record.inexact);
        return kExitNotValid;
    }
    const std::string not_valid = record.not_valid();
    if (!not_valid.empty())
        fmt::print(
            stderr, "tessera: {}{}\n", not_valid,
            withheld() ? "; tensors are withheld; --accept-approximation writes them anyway" : "");
    if (withheld()) return kExitNotValid;
    const bool outside = std::any_of(record.layers.begin(), record.layers.end(),
                                     [](const LayerCost& layer) { return layer.outside != 0; });
    return outside ? kExitMismatch : kExitGood;
}

}  // namespace tessera::host
