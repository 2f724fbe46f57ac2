// SPDX-License-Identifier: MIT
// Numbers for people. A form turns a value into {text, unit, scale}: value = text * scale, up to
// the digits shown.

const kPrefixes = [['p', 1e-12], ['n', 1e-9], ['µ', 1e-6], ['m', 1e-3], ['', 1], ['k', 1e3],
  ['M', 1e6], ['G', 1e9], ['T', 1e12], ['P', 1e15]];
const kSuperscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** With commas, all digits before the point. */
export const whole = (x) => Math.round(x).toLocaleString('en-US');

/** Three significant digits, or as many as stand before the point. */
export function significant(x, digits = 3) {
  if (x === 0) return '0';
  const before = Math.floor(Math.log10(Math.abs(x))) + 1;
  const after = Math.min(20, Math.max(0, digits - before));
  return x.toLocaleString('en-US', {minimumFractionDigits: after, maximumFractionDigits: after});
}

/** The largest prefix that leaves at least 1 before the point. */
function prefix_of(x) {
  const size = Math.abs(x);
  if (size === 0) return ['', 1];
  return kPrefixes.filter(([, scale]) => size >= scale * 0.9995).pop() || kPrefixes[0];
}

const superscript = (n) => (n < 0 ? '⁻' : '') +
  [...String(Math.abs(n))].map((digit) => kSuperscripts[digit]).join('');

/** One that all of `values` are shown with: that of the largest. */
export function prefixed(unit, values) {
  const [prefix, scale] = prefix_of(Math.max(...values.map(Math.abs)));
  return (x) => ({text: significant(x / scale), unit: prefix + unit, scale});
}

export const forms = {
  count: (unit) => (x) => ({text: whole(x), unit, scale: 1}),
  plain: (unit = '') => (x) => ({text: significant(x), unit, scale: 1}),
  percent: (x) => ({text: (100 * x).toFixed(1), unit: '%', scale: 0.01}),
  times: (x) => ({text: significant(x), unit: '×', scale: 1}),
  bytes: (x) => prefixed('B', [x])(x),
  si: (unit) => (x) => prefixed(unit, [x])(x),
  fixed: (digits, unit = '') => (x) => ({text: x.toFixed(digits), unit, scale: 1}),
  /** 5.85 × 10⁻³ */
  scientific: (x) => {
    if (x === 0) return {text: '0', unit: '', scale: 1};
    const exponent = Math.floor(Math.log10(Math.abs(x)));
    return {text: (x / 10 ** exponent).toFixed(2), unit: `× 10${superscript(exponent)}`,
      scale: 10 ** exponent};
  },
};

/** "1 head", "2 heads" */
export const plural = (n, one, many = one + 's') => `${whole(n)} ${n === 1 ? one : many}`;

/** As exact as it is. */
export function exact(value) {
  if (typeof value === 'number') {
    const small = Math.abs(value) < 1e-4 && value !== 0;
    return small || Math.abs(value) >= 1e21 ? String(value)
      : value.toLocaleString('en-US', {maximumFractionDigits: 20, maximumSignificantDigits: 17});
  }
  return value === null ? 'not available' : String(value);
}
