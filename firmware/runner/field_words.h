// SPDX-License-Identifier: MIT
// A job whose words are its fields, one after the other as its fields() names them: a number, a
// flag or a choice is one word, 64 bits are two, a tensor its own fields. docs/contract/jobs.md.
#pragma once
#include <stdint.h>

namespace tessera::fw {

/// Is told of every word of a job, in their order.
template <typename Word>
class FieldWalk {
  public:
    constexpr explicit FieldWalk(Word word) : word_(word) {}
    template <typename... Fields>
    constexpr void operator()(Fields&... fields) {
        (visit(fields), ...);
    }

  private:
    constexpr void visit(uint64_t& field) {
        uint32_t low = static_cast<uint32_t>(field), high = static_cast<uint32_t>(field >> 32);
        word_(low);
        word_(high);
        field = low | uint64_t{high} << 32;
    }
    constexpr void visit(bool& field) {
        uint32_t word = field ? 1 : 0;
        word_(word);
        field = word != 0;
    }
    template <typename Field>
    constexpr void visit(Field& field) {
        visit_any(field, 0);
    }
    /// Something with fields, which is the better match for an int; else a number or a choice.
    template <typename Field>
    constexpr auto visit_any(Field& field, int) -> decltype(field.fields(*this)) {
        field.fields(*this);
    }
    template <typename Field>
    constexpr void visit_any(Field& field, long) {
        auto word = static_cast<uint32_t>(field);
        word_(word);
        field = static_cast<Field>(word);
    }

    Word word_;
};

template <typename Job>
constexpr uint32_t count_words() {
    uint32_t count = 0;
    FieldWalk walk([&count](uint32_t&) { ++count; });
    Job job;
    job.fields(walk);
    return count;
}

/// A job in device memory.
template <typename Job>
struct FieldWords {
    uint32_t word[count_words<Job>()];
};

template <typename Job>
constexpr FieldWords<Job> encode(Job job) {
    FieldWords<Job> words{};
    uint32_t at = 0;
    FieldWalk walk([&](uint32_t& word) { words.word[at++] = word; });
    job.fields(walk);
    return words;
}

/// The job that such words tell, legal or not.
template <typename Job>
constexpr Job decode(const FieldWords<Job>& words) {
    Job job;
    uint32_t at = 0;
    FieldWalk walk([&](uint32_t& word) { word = words.word[at++]; });
    job.fields(walk);
    return job;
}

}  // namespace tessera::fw
