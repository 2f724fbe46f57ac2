// SPDX-License-Identifier: MIT
#include "host/task/task_run.h"

#include <algorithm>
#include <utility>

namespace tessera::host {

TokenStream::TokenStream(const Task& task, Fetch fetch) : task_(task), fetch_(std::move(fetch)) {
    for (const Task::Layer& layer : task.layers()) {
        FetchRequest request;
        request.address_count = layer.address_count;
        request.content_bits = layer.content_bits;
        request.lookup = layer.lookup;
        request.asked.resize(layer.fetches);
        requests_.push_back(std::move(request));
    }
}

std::vector<Fields> TokenStream::add(std::vector<Fields> tokens) {
    const uint64_t first = requests_.front().tokens();
    for (size_t layer = 0; layer < requests_.size(); ++layer) {
        FetchRequest& request = requests_[layer];
        for (auto& head : request.asked) head.assign(tokens.size(), kNothing);
        for (uint64_t i = 0; i < tokens.size(); ++i) {
            const FetchRecord record = task_.record(layer, first + i, tokens[i]);
            request.addresses.push_back(record.address);
            request.contents.push_back(record.content);
            const std::vector<int64_t> asks = task_.asks(layer, first + i, tokens[i]);
            for (size_t head = 0; head < asks.size(); ++head) request.asked[head][i] = asks[head];
        }
        const Fetched fetched = fetch_(layer, request);
        std::vector<int64_t> own(fetched.size());
        for (uint64_t i = 0; i < tokens.size(); ++i) {
            for (size_t head = 0; head < own.size(); ++head) own[head] = fetched[head][i];
            tokens[i] = task_.update(layer, first + i, tokens[i], own);
        }
        updated_fields_ += tokens.size() * task_.field_names().size();
    }
    return tokens;
}

namespace {

/// Notes the layers' last fetches in the result.
TokenStream::Fetch fetch_of(const FetchModels& models, HeadRunner& runner, TaskResult& result) {
    result.fetched.resize(models.size());
    return [&models, &runner, &result](size_t layer, const FetchRequest& request) {
        result.fetched[layer] = models[layer]->fetch(request, runner);
        return result.fetched[layer];
    };
}

std::vector<Fields> true_tokens(const Task& task, uint64_t begin, uint64_t end) {
    std::vector<Fields> tokens;
    tokens.reserve(end - begin);
    for (uint64_t p = begin; p < end; ++p) tokens.push_back(task.token(p));
    return tokens;
}

/// What the same layers answer with what each query can reach, all tokens being `tokens`.
std::vector<Fields> expected_answers(const Task& task, const FetchModels& models,
                                     const std::vector<Fields>& tokens,
                                     std::string& no_closed_form) {
    TokenStream stream(task, [&](size_t layer, const FetchRequest& request) {
        if (no_closed_form.empty()) no_closed_form = models[layer]->no_closed_form(request);
        return models[layer]->expected(request);
    });
    return stream.add(tokens);
}

void judge(const Task& task, const FetchModels& models, TaskResult& result) {
    const std::vector<Fields> expected =
        expected_answers(task, models, result.tokens, result.no_closed_form);
    uint64_t expected_right = 0;
    for (uint64_t p = 0; p < task.tokens(); ++p) {
        if (!task.counts(p) && !task.emits(p)) continue;
        const Fields want = task.answer(p), &got = result.answers[p];
        if (got != want && !result.first_wrong)
            result.first_wrong = WrongAnswer{p, task.question(p), want, got};
        if (!task.counts(p)) continue;
        ++result.asked;
        if (got == want) ++result.right;
        if (expected[p] == want) ++expected_right;
        if (expected[p] != got) ++result.unexpected;
    }
    if (result.no_closed_form.empty())
        result.expected_right = expected_right;
    else
        result.unexpected = 0;
}

/// The first token behind which the model goes on by itself.
uint64_t prompt_of(const Task& task) {
    uint64_t p = 0;
    while (p + 1 < task.tokens() && !task.counts(p) && !task.emits(p)) ++p;
    return p;
}

}  // namespace

TaskResult run_pass(const Task& task, const FetchModels& models, HeadRunner& runner) {
    TaskResult result;
    TokenStream stream(task, fetch_of(models, runner, result));
    result.tokens = true_tokens(task, 0, task.tokens());
    result.answers = stream.add(result.tokens);
    result.updated_fields = stream.updated_fields();
    result.requests = stream.requests();
    judge(task, models, result);
    return result;
}

TaskResult run_token_by_token(const Task& task, const FetchModels& models, HeadRunner& runner,
                              const TaskProgress& progress) {
    TaskResult result;
    TokenStream stream(task, fetch_of(models, runner, result));
    const uint64_t prompt = prompt_of(task);
    result.tokens = true_tokens(task, 0, prompt);
    if (prompt > 0) result.answers = stream.add(result.tokens);
    for (uint64_t p = prompt; p < task.tokens(); ++p) {
        const bool own = p > prompt && task.emits(p - 1);
        result.tokens.push_back(own ? result.answers.back() : task.token(p));
        result.answers.push_back(stream.add({result.tokens.back()}).front());
        ++result.emitted;
        if (progress)
            progress(static_cast<double>(result.emitted) /
                     static_cast<double>(task.tokens() - prompt));
    }
    result.updated_fields = stream.updated_fields();
    result.requests = stream.requests();
    judge(task, models, result);
    return result;
}

}  // namespace tessera::host
