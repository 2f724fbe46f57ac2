// SPDX-License-Identifier: MIT
// Counts what was compared, as tests/support/compared.h does, and says what differs.

export class Checks {
  constructor() {
    this.count = 0;
    this.different = 0;
    this.name = '';
  }

  begin(name) {
    this.name = name;
  }

  true(what, good, more = '') {
    ++this.count;
    if (good) return;
    ++this.different;
    console.log(`${this.name}: ${what}${more && `: ${more}`}`);
  }

  equal(what, actual, expected) {
    this.true(what, actual === expected, `${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`);
  }

  /** Says the sum; is all good? */
  done() {
    console.log(`compared ${this.count} items of pages, ${this.different} different`);
    return this.count > 0 && this.different === 0;
  }
}
