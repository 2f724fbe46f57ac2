// SPDX-License-Identifier: MIT
#include "host/model/serving.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>
#include <random>

#include "host/model/decoder.h"
#include "host/model/generation.h"
#include "spec/integers.h"

namespace tessera::host {
namespace {

/// A request that is under way.
struct Text {
    size_t number = 0;             ///< of the request
    uint32_t done = 0;             ///< rows in the caches
    std::vector<uint32_t> tokens;  ///< prompt, then new ones
    std::vector<uint32_t> pages;

    uint32_t waiting() const { return static_cast<uint32_t>(tokens.size()) - done; }
};

class Service {
  public:
    Service(ModelRun& model, const std::vector<Request>& requests, const ServeWish& wish,
            const std::function<void(const Served&)>& told)
        : model_(model), requests_(requests), wish_(wish), told_(told) {
        for (const Request& request : requests) {
            record_.requests.emplace_back();
            record_.requests.back().arrival = request.arrival;
        }
        const auto pages = static_cast<uint32_t>(wish.cache.rows / wish.cache.page());
        free_.resize(pages);
        std::iota(free_.begin(), free_.end(), 0u);
    }

    ServeRecord run() {
        while (true) {
            admit();
            if (!texts_.empty())
                step();
            else if (next_ < requests_.size())
                now_ = std::max(now_, requests_[next_].arrival);
            else
                return std::move(record_);
        }
    }

  private:
    /// In the order of arrival: one that does not fit yet holds up those behind it.
    void admit() {
        for (; next_ < requests_.size() && texts_.size() < wish_.texts; ++next_) {
            const Request& request = requests_[next_];
            const uint64_t pages = spec::divide_up(request.rows(), wish_.cache.page());
            if (request.arrival > now_ || pages > free_.size()) return;
            Text text;
            text.number = next_;
            text.tokens = request.prompt;
            text.pages.assign(free_.begin(), free_.begin() + static_cast<ptrdiff_t>(pages));
            free_.erase(free_.begin(), free_.begin() + static_cast<ptrdiff_t>(pages));
            texts_.push_back(std::move(text));
            record_.requests[next_].admitted = now_;
        }
    }

    bool in_prompt(const Text& text) const {
        return text.done < requests_[text.number].prompt.size();
    }

    /// Rows of each text in the next run, by the policy.
    std::vector<uint32_t> next_rows() const {
        const auto prompts = [&](const Text& text) { return in_prompt(text); };
        const bool any_prompt = std::any_of(texts_.begin(), texts_.end(), prompts);
        const bool any_token = !std::all_of(texts_.begin(), texts_.end(), prompts);
        const bool tokens = !(wish_.policy == ServePolicy::kPrefillFirst && any_prompt);
        const bool prompt_rows = !(wish_.policy == ServePolicy::kDecodeFirst && any_token);
        std::vector<uint32_t> rows;
        uint32_t left = wish_.chunk;
        for (const Text& text : texts_) {
            uint32_t count = 0;
            if (!in_prompt(text)) {
                count = tokens ? 1 : 0;
            } else if (prompt_rows) {
                count = std::min(left, text.waiting());
                left -= count;
            }
            rows.push_back(count);
        }
        return rows;
    }

    void step() {
        const std::vector<uint32_t> rows = next_rows();
        std::vector<uint32_t> tokens;
        std::vector<TextRows> places;
        ServeRun run;
        run.begin = now_;
        run.pages = static_cast<uint32_t>(wish_.cache.rows / wish_.cache.page() - free_.size());
        bool any_ends = false, any_prompt = false;
        for (size_t i = 0; i < texts_.size(); ++i) {
            const Text& text = texts_[i];
            if (rows[i] == 0) continue;
            const auto begin = text.tokens.begin() + text.done;
            tokens.insert(tokens.end(), begin, begin + rows[i]);
            places.push_back({rows[i], text.done, text.pages});
            any_ends = any_ends || rows[i] == text.waiting();
            any_prompt = any_prompt || in_prompt(text);
            (in_prompt(text) ? run.prompt_rows : run.decode_rows) += rows[i];
        }
        const char* graph = !any_ends ? kFillGraph : any_prompt ? kPrefillGraph : kDecodeGraph;
        run.cost = run_texts(model_, graph, std::move(tokens), places);
        now_ += run.cost.cycles;
        record_.runs.push_back(run);
        take_tokens(rows, any_ends);
    }

    /// Each text whose last row was in the run has a token more.
    void take_tokens(const std::vector<uint32_t>& rows, bool any) {
        const std::vector<float> next =
            any && model_.with_data() ? model_.output(kNextOutput) : std::vector<float>();
        size_t row = 0;
        for (size_t i = 0; i < texts_.size(); ++i) {
            if (rows[i] == 0) continue;
            const size_t place = row++;
            texts_[i].done += rows[i];
            if (texts_[i].waiting() != 0) continue;
            const uint32_t token = next.empty() ? 0 : static_cast<uint32_t>(next.at(place));
            texts_[i].tokens.push_back(token);
            Served& served = record_.requests[texts_[i].number];
            if (served.tokens.empty()) served.first_token = now_;
            served.tokens.push_back(token);
        }
        const auto last =
            std::remove_if(texts_.begin(), texts_.end(), [&](Text& text) { return ended(text); });
        texts_.erase(last, texts_.end());
    }

    /// Gives back the pages of a text that has all its tokens.
    bool ended(Text& text) {
        Served& served = record_.requests[text.number];
        if (served.tokens.empty()) return false;
        const auto& ends = wish_.end_tokens;
        const bool end = model_.with_data() &&
                         std::find(ends.begin(), ends.end(), served.tokens.back()) != ends.end();
        if (!end && served.tokens.size() < requests_[text.number].most) return false;
        served.end = now_;
        free_.insert(free_.end(), text.pages.begin(), text.pages.end());
        told_(served);
        return true;
    }

    ModelRun& model_;
    const std::vector<Request>& requests_;
    const ServeWish& wish_;
    const std::function<void(const Served&)>& told_;
    ServeRecord record_;
    std::vector<Text> texts_;
    std::deque<uint32_t> free_;  ///< pages, those first that were given back first
    size_t next_ = 0;            ///< request that has not been admitted
    uint64_t now_ = 0;           ///< cycle
};

}  // namespace

std::vector<Request> requests_of(const std::vector<RequestShape>& shapes, uint32_t vocabulary,
                                 double clock_ghz, uint64_t seed) {
    std::mt19937_64 random(~seed);
    std::vector<Request> requests;
    for (const RequestShape& shape : shapes) {
        Request request;
        request.arrival = static_cast<uint64_t>(std::llround(shape.arrival * clock_ghz * 1e9));
        request.most = shape.new_tokens;
        for (uint32_t i = 0; i < shape.prompt_tokens; ++i)
            request.prompt.push_back(static_cast<uint32_t>(random() % vocabulary));
        requests.push_back(std::move(request));
    }
    return requests;
}

uint64_t pages_of(const RequestShape& request, const CacheShape& cache) {
    return spec::divide_up(request.rows(), cache.page());
}

ServeRecord serve(ModelRun& model, const std::vector<Request>& requests, const ServeWish& wish,
                  const std::function<void(const Served&)>& told) {
    return Service(model, requests, wish, told).run();
}

}  // namespace tessera::host
