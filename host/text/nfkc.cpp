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

std::u32string to_nfkc(std::u32string_view text) {
    const std::string bytes = encode_utf8(text);
    utf8proc_uint8_t* out = nullptr;
    const utf8proc_ssize_t size = utf8proc_map(
        reinterpret_cast<const utf8proc_uint8_t*>(bytes.data()),
        static_cast<utf8proc_ssize_t>(bytes.size()), &out,
        static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT));
    if (size == UTF8PROC_ERROR_NOMEM) throw std::bad_alloc();
    if (size < 0) throw std::logic_error(std::string("NFKC: ") + utf8proc_errmsg(size));
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(out, &std::free);
    return decode_utf8({reinterpret_cast<const char*>(out), static_cast<size_t>(size)});
}

}  // namespace tessera::host
