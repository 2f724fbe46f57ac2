// SPDX-License-Identifier: MIT
// A task with a known answer, as a hand-built transformer computes it (docs/use/tasks.md). A token
// is a few whole numbers, its fields. In every layer a token may own a record and fetches some
// others; what it fetched changes its fields. All of that are functions of a token's position and
// its own fields alone, as in a transformer: only fetches look at other tokens.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "host/task/codes.h"

namespace tessera::host {

/// Fields of a token: its symbol first. What the others are is the task's business; kNothing:
/// nothing.
inline constexpr size_t kFields = 5;
using Fields = std::array<int64_t, kFields>;

/// Fields of which those behind the given ones are nothing.
template <typename... Values>
Fields fields_of(Values... values) {
    Fields fields;
    fields.fill(kNothing);
    size_t i = 0;
    ((fields.at(i++) = static_cast<int64_t>(values)), ...);
    return fields;
}

struct FetchRecord {
    int64_t address = kNothing, content = kNothing;
};

class Task {
  public:
    /// What a layer does for all tokens.
    struct Layer {
        uint64_t address_count = 0;  ///< addresses are below it
        uint32_t content_bits = 8;
        uint32_t fetches = 1;  ///< of a token
        Lookup lookup = Lookup::kContent;
    };

    Task() = default;
    virtual ~Task() = default;
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;

    virtual uint64_t tokens() const = 0;
    virtual std::vector<Layer> layers() const = 0;
    /// The true token at a position.
    virtual Fields token(uint64_t position) const = 0;
    /// A token's record in a layer.
    virtual FetchRecord record(size_t layer, uint64_t position, const Fields& fields) const = 0;
    /// The addresses that it asks for in a layer, one a fetch.
    virtual std::vector<int64_t> asks(size_t layer, uint64_t position,
                                      const Fields& fields) const = 0;
    /// Its fields behind a layer that fetched these contents. Behind the last one: its answer.
    virtual Fields update(size_t layer, uint64_t position, const Fields& fields,
                          const std::vector<int64_t>& fetched) const = 0;

    /// Does the accuracy count the answer of this position?
    virtual bool counts(uint64_t position) const = 0;
    /// Is its answer the token behind it? Else that is given.
    virtual bool emits(uint64_t position) const = 0;
    /// The right answer of a position that counts or emits.
    virtual Fields answer(uint64_t position) const = 0;
    /// What is asked there, for people: "the value of key 17".
    virtual std::string question(uint64_t position) const = 0;
    /// What an answer is: "values", "cells".
    virtual const char* answers_name() const = 0;
    /// Names of the fields of a token, the symbol first.
    virtual std::vector<std::string> field_names() const = 0;
};

/// A chain of thought in one layer: the answer of a position is the token behind it.
class ChainTask : public Task {
  public:
    bool emits(uint64_t position) const override { return counts(position); }
    Fields answer(uint64_t position) const override { return token(position + 1); }
};

}  // namespace tessera::host
