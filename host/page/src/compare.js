// SPDX-License-Identifier: MIT
// The page of a comparison: the answer, a table to sort, cycles against bytes, masks side by side.
import * as Plot from '@observablehq/plot';

import {capital, mask_words, shape_words, tool_words, verdict_box} from './answer.js';
import {chart_place, kHalo} from './charts.js';
import {html, joined} from './html.js';
import {forms, plural, prefixed, significant, whole} from './numbers.js';
import {bar, definitions, section, swatch} from './report.js';
import {sortable} from './table.js';

const kShapes = ['circle', 'square', 'triangle', 'diamond', 'star', 'wye', 'cross'];
const kOutlines = {circle: '<circle cx="5" cy="5" r="3.6"/>', square: '<path d="M1.6 1.6h6.8v6.8H1.6z"/>',
  triangle: '<path d="M5 .8 9.4 8.6H.6z"/>', diamond: '<path d="M5 .5 9 5 5 9.5 1 5z"/>',
  star: '<path d="m5 .3 1.4 3.2 3.4.3-2.6 2.3.8 3.4-3-1.8-3 1.8.8-3.4L.2 3.8l3.4-.3z"/>',
  wye: '<path d="M4 9V5L.8 2.8l1.2-1.7 3 2 3-2 1.2 1.7L6 5v4z"/>',
  cross: '<path d="M3.6.8h2.8v2.8h2.8v2.8H6.4v2.8H3.6V6.4H.8V3.6h2.8z"/>'};

/** A comparison, with what the page asks of it. */
class Rows {
  constructor(report) {
    this.report = report;
    this.all = report.at('rows').map((row, index) => ({...row, index, path: `rows.${index}`}));
    this.run = this.all.filter((row) => row.derived !== null);
    this.masks = [...new Set(this.all.map((row) => row.mask))];
  }
  value(row, key) {
    return this.report.value(`${row.path}.derived.${key}`);
  }
  of_mask(mask) {
    return this.run.filter((row) => row.mask === mask);
  }
  /** Members that are the same in all rows go to the title. */
  varies(key) {
    return new Set(this.all.map((row) => row[key])).size > 1;
  }
  name(row) {
    return [row.schedule, ...['profile', 'heads'].filter((key) => this.varies(key))
      .map((key) => row[key])].join(', ');
  }
  shape(mask) {
    return kShapes[this.masks.indexOf(mask) % kShapes.length];
  }
  /** The row of a mask with the least of a figure. */
  best(mask, key) {
    return this.of_mask(mask).reduce((a, b) => (a === null || this.value(b, key) < this.value(a, key)
      ? b : a), null);
  }
  /** Is no row of the mask as good in one of cycles and bytes, and better in the other? */
  on_front(row) {
    const [cycles, bytes] = ['cycles', 'bytes'].map((key) => this.value(row, key));
    return !this.of_mask(row.mask).some((other) => {
      const [c, b] = ['cycles', 'bytes'].map((key) => this.value(other, key));
      return c <= cycles && b <= bytes && (c < cycles || b < bytes);
    });
  }
}

const mark = (rows, mask) => {
  const svg = document.createElement('template');
  svg.innerHTML = `<svg class="shape" viewBox="0 0 10 10" aria-hidden="true">${kOutlines[rows.shape(mask)]}</svg>`;
  return svg.innerHTML;
};
/** HTML that this file made. */
const raw = (text) => html([text]);

function verdict(rows) {
  const {report} = rows, checked = rows.run.filter((row) => row.error.checked);
  const bad = rows.all.filter((row) => ['outside_bound', 'inexact', 'nothing_compared', 'failed'].includes(row.status));
  if (bad.length)
    return verdict_box('bad', `${plural(bad.length, 'row')} not as it should be.`, joined(bad.map((row) =>
      html`${rows.name(row)}, ${row.mask}: ${row.reason || row.status.replaceAll('_', ' ')}`), '; '));
  if (checked.length === 0)
    return verdict_box('', 'Not checked.', rows.run.length ? rows.run[0].error.reason : '');
  const worst = checked.reduce((a, b) => (report.value(`${b.path}.error.max_over_full_bound`) >
    report.value(`${a.path}.error.max_over_full_bound`) ? b : a));
  return verdict_box('good', 'Exact, within the bound.', html`${checked.length} of ${
    plural(rows.all.length, 'row')} were compared with double precision; the largest error is ${
    report.number(`${worst.path}.error.max_over_full_bound`, forms.percent)} of its bound.`);
}

