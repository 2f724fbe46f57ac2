// SPDX-License-Identifier: MIT
#include "host/model/dense_graphs.h"

#include <set>

namespace tessera::host {
namespace {

/// Gives values that live on their new names in a layer.
class Renamer {
  public:
    explicit Renamer(const std::set<std::string>& values) : values_(values) {}

    void operator()(LinearLayer& layer) const {
        rename({&layer.input, &layer.residual});
        for (LinearPart& part : layer.parts) rename({&part.output});
    }
    void operator()(AttentionLayer& layer) const {
        rename({&layer.queries, &layer.keys, &layer.values, &layer.output});
        layer.heads.clear();
    }
    void operator()(GateLayer& layer) const { rename({&layer.input, &layer.by, &layer.output}); }
    void operator()(AddLayer& layer) const { rename({&layer.input, &layer.other, &layer.output}); }
    template <typename Layer>
    void operator()(Layer& layer) const {
        rename({&layer.input, &layer.output});
    }

  private:
    void rename(const std::vector<std::string*>& names) const {
        for (std::string* name : names)
            if (values_.count(*name) != 0) *name = kDensePrefix + *name;
    }

    const std::set<std::string>& values_;
};

}  // namespace

void add_dense_graphs(Model& model) {
    std::set<std::string> living;
    for (const auto& [name, graph] : model.graphs) {
        living.insert(graph.outputs.begin(), graph.outputs.end());
        for (const ModelLayer& layer : graph.layers)
            for (const std::string& value : values_appended(layer)) living.insert(value);
    }
    std::map<std::string, ModelGraph> dense;
    for (const auto& [name, graph] : model.graphs) {
        ModelGraph& made = dense[kDensePrefix + name] = graph;
        for (std::string& output : made.outputs) output = kDensePrefix + output;
        for (ModelLayer& layer : made.layers) std::visit(Renamer(living), layer.kind);
    }
    model.graphs.merge(dense);
}

}  // namespace tessera::host
