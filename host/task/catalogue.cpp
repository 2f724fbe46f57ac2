// SPDX-License-Identifier: MIT
#include "host/task/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "host/error.h"
#include "host/experiment/problem_of.h"
#include "host/problem/mask.h"
#include "host/task/task_shapes.h"
#include "host/text.h"

namespace tessera::host {
namespace {

constexpr std::pair<ModelKind, const char*> kModelNames[] = {{ModelKind::kStandard, "standard"},
                                                             {ModelKind::kWindow, "window"},
                                                             {ModelKind::kSparse, "sparse"},
                                                             {ModelKind::kLinear, "linear"},
                                                             {ModelKind::kRing, "ring"}};
constexpr uint32_t kWholeContent = 8;  ///< bits that sparse and linear memories hold
constexpr uint64_t kMaxColumns = 4096;

const TaskInfo& info_of(const std::string& name) {
    std::string names;
    for (const TaskInfo& info : task_infos()) {
        if (name == info.name) return info;
        names += (names.empty() ? "" : ", ") + std::string(info.name);
    }
    throw bad_field("task.name", name, names);
}

ModelKind model_of(const TaskInfo& info, const std::string& name) {
    std::string names;
    for (const ModelKind model : info.models) {
        if (name == model_name(model)) return model;
        names += (names.empty() ? "" : ", ") + std::string(model_name(model));
    }
    throw bad_field("task.model", name, fmt::format("{} with {}", names, info.name));
}

Addressing addressing_of(ModelKind model, uint64_t span) {
    switch (model) {
        case ModelKind::kWindow:
            return span <= kWindowAddresses ? Addressing::kWindow : Addressing::kPosition;
        case ModelKind::kLinear: return Addressing::kStored;
        case ModelKind::kRing: return Addressing::kRing;
        case ModelKind::kStandard:
        case ModelKind::kSparse: break;
    }
    return Addressing::kPosition;
}

CodeKind code_of(const std::string& name, CodeKind usual) {
    if (name.empty()) return usual;
    if (name == "digits") return CodeKind::kDigits;
    if (name == "bits") return CodeKind::kBits;
    throw bad_field("task.code", name, "digits, bits");
}

/// Only the standard model goes by the user's mask.
void check_mask_of_model(ModelKind model, const Experiment::Mask& mask) {
    const bool sparse = model == ModelKind::kSparse;
    const bool terms = mask.kind || mask.prefix != 0 || mask.window != 0 || mask.sinks != 0 ||
                       !mask.documents.empty() || !mask.tile_flags.empty() ||
                       (!sparse && (mask.block != 0 || mask.summary != 0));
    if (model == ModelKind::kStandard || !terms) return;
    throw bad_field(
        "workload.mask", "given",
        fmt::format("{}with `task.model` {}, which has a mask of its own",
                    sparse ? "`workload.mask.block` and `workload.mask.summary` only " : "none ",
                    model_name(model)));
}

/// As in `tessera run` the mask is causal where a term looks back; windows of encoders do not.
MaskKind usual_mask(const TaskShape& shape, const Experiment::Mask& mask) {
    const bool looks_back = mask.prefix != 0 || mask.block != 0;
    return looks_back ? MaskKind::kCausal : shape.mask;
}

void set_mask(const TaskShape& shape, ModelKind model, FetchSettings& settings) {
    Experiment::Mask& mask = settings.experiment.workload.mask;
    check_mask_of_model(model, mask);
    if (model == ModelKind::kStandard && !mask.kind) mask.kind = usual_mask(shape, mask);
    if (model == ModelKind::kWindow) {
        mask.kind = MaskKind::kCausal;
        mask.window = shape.span;
    }
    if (model != ModelKind::kSparse) return;
    const auto tokens = static_cast<uint32_t>(shape.task->tokens());
    settings.block = static_cast<uint32_t>(mask.block);
    if (mask.block == 0) settings.block = std::max(2U, sparse_block(tokens));
    // A block keeps what later tokens can still need.
    if (shape.span != 0) settings.kept = static_cast<uint32_t>(shape.span - 1);
    settings.summaries = static_cast<uint32_t>(std::max<uint64_t>(mask.summary, 1));
    if (settings.block < 2 || (settings.block & (settings.block - 1)) != 0)
        throw bad_field("workload.mask.block", std::to_string(settings.block),
                        "a power of two from 2 on with `task.model` sparse");
    if (settings.summaries > settings.block)
        throw bad_field("workload.mask.summary", std::to_string(settings.summaries),
                        fmt::format("1 to the block, {}", settings.block));
    mask = {};
}

/// So many that the model can do the task.
uint32_t needed_columns(const Task& task, ModelKind model, const FetchSettings& settings) {
    uint32_t needed = 2;
    for (const Task::Layer& layer : task.layers()) {
        if (model == ModelKind::kLinear || model == ModelKind::kRing) {
            const double root = std::ceil(std::sqrt(static_cast<double>(layer.address_count)));
            needed = std::max(needed, static_cast<uint32_t>(root));
            continue;
        }
        if (layer.lookup == Lookup::kLargestBelow) {
            needed = std::max(needed, largest_fetch_columns(layer.address_count));
            continue;
        }
        const ContentCode content(settings.code, layer.content_bits);
        const AddressCode address(settings.code, layer.address_count, kMaxColumns,
                                  content.columns());
        needed = std::max(needed, address.needed_columns());
    }
    if (model != ModelKind::kSparse) return needed;
    const uint32_t kept =
        settings.kept == 0 ? settings.block : std::min(settings.kept, settings.block);
    return std::max(needed, (kept + settings.summaries - 1) / settings.summaries);
}

/// Below them a layer of softmax attention cannot be built; from there on it may still be wrong.
uint32_t least_columns(const Task::Layer& layer, const FetchSettings& settings) {
    if (layer.lookup == Lookup::kLargestBelow) return largest_fetch_columns(layer.address_count);
    return ContentCode(settings.code, layer.content_bits).columns() +
           AddressCode::least_tag_columns(settings.code);
}

void set_columns(const TaskOptions& options, ModelKind model, const Task& task,
                 FetchSettings& settings) {
    settings.columns = needed_columns(task, model, settings);
    if (options.columns) {
        if (*options.columns < 2 || *options.columns > kMaxColumns)
            throw bad_field("task.columns", std::to_string(*options.columns),
                            fmt::format("2 to {}", kMaxColumns));
        settings.columns = static_cast<uint32_t>(*options.columns);
    }
    const bool softmax = model == ModelKind::kStandard || model == ModelKind::kWindow;
    for (const Task::Layer& layer : task.layers()) {
        if (softmax) {
            const uint32_t least = least_columns(layer, settings);
            if (least <= settings.columns) continue;
            throw bad_field("task.columns", std::to_string(settings.columns),
                            fmt::format("from {} on here", least));
        }
        if (layer.content_bits > kWholeContent)
            throw bad_field("task.model", model_name(model),
                            fmt::format("standard: contents of this task have {} bits, and others "
                                        "hold {}",
                                        layer.content_bits, kWholeContent));
    }
}

/// A black box adds a sentinel that has to lie among the scores.
void check_profile(const Task& task, const TaskInfo& info, const Experiment& experiment) {
    const std::vector<Task::Layer> layers = task.layers();
    const bool far_apart = std::any_of(layers.begin(), layers.end(), [](const Task::Layer& layer) {
        return layer.lookup == Lookup::kLargestBelow;
    });
    if (!far_apart) return;
    if (config_of(experiment).platform.params.profile != spec::Profile::kBlackbox) return;
    throw bad_field("task.name", info.name,
                    "others on a black box: its scores are too far apart for a sentinel");
}

void set_gap(const TaskOptions& options, const Task& task, FetchSettings& settings) {
    settings.gap = options.gap.value_or(kUsualGap);
    double most = kCodeGap;
    for (const Task::Layer& layer : task.layers())
        if (layer.lookup == Lookup::kContent)
            most = std::min(
                most,
                AddressCode(settings.code, layer.address_count, settings.columns, 1).largest_gap());
    if (!(settings.gap > 0 && settings.gap <= most))
        throw bad_field("task.gap", fmt::format("{}", settings.gap),
                        fmt::format("more than 0 and at most {} here", std::floor(most)));
}

}  // namespace

const char* model_name(ModelKind model) {
    for (const auto& [kind, name] : kModelNames)
        if (kind == model) return name;
    return "";
}

const std::vector<TaskInfo>& task_infos() {
    using M = ModelKind;
    static const std::vector<TaskInfo> infos = {
        {"kv", "values of keys; records are single tokens", {M::kStandard, M::kLinear}},
        {"mqar", "values of keys; a record is a key token and a value token", {M::kStandard}},
        {"vartrack", "values of variables at the end of chains", {M::kStandard}},
        {"induction", "a text twice, copied by its last symbols", {M::kStandard}},
        {"copy", "a text twice, copied by position", {M::kStandard, M::kSparse, M::kLinear}},
        {"listops", "nested lists of digits with operators, by an encoder", {M::kStandard}},
        {"reg", "regular dynamic programming", {M::kStandard, M::kSparse, M::kLinear}},
        {"lis",
         "longest increasing subsequences of a list, by their ends",
         {M::kStandard, M::kLinear}},
        {"reg-local",
         "the same; cells need only the last few",
         {M::kStandard, M::kWindow, M::kSparse, M::kLinear, M::kRing}},
        {"ed",
         "edit distance of two texts, cell by cell",
         {M::kStandard, M::kSparse, M::kLinear, M::kRing}},
        {"arithmetic",
         "an expression modulo 11, step by step",
         {M::kStandard, M::kWindow, M::kSparse, M::kLinear, M::kRing}},
        {"ed-local",
         "a pattern sought in a text, by edit distance",
         {M::kStandard, M::kWindow, M::kSparse, M::kLinear, M::kRing}}};
    return infos;
}

TaskSetup make_task(const TaskOptions& options, const Experiment& experiment) {
    const TaskInfo& info = info_of(options.name);
    TaskSetup setup;
    setup.model = model_of(info, options.model);
    const ModelKind model = setup.model;
    TaskShape shape =
        task_shape(options, [model](uint64_t span) { return addressing_of(model, span); });
    setup.settings.experiment = experiment;
    setup.settings.code = code_of(options.code, shape.code);
    const bool softmax = model == ModelKind::kStandard || model == ModelKind::kWindow;
    if (!softmax && !options.code.empty())
        throw bad_field("task.code", options.code,
                        fmt::format("none with `task.model` {}", options.model));
    if (options.token_by_token && shape.mask == MaskKind::kDense)
        throw bad_field("task.token_by_token", "given",
                        fmt::format("not with {}, whose tokens see later ones", info.name));
    check_profile(*shape.task, info, experiment);
    set_mask(shape, model, setup.settings);
    set_columns(options, model, *shape.task, setup.settings);
    set_gap(options, *shape.task, setup.settings);
    setup.title = fmt::format("{}: {}, seed {}", info.name, shape.text, options.seed);
    setup.task = std::move(shape.task);
    return setup;
}

namespace {

std::unique_ptr<FetchModel> model_of_layer(const TaskSetup& setup, Lookup lookup,
                                           std::string label) {
    const FetchSettings& settings = setup.settings;
    if (lookup == Lookup::kLargestBelow) return largest_fetch(settings, std::move(label));
    if (lookup == Lookup::kOrder) return order_fetch(settings, std::move(label));
    switch (setup.model) {
        case ModelKind::kSparse: return sparse_fetch(settings, std::move(label));
        case ModelKind::kLinear:
        case ModelKind::kRing: return linear_fetch(settings, std::move(label));
        case ModelKind::kStandard:
        case ModelKind::kWindow: break;
    }
    return standard_fetch(settings, std::move(label));
}

}  // namespace

std::vector<std::unique_ptr<FetchModel>> models_of(const TaskSetup& setup) {
    std::vector<std::unique_ptr<FetchModel>> models;
    for (const Task::Layer& layer : setup.task->layers())
        models.push_back(
            model_of_layer(setup, layer.lookup, fmt::format("layer {}", models.size() + 1)));
    return models;
}

}  // namespace tessera::host
