// SPDX-License-Identifier: MIT
#include "host/cover/field.h"

#include <stdexcept>
#include <string>

namespace tessera::host {

uint32_t prime_of_power(uint32_t q) {
    if (q < 2) return 0;
    uint32_t p = 2;
    while (p * p <= q && q % p != 0) ++p;
    if (q % p != 0) return q;  // a prime
    while (q % p == 0) q /= p;
    return q == 1 ? p : 0;
}

Field::Field(uint32_t q) : q_(q), p_(prime_of_power(q)), power_(q - 1), log_(q) {
    if (p_ == 0) throw std::logic_error("no field has " + std::to_string(q) + " elements");
    for (uint32_t low = 0; low < q; ++low)
        if (primitive(low)) return;
    throw std::logic_error("no primitive polynomial was found");
}

/// Fills the tables if x^k = `low` makes the powers of x run through all elements but 0. Then every
/// one of them has an inverse, so that it is a field.
bool Field::primitive(uint32_t low) {
    const uint32_t top = q_ / p_;
    uint32_t a = 1;
    for (uint32_t n = 0; n + 1 < q_; ++n) {
        if (n != 0 && a <= 1) return false;
        power_[n] = a;
        log_[a] = n;
        uint32_t next = a % top * p_;
        for (uint32_t carry = a / top; carry != 0; --carry) next = add(next, low);
        a = next;
    }
    return a == 1;
}

uint32_t Field::add(uint32_t a, uint32_t b) const {
    if (p_ == 2) return a ^ b;
    uint32_t sum = 0;
    for (uint32_t unit = 1; unit < q_; unit *= p_, a /= p_, b /= p_)
        sum += (a % p_ + b % p_) % p_ * unit;
    return sum;
}

uint32_t Field::multiply(uint32_t a, uint32_t b) const {
    return a == 0 || b == 0 ? 0 : power(log_[a] + log_[b]);
}

}  // namespace tessera::host
