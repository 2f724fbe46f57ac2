// SPDX-License-Identifier: MIT
#include "host/task/task_tensors.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "host/version.h"

namespace tessera::host {
namespace {

struct NamedNumbers {
    std::string name;
    std::vector<uint64_t> shape;
    std::vector<int64_t> numbers;
};

std::vector<int64_t> flat(const std::vector<Fields>& rows) {
    std::vector<int64_t> numbers;
    numbers.reserve(rows.size() * kFields);
    for (const Fields& row : rows) numbers.insert(numbers.end(), row.begin(), row.end());
    return numbers;
}

NamedNumbers flat(std::string name, const std::vector<std::vector<int64_t>>& heads) {
    NamedNumbers all{std::move(name), {heads.size(), heads.front().size()}, {}};
    for (const std::vector<int64_t>& head : heads)
        all.numbers.insert(all.numbers.end(), head.begin(), head.end());
    return all;
}

std::vector<NamedNumbers> numbers_of(const Task& task, const TaskResult& result) {
    const uint64_t tokens = task.tokens();
    std::vector<Fields> truth(tokens, fields_of());
    std::vector<int64_t> counts(tokens);
    for (uint64_t p = 0; p < tokens; ++p) {
        counts[p] = task.counts(p) ? 1 : 0;
        if (task.counts(p) || task.emits(p)) truth[p] = task.answer(p);
    }
    std::vector<NamedNumbers> all = {{"tokens", {tokens, kFields}, flat(result.tokens)},
                                     {"answers", {tokens, kFields}, flat(result.answers)},
                                     {"truth", {tokens, kFields}, flat(truth)},
                                     {"counts", {tokens}, counts}};
    for (size_t layer = 0; layer < result.requests.size(); ++layer) {
        const FetchRequest& request = result.requests[layer];
        const std::string prefix = fmt::format("layer{}.", layer + 1);
        all.push_back({prefix + "addresses", {tokens}, request.addresses});
        all.push_back({prefix + "contents", {tokens}, request.contents});
        all.push_back(flat(prefix + "asked", request.asked));
        all.push_back(flat(prefix + "fetched", result.fetched[layer]));
    }
    return all;
}

}  // namespace

std::unique_ptr<SafetensorsWriter> task_tensors(const std::string& path, const Task& task,
                                                const TaskResult& result) {
    const std::vector<NamedNumbers> all = numbers_of(task, result);
    std::vector<TensorSpec> specs;
    specs.reserve(all.size());
    for (const NamedNumbers& one : all) specs.push_back({one.name, Dtype::kI64, one.shape});
    auto writer = std::make_unique<SafetensorsWriter>(
        path, specs, Metadata{{"tool", std::string("tessera ") + kVersion}});
    for (const NamedNumbers& one : all)
        writer->write(one.name, 0, one.numbers.data(), one.numbers.size());
    return writer;
}

}  // namespace tessera::host
