// SPDX-License-Identifier: MIT
// The page of a difference: what is configured otherwise, and which results moved how far.
import * as Plot from '@observablehq/plot';

import {verdict_box} from './answer.js';
import {chart_place} from './charts.js';
import {html, joined} from './html.js';
import {exact, plural, significant, whole} from './numbers.js';
import {section} from './report.js';
import {sortable} from './table.js';

const kMostBars = 24, kMostRows = 2000, kLinear = 0.01;

/** What people look for first; of the others those that moved farthest. */
const kFirst = ['counters.cycles', 'derived.bytes', 'derived.calls', 'derived.mac_utilisation',
  'derived.energy_high', 'error.max_over_full_bound'];

const in_percent = (change) => `${change > 0 ? '+' : ''}${significant(100 * change)} %`;
const words_of = (change) => (change === null ? 'changed' : in_percent(change));

/** A value in a table, cut where it is long. */
function cell(value, path) {
  if (value === null) return html`<td class="number">–</td>`;
  if (typeof value === 'number')
    return html`<td class="number" data-sort="${value}"><span data-key="${path}" data-value="${value}">${exact(value)}</span></td>`;
  const text = String(value);
  return html`<td class="path">${text.length > 60 ? `${text.slice(0, 57)}…` : text}</td>`;
}

const with_places = (report) => report.at('results').map((row, place) => ({...row, place}));

export function diff_answer(report) {
  const moved = with_places(report), keys = report.at('configuration'), compared = report.at('compared');
  const title = html`${report.at('before')} → ${report.at('after')}`;
  const verdict = moved.length === 0
    ? verdict_box('good', 'Nothing moved.', `${plural(compared, 'result')} are the same to the last bit.`)
    : verdict_box('', `${plural(moved.length, 'result')} moved.`, `${whole(compared)} were compared, to the last bit.`);
  const first = kFirst.map((path) => moved.find((row) => row.path === path)).filter(Boolean);
  const why = html`<p class="why">${keys.length === 0 ? 'Both are configured alike.'
    : html`<b>${plural(keys.length, 'key')}</b> of the configuration ${keys.length === 1 ? 'differs' : 'differ'}.`}${
    first.length > 0 && html` ${joined(first.map(({path, change}) => html`<b>${path.split('.').pop().replaceAll('_', ' ')}</b> ${
      words_of(change)}`), ', ')}.`}</p>`;
  return {title, html: html`<header id="answer"><p class="eyebrow"><span>Tessera difference</span></p><h1>${
    title}</h1>${verdict}${why}</header>`};
}

export function keys_section(report) {
  const keys = report.at('configuration');
  const finding = keys.length === 0 ? 'Nothing is configured otherwise.'
    : html`<b>${plural(keys.length, 'key')}</b> ${keys.length === 1 ? 'is' : 'are'} not the same.`;
  const rows = keys.map(({path, before, after}, i) => html`<tr><td class="path">${path}</td>${cell(before,
    `configuration.${i}.before`)}${cell(after, `configuration.${i}.after`)}</tr>`);
  return section('configuration', 'Configuration', finding, keys.length === 0 ? null
    : sortable('key-table', [['key'], ['before'], ['after']], rows));
}

/** The largest changes of results that are numbers on both sides; members of lists only in the table. */
const largest = (report) => report.at('results').filter(({path, change}) => change !== null && !path.includes('['))
  .slice(0, kMostBars);

export function moved_section(report) {
  const moved = with_places(report), bars = largest(report);
  const finding = moved.length === 0 ? 'No result moved.' : bars.length === 0 ? 'No number moved.'
    : html`<b>${bars[0].path}</b> moved farthest: ${in_percent(bars[0].change)}.`;
  const rows = moved.slice(0, kMostRows).map(({path, before, after, change, place}) => html`<tr><td class="path">${path}</td><td
    class="number" data-sort="${change === null ? Infinity : Math.abs(change)}">${words_of(change)}</td>${
    cell(before, `results.${place}.before`)}${cell(after, `results.${place}.after`)}</tr>`);
  return section('results', 'Results', finding, moved.length === 0 ? null : html`${bars.length > 0 && chart_place(
    'change-chart', `the ${bars.length} largest relative changes`)}${sortable('result-table', [['result'], ['change', 1], ['before', 1],
    ['after', 1]], rows)}${moved.length > kMostRows && html`<p class="small">The first ${whole(kMostRows)} of ${
    whole(moved.length)}.</p>`}`, {long: true});
}

/** Ticks of a scale up to `most`: powers of ten up and down, on a narrow chart only the largest. */
function change_ticks(most, narrow) {
  const top = 10 ** Math.floor(Math.log10(most));
  const powers = narrow || top / 10 < kLinear ? [top] : [top, top / 10];
  return [...powers.map((x) => -x), 0, ...powers];
}

/** Changes span orders of magnitude, up and down: a scale that is linear up to 1 %. What a bar says
    stands on the other side of zero, where nothing is drawn. */
export function draw_changes(report) {
  const bars = largest(report), most = Math.max(kLinear, ...bars.map(({change}) => Math.abs(change)));
  const words = (filter, dx, textAnchor) => Plot.text(bars.filter(filter), {y: 'path', x: 0,
    text: ({change}) => in_percent(change), dx, textAnchor});
  return (width) => {
    const names = Math.min(330, width * 0.45);
    const fit = (path) => (path.length * 6.2 > names ? `…${path.slice(-Math.floor(names / 6.2) + 1)}` : path);
    return Plot.plot({
      width, height: 60 + 20 * bars.length, marginLeft: names + 8, marginRight: 16, marginTop: 8, marginBottom: 44,
      x: {type: 'symlog', constant: kLinear, domain: [-most * 1.3, most * 1.3], label: 'change, symmetric log',
        labelAnchor: 'center', labelArrow: 'none', tickFormat: (x) => `${significant(100 * x, 1)} %`,
        ticks: change_ticks(most, width < 640)},
      y: {domain: bars.map(({path}) => path), label: null, tickFormat: fit, tickSize: 0},
      marks: [
        Plot.barX(bars, {y: 'path', x: 'change', fill: ({change}) => (change > 0 ? 'var(--stall2)' : 'var(--score)'), inset: 2}),
        words(({change}) => change > 0, -4, 'end'),
        words(({change}) => change < 0, 4, 'start'),
        Plot.ruleX([0]),
      ],
    });
  };
}
