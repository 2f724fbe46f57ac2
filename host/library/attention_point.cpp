// SPDX-License-Identifier: MIT
#include "host/library/attention_point.h"

#include <fmt/format.h>

#include <utility>

#include "host/error.h"
#include "host/library/overwriting.h"
#include "host/report/attention_document.h"
#include "host/report/page.h"
#include "host/run/device_factory.h"
#include "host/text.h"
#include "host/version.h"
#include "spec/integers.h"

namespace tessera::host {
namespace {

constexpr uint64_t kDefaultTraceCommands = 20000;

/// All the files that are asked for.
std::vector<NamedOutput> files_of(const Experiment::Outputs& outputs) {
    std::vector<NamedOutput> files;
    if (!outputs.folder.empty()) files = outputs_in(outputs.folder, OutputFolder::all_file_names());
    if (!outputs.wave.empty()) files.push_back({"`outputs.wave`", outputs.wave});
    return files;
}

}  // namespace

AttentionPoint::AttentionPoint(const Experiment& experiment, const Caller& caller,
                               const RunHooks& hooks)
    : Point(caller),
      outputs_(experiment.outputs),
      execution_(execution_of(experiment, hooks)),
      record_(execution_.record()) {
    record_.command_line = caller.command_line;
    record_.inputs = inputs_of(experiment, caller.sources);
    if (caller.wants_tensors) execution_.keep_tensors();
    refuse_overwriting(experiment, caller.sources, files_of(outputs_));
    if (!outputs_.wave.empty()) prepare_wave();
    if (!outputs_.folder.empty()) prepare_folder();
}

void AttentionPoint::prepare_wave() {
    about_field("outputs.wave", [this] { wave_.emplace(outputs_.wave); });
    hierarchy_.emplace(wave_->temporary() + ".hier");  // beside it while it is written
    record_.config.platform.make_device =
        device_factory(Implementation::kRtl, record_.config, wave_->temporary());
}

void AttentionPoint::prepare_folder() {
    hw::PlatformConfig& platform = record_.config.platform;
    // All devices together have as many as one alone.
    const uint64_t traced = outputs_.trace_commands.value_or(kDefaultTraceCommands);
    platform.trace_commands = spec::divide_up(traced, platform.devices);
    folder_.emplace(outputs_.folder);
    if (execution_.has_data())
        output_.emplace(folder_->tensors_file(), record_,
                        Metadata{{"tool", std::string("tessera ") + kVersion},
                                 {"mask", caller().words(record_.problem.mask.text())},
                                 {"input", printable(record_.input)}});
}

void AttentionPoint::run() {
    execution_.run(output_ ? &*output_ : nullptr);
    if (folder_) record_.files = OutputFolder::file_names(record_);
    set_document(attention_document(record_));
    if (folder_)
        folder_->write_files(text(Format::kJson), record_,
                             output_ && !withheld(record_) ? &*output_ : nullptr);
    if (wave_) wave_->commit();
}

std::string AttentionPoint::files_text() const {
    if (!folder_) return "";
    std::string text = fmt::format("\nfiles in {}:", outputs_.folder);
    for (const std::string& name : record_.files) text += " " + name;
    text += "\n";
    if (!page_is_built()) text += std::string(kNoPage) + "\n";
    const uint64_t traced = commands_traced(record_.devices);
    const uint64_t total = record_.outcome.commands_total;
    if (traced < total)
        text += fmt::format(
            "trace.json: the first {} of {} commands; activity of the whole run as means over "
            "windows\n",
            with_commas(traced), with_commas(total));
    return text;
}

RunVerdict AttentionPoint::verdict() const {
    RunVerdict v{record_.exactness, "o"};
    if (approximation_withheld(record_))
        v.rejection = record_.approximation->verdict.text() +
                      "; o is withheld; `outputs.accept_approximation` writes it anyway";
    if (record_.error) v.check = &*record_.error;
    if (outputs_.check.value_or(false)) v.nothing_compared = nothing_compared(record_);
    v.outside_bound = outside_bound(record_);
    return v;
}

std::optional<Report::Errors> AttentionPoint::errors() const {
    if (!record_.error) return std::nullopt;
    const ErrorSummary& e = *record_.error;
    return Report::Errors{e.elements, e.not_compared(), e.outside,
                          e.max_abs,  e.rms_relative,   e.max_over_full_bound};
}

std::vector<Report::Tensor> AttentionPoint::tensors() const {
    if (!execution_.has_data() || withheld(record_)) return {};
    const Problem& p = record_.problem;
    const auto place = [&p](uint64_t row) { return p.place_of_row(row); };
    std::vector<uint64_t> shape = p.output_shape();
    std::vector<Report::Tensor> tensors = {tensor_of("o", shape, execution_.o(), place)};
    if (p.want_lse) {
        const std::vector<float> lse(execution_.lse().begin(), execution_.lse().end());
        shape.back() = 1;
        tensors.push_back(tensor_of("lse", shape, lse, place));
        tensors.back().shape = p.row_shape();
    }
    return tensors;
}

}  // namespace tessera::host
