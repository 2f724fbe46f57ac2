// SPDX-License-Identifier: MIT
// A report as it was written: figures by their path. What the page says of a figure, it says with
// the report's own unit and definition.
import {html} from './html.js';
import {forms} from './numbers.js';

const is_figure = (x) => x !== null && typeof x === 'object' && 'value' in x && 'unit' in x;

export class Report {
  constructor(json) {
    this.json = json;
  }

  /** What has the path there, as "derived.cycles"; null if there is nothing. */
  at(path) {
    let place = this.json;
    for (const key of path.split('.')) {
      if (place === null || typeof place !== 'object' || !(key in place)) return null;
      place = place[key];
    }
    return place;
  }

  /** The value of a figure or fact; null if there is none. */
  value(path) {
    const entry = this.at(path);
    return is_figure(entry) ? entry.value : entry;
  }

  has(path) {
    return this.value(path) !== null;
  }

  /** {value, unit, meaning} of what stands there. */
  figure(path) {
    const entry = this.at(path);
    if (!is_figure(entry)) return {value: entry, unit: '', meaning: ''};
    return {value: entry.value, unit: entry.unit === '1' ? '' : entry.unit,
      meaning: entry.formula || entry.definition || ''};
  }

  /** The number at a path, in a form, with its definition on hover. */
  number(path, form = forms.plain()) {
    const value = this.value(path);
    if (typeof value !== 'number') return html`<span class="n" data-key="${path}">n/a</span>`;
    const {text, unit, scale} = form(value);
    return html`<span class="n" data-key="${path}" data-value="${value}" data-scale="${scale}"
      >${text}${unit && html`<span class="unit">${'\u202f'}${unit}</span>`}</span>`;
  }

  /** Every figure of the report with a unit: [path, figure]. */
  figures() {
    const found = [];
    const walk = (place, path) => {
      if (place === null || typeof place !== 'object') return;
      if (is_figure(place)) {
        if (path) found.push([path, this.figure(path)]);
        return;
      }
      if (Array.isArray(place)) return;
      for (const key of Object.keys(place)) walk(place[key], path ? `${path}.${key}` : key);
    };
    walk(this.json, '');
    return found;
  }
}

/** The definitions of `paths`, to be opened. */
export function definitions(report, paths) {
  const known = [...new Set(paths)].map((path) => [path, report.figure(path)])
    .filter(([, figure]) => figure.meaning);
  if (known.length === 0) return null;
  return html`<details class="definitions"><summary>Definitions (${known.length})</summary><dl>${
    known.map(([path, {unit, meaning}]) =>
      html`<dt>${path.split('.').pop()}</dt><dd>${meaning}${unit && ` [${unit}]`}</dd>`)}</dl></details>`;
}

/** Says that the report lacks something. */
export const needs = (what) => html`<p class="needs"><b>Needs data.</b> ${what}</p>`;

/** A section of the page: its name in the contents, finding and evidence. */
export const section = (id, title, finding, body, {long = false} = {}) => ({id, title,
  html: html`<section id="${id}" class="${long ? 'long' : ''}"><h2>${title}</h2>
    <p class="finding">${finding}</p>${body}</section>`});

/** Parts of a bar: [share of 1, class, words]. */
export function bar(parts, name = '') {
  return html`<div class="bar ${name}">${parts.filter(([share]) => share > 0).map(
    ([share, kind, words]) => html`<i class="of-${kind}" style="width:${(100 * share).toFixed(3)}%"
      data-tip="${words}"></i>`)}</div>`;
}

export const swatch = (kind) => html`<i class="swatch of-${kind}"></i>`;
