// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <utility>

#include "host/task/fetch.h"
#include "host/task/records.h"
#include "spec/integers.h"

namespace tessera::host {
namespace {

/// Layer A, one head: the contents of a block go into its summaries, each its share, one a column.
/// Layer B, a head a fetch that matches the position asked, or that of the summary which holds it;
/// and as many heads that read what the summary holds.
class SparseFetch : public FetchModel {
  public:
    SparseFetch(FetchSettings settings, std::string label)
        : FetchModel(std::move(label)),
          settings_(std::move(settings)),
          block_(settings_.block),
          skipped_(settings_.kept == 0 ? 0 : block_ - std::min(settings_.kept, settings_.block)),
          slots_(std::min<uint64_t>(settings_.columns,
                                    spec::divide_up(block_ - skipped_, settings_.summaries))) {
        mask_.kind = MaskKind::kCausal;
        mask_.block = block_;
        mask_.summary = settings_.summaries;
    }

    Fetched fetch(const FetchRequest& request, HeadRunner& runner) override;
    Fetched expected(const FetchRequest& request) const override;
    std::string no_closed_form(const FetchRequest& request) const override;

  private:
    static constexpr uint64_t kNoShare = UINT64_MAX;

    /// Where of its block's kept tokens a token is; kNoShare: in front of them, or beyond what the
    /// summaries hold.
    uint64_t slot(uint64_t token) const {
        const uint64_t place = token % block_;
        if (place < skipped_ || place - skipped_ >= slots_ * settings_.summaries) return kNoShare;
        return place - skipped_;
    }
    /// Which of its block's summaries a token is; kNoShare: none.
    uint64_t summary(uint64_t token) const {
        const uint64_t place = token % block_, first = block_ - settings_.summaries;
        return place < first ? kNoShare : place - first;
    }
    /// The address of what summary `share` of a token's block gathers.
    int64_t share_address(uint64_t token, uint64_t share) const {
        return static_cast<int64_t>(token / block_ * settings_.summaries + share);
    }
    uint64_t share_addresses(const FetchRequest& request) const {
        return (request.tokens() / block_ + 1) * settings_.summaries + 1;
    }
    bool in_own_block(uint64_t token, int64_t asked) const {
        return static_cast<uint64_t>(asked) / block_ == token / block_;
    }
    AddressCode position_code(const FetchRequest& request) const {
        return {CodeKind::kDigits, request.address_count, settings_.columns, 1};
    }
    uint64_t gathered_tokens(uint64_t token) const;
    int64_t summary_of(uint64_t asked) const;
    FetchRequest far_of(const FetchRequest& request) const;
    void gather(const FetchRequest& request, HeadRunner& runner);

