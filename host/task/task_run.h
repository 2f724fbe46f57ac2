// SPDX-License-Identifier: MIT
// A task done by a model, in one pass over all tokens or token by token, and held against the
// truth.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/task/fetch.h"
#include "host/task/task.h"

namespace tessera::host {

/// The tokens of a task as they go through the layers, those that are there so far.
class TokenStream {
  public:
    /// What a layer's queries fetch.
    using Fetch = std::function<Fetched(size_t layer, const FetchRequest& request)>;

    TokenStream(const Task& task, Fetch fetch);
    /// Adds tokens behind the others and returns their answers.
    std::vector<Fields> add(std::vector<Fields> tokens);

    /// What each layer was asked last; its records are those of all tokens.
    const std::vector<FetchRequest>& requests() const { return requests_; }
    /// Fields that the layers have changed.
    uint64_t updated_fields() const { return updated_fields_; }

  private:
    const Task& task_;
    const Fetch fetch_;
    std::vector<FetchRequest> requests_;
    uint64_t updated_fields_ = 0;
};

/// An answer that is not right.
struct WrongAnswer {
    uint64_t position = 0;
    std::string question;
    Fields want = {}, got = {};
};

struct TaskResult {
    uint64_t asked = 0, right = 0;           ///< answers that count
    std::optional<uint64_t> expected_right;  ///< by closed form
    uint64_t unexpected = 0;                 ///< answers that are not those of the closed form
    std::string no_closed_form;              ///< why; empty if there is one
    std::optional<WrongAnswer> first_wrong;
    uint64_t updated_fields = 0;         ///< by the host, between attentions
    uint64_t emitted = 0;                ///< tokens that were made one at a time
    std::vector<Fields> tokens;          ///< as the model saw them
    std::vector<Fields> answers;         ///< of each token
    std::vector<FetchRequest> requests;  ///< of each layer, the last
    std::vector<Fetched> fetched;        ///< of each layer, the last
};

using FetchModels = std::vector<std::unique_ptr<FetchModel>>;
/// Told the share that is done.
using TaskProgress = std::function<void(double share)>;

/// All tokens are the true ones, and go through the layers at once.
TaskResult run_pass(const Task& task, const FetchModels& models, HeadRunner& runner);
/// One token after the other, from the first that counts on. Those that the task emits are the
/// model's own.
TaskResult run_token_by_token(const Task& task, const FetchModels& models, HeadRunner& runner,
                              const TaskProgress& progress);

}  // namespace tessera::host
