// SPDX-License-Identifier: MIT
// What the commands that run models have in common: the model and its machine, values that are to
// be dumped, report and files.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "host/cli/options.h"
#include "host/cli/progress.h"
#include "host/library/output_folder.h"
#include "host/model/dense_graphs.h"
#include "host/model/model_folder.h"
#include "host/model/model_run.h"
#include "host/report/model_document.h"
#include "host/run/stopwatch.h"

namespace tessera::host {

class ModelSession {
  public:
    /// UserError as open_model() and set_heads(), for a device that is not there, and for a
    /// pattern that no layer of the model matches.
    /// `model`: the one of the command.
    ModelSession(const CommandLine& line, const std::vector<std::string>& command_line,
                 const std::string& model);

    const ModelFolder& folder() const { return folder_; }
    /// Puts the model on its machine; caches are of that shape. Values that are to be dumped are
    /// kept, or `options` say where they go.
    ModelRun& start(const CacheShape& cache);
    ModelRun& start(const CacheShape& cache, ModelRun::Options options);
    /// Adds graphs of dense attention beside the model's own (host/model/dense_graphs.h). Ahead of
    /// start().
    void add_dense_graphs() { host::add_dense_graphs(folder_.model); }
    double clock_ghz() const { return config_.clock_ghz; }
    Progress& progress() { return progress_; }

    static constexpr const char* kLayers = "layers.safetensors";
    static constexpr const char* kEmbeddings = "embeddings.npy";

    /// Fills what `report` has in common for all commands, writes the files of --out, with
    /// `tensors` beside them, prints the report and says how the run went.
    int finish(ModelReport report, const std::vector<LayerValue>& tensors = {});

  private:
    void check_pattern() const;
    void check_without_data() const;
    /// Is a result of the run not to be written?
    bool withheld() const;
    void keep(const LayerValue& value);
    std::vector<std::string> file_names(const std::vector<LayerValue>& tensors) const;
    void write_files(const std::string& text, const std::vector<LayerValue>& tensors);

    const Stopwatch watch_;
    const CommandLine& line_;
    const std::vector<std::string>& command_line_;
    ModelFolder folder_;
    ResolvedConfig config_;
    std::optional<OutputFolder> output_;
    Progress progress_;
    std::unique_ptr<Platform> platform_;
    std::unique_ptr<ModelRun> run_;
    std::vector<LayerValue> dumped_;
    std::set<std::string> dumped_names_;
    std::map<std::string, uint64_t> dumped_runs_;  ///< beside the first
};

}  // namespace tessera::host