function lead(rows) {
  const name = (row) => row.schedule;
  const few_bytes = rows.masks.map((mask) => rows.best(mask, 'bytes')).filter(Boolean);
  const few_cycles = rows.masks.map((mask) => rows.best(mask, 'cycles')).filter(Boolean);
  const same = (list) => new Set(list.map(name)).size === 1;
  const where = rows.masks.length > 1 ? ' under every mask' : '';
  const parts = [];
  const behind = (row) => {
    const best = rows.value(rows.best(row.mask, 'cycles'), 'cycles');
    return rows.value(row, 'cycles') / best - 1;
  };
  if (same(few_bytes)) {
    const most = Math.max(...few_bytes.map(behind));
    parts.push(html`<b>${capital(rows.name(few_bytes[0]))}</b> moves the fewest bytes${where}, and ${most < 1e-9
      ? 'takes the fewest cycles' : `is within ${(100 * most).toFixed(1)} % of the fewest cycles`}. `);
  } else if (same(few_cycles)) {
    parts.push(html`<b>${capital(rows.name(few_cycles[0]))}</b> takes the fewest cycles${where}. `);
  } else {
    parts.push('No schedule is the best under every mask. ');
  }
  const pairs = (row) => rows.value(row, 'pairs_allowed');
  const [most, least] = [Math.max, Math.min].map((f) =>
    few_cycles.find((row) => pairs(row) === f(...few_cycles.map(pairs))));
  if (most && least && pairs(most) > pairs(least))
    parts.push(html`<b>${capital(least.mask)}</b> keeps ${(100 * pairs(least) / pairs(most)).toFixed(1)} % of the
      pairs of ${most.mask} and takes ${(100 * rows.value(least, 'cycles') / rows.value(most, 'cycles'))
      .toFixed(1)} % of its cycles.`);
  return html`<p class="why">${parts}</p>`;
}

export function compare_answer(report) {
  const rows = new Rows(report), first = rows.run[0];
  if (!first) return {title: html`Comparison`, html: html`<header id="answer"><h1>Nothing ran</h1></header>`};
  const schedules = new Set(rows.all.map((row) => row.schedule)).size;
  const title = html`${rows.masks.length > 1 ? `${plural(rows.masks.length, 'mask')} by `
    : html`${mask_words(rows.masks[0])}, `}${plural(schedules, 'schedule')}: ${shape_words(first.problem)}`;
  const {configuration: c, problem: p} = first;
  const sub = [`device ${c.device}`, `memory ${c.memory}`, `${String(p.input).split('/').pop()}, ${p.input_dtypes}`,
    !rows.varies('profile') && `profile ${first.profile}`, !rows.varies('heads') && `heads ${first.heads}`];
  return {title, html: html`<header id="answer"><p class="eyebrow"><span>Tessera compare</span>${
    tool_words(report)}</p><h1>${title}</h1><p class="sub">${sub.filter(Boolean).map((part) =>
    html`<span>${part}</span>`)}</p>${verdict(rows)}${lead(rows)}</header>`};
}

// ---- table

