// SPDX-License-Identifier: MIT
// FETCH(address) -> content, the one thing that the hand-built models of tasks do with attention
// (docs/use/tasks.md, section 3). Every token may own a record, an address with a content; a query
// names an address.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/task/codes.h"
#include "host/task/head_runner.h"

namespace tessera::host {

/// The records of all tokens so far, and what the last of them ask: in a pass all of them, token by
/// token the last one.
struct FetchRequest {
    uint64_t address_count = 0;  ///< addresses are below it
    uint32_t content_bits = 8;
    Lookup lookup = Lookup::kContent;
    std::vector<int64_t> addresses, contents;  ///< [tokens]; kNothing: no record
    std::vector<std::vector<int64_t>> asked;  ///< [fetches][queries] addresses; kNothing: not asked

    uint64_t tokens() const { return addresses.size(); }
    uint64_t queries() const { return asked.front().size(); }
    /// The token of query 0.
    uint64_t first() const { return tokens() - queries(); }
};

/// [fetches][queries]; kNothing: the model does not know, or nothing was asked.
using Fetched = std::vector<std::vector<int64_t>>;

/// One layer's memory. It may keep what earlier tokens left, so a layer has one of its own, and
/// requests come in the order of their tokens.
class FetchModel {
  public:
    explicit FetchModel(std::string label) : label_(std::move(label)) {}
    virtual ~FetchModel() = default;
    FetchModel(const FetchModel&) = delete;
    FetchModel& operator=(const FetchModel&) = delete;

    /// Codes the request as operands, has `runner` attend, and decodes the outputs.
    virtual Fetched fetch(const FetchRequest& request, HeadRunner& runner) = 0;
    /// What fetch() gives in exact arithmetic, by which records a query can reach.
    virtual Fetched expected(const FetchRequest& request) const = 0;
    /// Why expected() does not hold, as a clause; empty if it does.
    virtual std::string no_closed_form(const FetchRequest& request) const = 0;

  protected:
    const std::string& label() const { return label_; }

  private:
    const std::string label_;
};

/// How the models of a task are built.
struct FetchSettings {
    Experiment experiment;  ///< its machine and mask
    CodeKind code = CodeKind::kDigits;
    uint32_t columns = 0;                         ///< most columns of a query, key or value
    double gap = kUsualGap;                       ///< of scores, in powers of two
    uint32_t block = 0, summaries = 1, kept = 0;  ///< of SparseFetch
};

/// Softmax attention under any mask: one head a fetch.
std::unique_ptr<FetchModel> standard_fetch(const FetchSettings& settings, std::string label);
/// Attention to the own block and to `summaries` tokens of every earlier one, which gather the last
/// `kept` contents of theirs (0: all) before. Addresses are positions.
std::unique_ptr<FetchModel> sparse_fetch(const FetchSettings& settings, std::string label);
/// Linear attention whose state is a memory of columns * columns contents. Contents of one address
/// add up.
std::unique_ptr<FetchModel> linear_fetch(const FetchSettings& settings, std::string label);

/// The same for Lookup::kLargestBelow, and the columns that it needs of a device.
std::unique_ptr<FetchModel> largest_fetch(const FetchSettings& settings, std::string label);
uint32_t largest_fetch_columns(uint64_t address_count);
/// The state of linear attention for Lookup::kOrder: a set of columns * columns addresses. The
/// first token must have no record.
std::unique_ptr<FetchModel> order_fetch(const FetchSettings& settings, std::string label);

/// The scale that gives scores of codes this gap.
double scale_of_gap(double gap);

}  // namespace tessera::host
