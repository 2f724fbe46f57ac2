// SPDX-License-Identifier: MIT
#include "host/text/nfkc.h"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>

#include "host/io/utf8.h"

namespace tessera::host {
namespace {

std::u32string compose(std::u32string_view text, unsigned options) {
    const std::string bytes = encode_utf8(text);
    utf8proc_uint8_t* out = nullptr;
    const utf8proc_ssize_t size =
        utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(bytes.data()),
                     static_cast<utf8proc_ssize_t>(bytes.size()), &out,
                     static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | options));
    if (size == UTF8PROC_ERROR_NOMEM) throw std::bad_alloc();
    if (size < 0) throw std::logic_error(std::string("NFC: ") + utf8proc_errmsg(size));
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(out, &std::free);
    return decode_utf8({reinterpret_cast<const char*>(out), static_cast<size_t>(size)});
}

}  // namespace

std::u32string to_nfc(std::u32string_view text) { return compose(text, 0); }

std::u32string to_nfkc(std::u32string_view text) { return compose(text, UTF8PROC_COMPAT); }

}  // namespace tessera::host