export function table_section(report) {
  const rows = new Rows(report), most = (key) => Math.max(...rows.run.map((row) => rows.value(row, key)));
  const [cycles, bytes] = [most('cycles'), most('bytes')];
  const number = (row, key, form) => report.number(`${row.path}.derived.${key}`, form);
  const joule = prefixed('J', [most('energy_high')]);
  const best = (row, key) => (rows.value(rows.best(row.mask, key), key) === rows.value(row, key) ? 'best' : '');
  const extra = ['profile', 'heads'].filter((key) => rows.varies(key));
  const line = (row) => {
    const start = html`<td>${raw(mark(rows, row.mask))}${row.mask}</td><td>${row.schedule}</td>${
      extra.map((key) => html`<td>${row[key]}</td>`)}`;
    if (row.derived === null)
      return html`<tr>${start}<td colspan="7">${row.status}: ${row.reason}</td></tr>`;
    const value = (key) => rows.value(row, key);
    const [issued, useful] = [value('mac_utilisation'), value('useful_utilisation')];
    const share = value('cycles') / cycles, compulsory = value('bytes_compulsory');
    const over = report.value(`${row.path}.error.max_over_full_bound`);
    return html`<tr data-lit="${row.index}">${start}<td class="wide" data-sort="${value('cycles')}"><span class="${
      best(row, 'cycles')}">${number(row, 'cycles', forms.count(''))}</span>${bar([
      [share * useful, 'score', 'allowed pairs'], [share * (issued - useful), 'pale', 'masked pairs'],
      [share * (1 - issued), 'dim', 'arrays not working']], 'inline')}</td><td class="wide" data-sort="${
      value('bytes')}"><span class="${best(row, 'bytes')}">${number(row, 'bytes', forms.bytes)}</span>${bar([
      [Math.min(value('bytes'), compulsory) / bytes, 'load', 'compulsory'],
      [(value('bytes') - compulsory) / bytes, 'pale', 'moved again']], 'inline')}</td><td class="number" data-sort="${
      value('bytes_over_compulsory')}">${number(row, 'bytes_over_compulsory', forms.fixed(2))}</td><td
      class="wide" data-sort="${useful}">${number(row, 'useful_utilisation', forms.percent)} of ${
      number(row, 'mac_utilisation', forms.percent)}${bar([[useful, 'score', 'useful'],
      [issued - useful, 'pale', 'masked']], 'inline')}</td><td class="number" data-sort="${value('calls')}">${
      number(row, 'calls', forms.count(''))} / ${number(row, 'calls_at_least', forms.count(''))}</td><td
      class="number" data-sort="${value('energy_low')}">${[['energy_low'], ['energy_high']].map(([key], i) =>
      html`${i ? '–' : ''}<span class="n" data-key="${row.path}.derived.${key}" data-value="${value(key)}" data-scale="${
        joule(1).scale}">${joule(value(key)).text}</span>`)}</td><td class="number" data-sort="${over}">${
      report.number(`${row.path}.error.max_over_full_bound`, forms.fixed(2))}</td></tr>`;
  };
  const heads = [['mask'], ['schedule'], ...extra.map((key) => [key]), ['cycles'], ['bytes'], ['× compulsory', 1],
    ['useful of all utilisation'], ['calls, at least', 1], [`energy, ${joule(1).unit}`, 1], ['error', 1]];
  const first = rows.run[0];
  return section('table', 'Table', html`One row a run; click a heading to sort. Bold: the best of its mask. Bars
    share one scale a column. Error is over its bound; energy is <span class="tag">not validated</span>.`,
  html`${sortable('runs', heads, rows.all.map(line))}${first && definitions(report, ['derived.cycles', 'derived.bytes',
    'derived.bytes_over_compulsory', 'derived.mac_utilisation', 'derived.useful_utilisation', 'derived.calls',
    'derived.calls_at_least', 'derived.energy_low', 'derived.energy_high', 'error.max_over_full_bound']
    .map((key) => `${first.path}.${key}`))}`);
}

// ---- cycles and bytes

export function scatter_section(report) {
  const rows = new Rows(report), front = rows.run.filter((row) => rows.on_front(row));
  const table = html`<div><table><thead><tr><th>on the front</th><th class="number">cycles</th><th
    class="number">bytes</th></tr></thead><tbody>${front.map((row) => {
    const over = rows.value(row, 'cycles') / rows.value(rows.best(row.mask, 'cycles'), 'cycles') - 1;
    return html`<tr><td>${raw(mark(rows, row.mask))}${rows.name(row)}<br><span class="unit">${row.mask}</span></td><td
      class="number">${over === 0 ? 'fewest' : `+${(100 * over).toFixed(2)} %`}</td><td class="number">${
      report.number(`${row.path}.derived.bytes_over_compulsory`, forms.times)}</td></tr>`;
  })}</tbody></table><p class="small">Cycles are over the fewest of the mask, bytes over compulsory. Filled:
    nothing of the same mask is as good in one and better in the other. A cross is what no device of this size
    can beat: compulsory bytes, and the allowed pairs at peak.</p></div>`;
  return section('scatter', 'Cycles and bytes', 'Lower left is better. Lines are the Pareto front of each mask.',
    html`<div class="front">${chart_place('scatter-chart', `Cycles and bytes of ${plural(rows.run.length, 'run')}; on the front ${
      front.map((row) => `${rows.name(row)}, ${row.mask}`).join('; ')}`)}${table}</div>`);
}

const kTicks = [1, 2, 3, 5, 7];

/** Round numbers from `first` to `last`. */
function round_ticks(first, last) {
  const ticks = [];
  for (let power = 10 ** Math.floor(Math.log10(first)); power <= last; power *= 10)
    ticks.push(...kTicks.map((m) => m * power).filter((x) => x >= first && x <= last));
  return ticks.length > 7 ? ticks.filter((x) => /^[125]/.test(String(x))) : ticks;
}

export function draw_scatter(report) {
  const rows = new Rows(report);
  const points = rows.run.map((row) => ({row, x: rows.value(row, 'bytes'), y: rows.value(row, 'cycles'),
    shape: rows.shape(row.mask), front: rows.on_front(row), name: rows.name(row)}));
  const floors = rows.masks.flatMap((mask) => rows.of_mask(mask).slice(0, 1)).map((row) => ({
    x: rows.value(row, 'bytes_compulsory'),
    y: rows.value(row, 'useful_utilisation') * rows.value(row, 'cycles')}));
  const range = (key) => {
    const all = [...points, ...floors].map((point) => point[key]);
    return [Math.min(...all) / 1.25, Math.max(...all) * 1.25];
  };
  const [x, y] = [range('x'), range('y')];
  const steps = rows.masks.flatMap((mask) => {
    const front = points.filter((p) => p.front && p.row.mask === mask).sort((a, b) => a.x - b.x);
    if (front.length === 0) return [];
    return [{mask, x: front[0].x, y: Math.min(y[1], front[0].y * 1.2)}, ...front.flatMap((p, i) => [
      ...(i ? [{mask, x: p.x, y: front[i - 1].y}] : []), {mask, x: p.x, y: p.y}]),
    {mask, x: x[1], y: front.at(-1).y, last: true}];
  });
  return (width) => Plot.plot({
    width, height: Math.min(430, Math.max(300, width * 0.72)), marginLeft: 52, marginRight: 14,
    marginTop: 26, marginBottom: 40,
    x: {type: 'log', domain: x}, y: {type: 'log', domain: y},
    symbol: {domain: kShapes, range: kShapes},
    marks: [
      Plot.gridX(round_ticks(...x), {stroke: 'var(--rule)', strokeOpacity: 1}),
      Plot.gridY(round_ticks(...y), {stroke: 'var(--rule)', strokeOpacity: 1}),
      Plot.axisX(round_ticks(...x), {label: 'bytes through the memory port, log', labelArrow: 'none',
        tickSize: 0, text: (d) => `${significant(d / prefixed('', [x[1]])(1).scale, 1)} ${prefixed('B', [x[1]])(1).unit}`}),
      Plot.axisY(round_ticks(...y), {label: 'cycles, log', labelArrow: 'none', tickSize: 0,
        text: (d) => (d < 1e4 ? whole(d) : `${significant(d / 1e3, 1)}k`)}),
      Plot.line(steps, {x: 'x', y: 'y', z: 'mask', stroke: 'var(--faint)', strokeWidth: 1}),
      Plot.text(steps.filter(({last}) => last), {x: 'x', y: 'y', text: 'mask', textAnchor: 'end', dy: 9,
        className: 'ink-words'}),
      Plot.dot(floors, {x: 'x', y: 'y', symbol: 'plus', stroke: 'var(--faint)', r: 5}),
      Plot.dot(points, {x: 'x', y: 'y', symbol: 'shape', r: 5.5, strokeWidth: 1.5, stroke: 'var(--ink)',
        fill: (d) => (d.front ? 'var(--ink)' : 'var(--paper)'), className: 'run-dot'}),
      Plot.text(width < 480 ? [] : points, {x: 'x', y: 'y', text: 'name', dy: -12, ...kHalo,
        textAnchor: 'middle'}),
    ],
  });
}

// ---- masks side by side

const key_of = ([kind, words]) => html`<span class="key-of">${swatch(kind)}${words}</span>`;

export function multiples_section(report) {
  const rows = new Rows(report), most = (key) => Math.max(...rows.run.map((row) => rows.value(row, key)));
  const [cycles, bytes] = [most('cycles'), most('bytes')];
  const line = (row, key, form, parts) => html`<div class="line"><span>${rows.name(row)}</span>${bar(parts)}<span class="${
    rows.best(row.mask, key) === row ? 'best' : ''}">${report.number(`${row.path}.derived.${key}`, form)}</span></div>`;
  const panel = (mask) => html`<div><h3 class="label">${raw(mark(rows, mask))}${mask}</h3><div class="unit small">cycles</div>${
    rows.of_mask(mask).map((row) => {
      const share = rows.value(row, 'cycles') / cycles;
      const [issued, useful] = ['mac_utilisation', 'useful_utilisation'].map((key) => rows.value(row, key));
      return line(row, 'cycles', forms.count(''), [[share * useful, 'score', 'allowed pairs'],
        [share * (issued - useful), 'pale', 'masked pairs'], [share * (1 - issued), 'dim', 'arrays not working']]);
    })}<div class="unit small">bytes</div>${rows.of_mask(mask).map((row) => {
    const moved = rows.value(row, 'bytes'), least = Math.min(moved, rows.value(row, 'bytes_compulsory'));
    return line(row, 'bytes', forms.bytes, [[least / bytes, 'load', 'compulsory'],
      [(moved - least) / bytes, 'pale', 'moved again']]);
  })}</div>`;
  return section('masks', 'By mask', html`One scale for all. Cycles: ${
    [['score', 'allowed pairs'], ['pale', 'masked pairs'], ['dim', 'arrays not working']].map(key_of)} Bytes: ${
    [['load', 'compulsory'], ['pale', 'moved again']].map(key_of)}`, html`<div class="multiples">${rows.masks.filter((mask) => rows.of_mask(mask).length)
    .map(panel)}</div>`);
}