    const FetchSettings settings_;
    const uint64_t block_, skipped_;
    const uint64_t slots_;  ///< contents that a summary holds
    Experiment::Mask mask_;
    std::vector<float> gathered_;  ///< [tokens][slots_]: what each token gathered, so far
};

/// Tokens whose contents summary `token` has averaged: those of its share up to itself.
uint64_t SparseFetch::gathered_tokens(uint64_t token) const {
    const uint64_t begin = skipped_ + summary(token) * slots_;
    const uint64_t end = std::min(begin + slots_, token % block_ + 1);
    return end > begin ? end - begin : 0;
}

/// The position of the summary that holds a token of an earlier block; kNothing if none does.
int64_t SparseFetch::summary_of(uint64_t asked) const {
    const uint64_t held = slot(asked);
    if (held == kNoShare) return kNothing;
    return static_cast<int64_t>(asked / block_ * block_ + block_ - settings_.summaries +
                                held / slots_);
}

void SparseFetch::gather(const FetchRequest& request, HeadRunner& runner) {
    FetchRequest shares = request;
    shares.asked.assign(1, std::vector<int64_t>(request.queries(), kNothing));
    const AddressCode code(CodeKind::kDigits, share_addresses(request), settings_.columns, 0);
    HeadOperands operands = shaped(shares, code.key_columns(), slots_);
    for (uint64_t query = 0; query < request.queries(); ++query) {
        const uint64_t token = request.first() + query;
        if (summary(token) != kNoShare)
            shares.asked[0][query] = share_address(token, summary(token));
    }
    put_queries(code, shares.asked, operands);
    const ContentCode content(CodeKind::kDigits, 8);
    for (uint64_t token = 0; token < request.tokens(); ++token) {
        const uint64_t held = slot(token);
        if (held == kNoShare) continue;
        code.put_key(share_address(token, held / slots_), key_row(operands, token));
        content.put(request.contents[token], value_row(operands, token) + held % slots_);
    }
    const std::vector<float> o =
        runner.attention(label() + ", gather", operands, mask_, scale_of_gap(settings_.gap));
    gathered_.resize(request.first() * slots_);
    for (uint64_t query = 0; query < request.queries(); ++query) {
        const bool asks = shares.asked[0][query] != kNothing;
        const auto count = static_cast<float>(asks ? gathered_tokens(request.first() + query) : 0);
        const float* means = output_row(o, operands, 0, query);
        for (uint64_t column = 0; column < slots_; ++column)
            gathered_.push_back(asks ? std::nearbyint(means[column] * count) : 0.0F);
    }
}

/// The same request, of which only what lies in earlier blocks is asked: of its summary.
FetchRequest SparseFetch::far_of(const FetchRequest& request) const {
    FetchRequest far = request;
    for (auto& head : far.asked)
        for (uint64_t query = 0; query < head.size(); ++query) {
            if (head[query] == kNothing) continue;
            const uint64_t token = request.first() + query;
            head[query] = in_own_block(token, head[query])
                              ? kNothing
                              : summary_of(static_cast<uint64_t>(head[query]));
        }
    return far;
}

Fetched SparseFetch::fetch(const FetchRequest& request, HeadRunner& runner) {
    gather(request, runner);
    const AddressCode code = position_code(request);
    const ContentCode content(CodeKind::kDigits, 8);
    const FetchRequest far = far_of(request);
    FetchRequest near = request;  // the position asked, or that of its summary
    for (size_t head = 0; head < near.asked.size(); ++head)
        for (uint64_t query = 0; query < near.queries(); ++query) {
            int64_t& asked = near.asked[head][query];
            if (asked != kNothing && !in_own_block(request.first() + query, asked))
                asked = far.asked[head][query];
        }
    HeadOperands operands = shaped(near, code.key_columns(), 1 + code.tag_columns());
    put_queries(code, near.asked, operands);
    for (uint64_t token = 0; token < request.tokens(); ++token) {
        code.put_key(static_cast<int64_t>(token), key_row(operands, token));
        content.put(request.contents[token], value_row(operands, token));
        code.put_tag(static_cast<int64_t>(token), value_row(operands, token) + 1);
    }
    const double scale = scale_of_gap(settings_.gap);
    const std::vector<float> own = runner.attention(label() + ", own", operands, mask_, scale);
    HeadOperands summaries = shaped(far, code.key_columns(), slots_);
    put_queries(code, far.asked, summaries);
    summaries.k = operands.k;
    summaries.v = gathered_;
    const std::vector<float> held = runner.attention(label() + ", far", summaries, mask_, scale);
    return decoded(request, [&](size_t head, uint64_t query, int64_t asked) {
        const int64_t matched = near.asked[head][query];
        const float* row = output_row(own, operands, head, query);
        if (matched == kNothing || !code.is_tag_of(matched, row + 1)) return kNothing;
        if (in_own_block(request.first() + query, asked)) return content.get(row);
        const uint64_t column = slot(static_cast<uint64_t>(asked)) % slots_;
        return content.get(output_row(held, summaries, head, query) + column);
    });
}

Fetched SparseFetch::expected(const FetchRequest& request) const {
    return decoded(request, [&](size_t, uint64_t query, int64_t asked) {
        const uint64_t token = request.first() + query, place = static_cast<uint64_t>(asked);
        const bool reached =
            in_own_block(token, asked) ? place <= token : place < token && slot(place) != kNoShare;
        return reached ? request.contents[place] : kNothing;
    });
}

std::string SparseFetch::no_closed_form(const FetchRequest& request) const {
    const AddressCode shares(CodeKind::kDigits, share_addresses(request), settings_.columns, 0);
    if (position_code(request).complete() && shares.complete()) return "";
    return "positions need " + std::to_string(position_code(request).needed_columns()) +
           " columns, and there are " + std::to_string(settings_.columns);
}

}  // namespace

std::unique_ptr<FetchModel> sparse_fetch(const FetchSettings& settings, std::string label) {
    return std::make_unique<SparseFetch>(settings, std::move(label));
}

}  // namespace tessera::host
