// SPDX-License-Identifier: MIT
// Text that becomes HTML: what stands in a template is escaped, unless it is HTML already.

class Html {
  constructor(text) {
    this.text = text;
  }
  toString() {
    return this.text;
  }
}

const kEscapes = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;'};
const escaped = (value) => String(value).replace(/[&<>"]/g, (c) => kEscapes[c]);

function piece(value) {
  if (value === null || value === undefined || value === false) return '';
  if (Array.isArray(value)) return value.map(piece).join('');
  return value instanceof Html ? value.text : escaped(value);
}

/** html`<p>${text}</p>`: lists are joined; null, undefined and false are nothing. */
export function html(strings, ...values) {
  return new Html(strings.reduce((text, s, i) => text + piece(values[i - 1]) + s));
}

/** `parts` with `between` between them; those that are nothing are left out. */
export function joined(parts, between) {
  const kept = parts.filter((part) => piece(part) !== '');
  return new Html(kept.map(piece).join(between));
}
