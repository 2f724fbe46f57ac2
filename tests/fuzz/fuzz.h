// SPDX-License-Identifier: MIT
// What the fuzz targets share. A UserError is a good answer if a person could read it; anything
// else that is thrown, and every broken promise, ends the program, which libFuzzer reports.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "host/error.h"
#include "host/io/tensor.h"

namespace tessera::fuzz {

inline constexpr size_t kMaxMessageBytes = 2000;

/// Ends the program unless `good`.
inline void require(bool good, const char* what) {
    if (good) return;
    std::fprintf(stderr, "broken promise: %s\n", what);
    std::abort();
}

/// Runs `body`; a UserError has to be one line of printable text of sensible length.
template <typename Body>
void expect_user_error_at_most(Body&& body) {
    try {
        body();
    } catch (const host::UserError& error) {
        const std::string text = error.what();
        require(!text.empty() && text.size() < kMaxMessageBytes, "a message of sensible length");
        for (const char c : text) require(c >= 0x20 && c < 0x7f, "a message of printable text");
    }
}

/// The view lies inside the image and can be read and converted from end to end.
inline void require_sound(const host::TensorView& view, const uint8_t* data, size_t bytes) {
    require(view.data >= data && view.data <= data + bytes, "a tensor inside the file");
    require(view.bytes() <= static_cast<size_t>(data + bytes - view.data), "as long as its bytes");
    require(host::element_count(view.shape) == view.elements, "elements as its shape says");
    if (view.elements == 0) return;
    volatile uint8_t touched = view.data[0];
    touched = view.data[view.bytes() - 1];
    (void)touched;
    if (!host::is_allowed(view.dtype, host::TensorUse::kNumbers)) return;
    uint16_t half = 0;
    double exact = 0;
    view.to_bf16(0, 1, &half);
    view.to_bf16(view.elements - 1, 1, &half);
    view.to_double(view.elements - 1, 1, &exact);
    const host::NonFinite found = view.find_nonfinite();
    require(found.count() <= view.elements, "no more findings than elements");
    require((found.count() == 0) == (found.first == UINT64_MAX), "a place for the first finding");
    if (found.count() != 0) host::position_text(view.shape, found.first);
}

}  // namespace tessera::fuzz
