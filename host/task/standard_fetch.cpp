// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "host/task/fetch.h"
#include "host/task/records.h"
#include "host/task/visibility.h"

namespace tessera::host {

double scale_of_gap(double gap) {
    constexpr double kLn2 = 0.6931471805599453;  // scores are then powers of two
    return gap / kCodeGap * kLn2;
}

namespace {

class StandardFetch : public FetchModel {
  public:
    StandardFetch(FetchSettings settings, std::string label)
        : FetchModel(std::move(label)), settings_(std::move(settings)) {}

    Fetched fetch(const FetchRequest& request, HeadRunner& runner) override;
    Fetched expected(const FetchRequest& request) const override;
    std::string no_closed_form(const FetchRequest& request) const override;

  private:
    ContentCode content_code(const FetchRequest& request) const {
        return {settings_.code, request.content_bits};
    }
    AddressCode address_code(const FetchRequest& request) const {
        return {settings_.code, request.address_count, settings_.columns,
                content_code(request).columns()};
    }

    const FetchSettings settings_;
};

/// Keys are addresses; values are contents, with the address as a tag behind.
Fetched StandardFetch::fetch(const FetchRequest& request, HeadRunner& runner) {
    const AddressCode address = address_code(request);
    const ContentCode content = content_code(request);
    HeadOperands operands =
        shaped(request, address.key_columns(), content.columns() + address.tag_columns());
    put_queries(address, request.asked, operands);
    for (uint64_t token = 0; token < request.tokens(); ++token) {
        address.put_key(request.addresses[token], key_row(operands, token));
        float* value = value_row(operands, token);
        content.put(request.contents[token], value);
        address.put_tag(request.addresses[token], value + content.columns());
    }
    const std::vector<float> o = runner.attention(
        label(), operands, settings_.experiment.workload.mask, scale_of_gap(settings_.gap));
    return decoded(request, [&](size_t head, uint64_t query, int64_t asked) {
        const float* row = output_row(o, operands, head, query);
        return address.is_tag_of(asked, row + content.columns()) ? content.get(row) : kNothing;
    });
}

/// All visible records of the address weigh the same.
Fetched StandardFetch::expected(const FetchRequest& request) const {
    const ContentCode content = content_code(request);
    Visibility visibility(settings_.experiment, request.queries(), request.tokens());
    const RecordIndex index(request);
    std::vector<float> row(content.columns()), mean(content.columns());
    return decoded(request, [&](size_t, uint64_t query, int64_t asked) {
        visibility.look_from(query);
        std::fill(mean.begin(), mean.end(), 0.0F);
        uint64_t seen = 0;
        for (const uint64_t token : index.tokens_of(asked)) {
            if (!visibility.sees(token)) continue;
            ++seen;
            content.put(request.contents[token], row.data());
            for (size_t i = 0; i < row.size(); ++i) mean[i] += row[i];
        }
        if (seen == 0) return kNothing;
        for (float& element : mean) element /= static_cast<float>(seen);
        return content.get(mean.data());
    });
}

std::string StandardFetch::no_closed_form(const FetchRequest& request) const {
    const AddressCode address = address_code(request);
    if (settings_.experiment.schedule.approximation.rule)
        return "which tiles an approximation sees depends on the data";
    if (settings_.gap < kUsualGap) return "a gap below 32 lets other records through";
    if (address.complete()) return "";
    return "addresses below " + std::to_string(request.address_count) + " need " +
           std::to_string(address.needed_columns()) + " columns, and there are " +
           std::to_string(settings_.columns);
}

}  // namespace

std::unique_ptr<FetchModel> standard_fetch(const FetchSettings& settings, std::string label) {
    return std::make_unique<StandardFetch>(settings, std::move(label));
}

}  // namespace tessera::host
