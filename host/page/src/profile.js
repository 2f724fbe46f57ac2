// SPDX-License-Identifier: MIT
// The page of a profile: what a model would cost at each number of tokens, and what bounds it.
import * as Plot from '@observablehq/plot';

import {capital, tool_words, verdict_box} from './answer.js';
import {chart_place} from './charts.js';
import {html} from './html.js';
import {forms, plural, prefixed, significant, whole} from './numbers.js';
import {bar, section, swatch} from './report.js';
import {colour_of} from './program.js';
import {sortable} from './table.js';

const kSymbols = ['square', 'circle'];
const phases_of = (report) => [...new Set(report.at('phases').map(({phase}) => phase))];
const seconds = (x) => `${significant(x / prefixed('s', [x])(1).scale)} ${prefixed('s', [x])(1).unit}`;

export function profile_answer(report) {
  const model = report.at('model'), configuration = report.at('configuration'), phases = report.at('phases');
  const title = html`${capital(model.name)}, ${report.number('model.layers', forms.count('layers'))}: what it would cost`;
  const last = phases.map((row, index) => ({...row, index})).filter(({tokens}) => tokens === phases.at(-1).tokens);
  const bound = (row) => html`<b>${capital(row.phase)}</b> at ${whole(row.tokens)} tokens would take ${
    report.number(`phases.${row.index}.time`, forms.si('s'))}, ${report.number(`phases.${row.index}.cycles`,
    forms.count(''))} cycles; its roof is the ${row.bound_by}. `;
  const unfit = report.at('memory').find(({fits}) => !fits);
  return {title: html`${model.name}: profile`, html: html`<header id="answer"><p class="eyebrow"><span>Tessera profile</span>${
    tool_words(report)}</p><h1>${title}</h1><p class="sub">${[`device ${configuration.device}`,
    `memory ${configuration.memory}`, `${model.precision} products`, `width ${whole(report.value('model.width'))}`]
    .map((part) => html`<span>${part}</span>`)}</p>${unfit ? verdict_box('bad', 'Does not fit.', html`At ${
    whole(unfit.tokens)} tokens weights and caches need more than the memory has.`) : verdict_box('', 'Predicted.',
    'All cycles are predicted; nothing was simulated.')}<p class="why">${last.map(bound)}</p></header>`};
}

export function growth_section(report) {
  const phases = report.at('phases');
  return section('growth', 'Time over tokens', 'Both axes are logarithmic: a straight line of slope 1 is time in proportion to tokens.',
    chart_place('growth-chart', `Time of ${plural(phases.length, 'prediction')}, the longest ${
      seconds(Math.max(...phases.map(({time}) => time)))}`));
}

export function draw_growth(report) {
  const rows = report.at('phases'), names = phases_of(report);
  const tick = (x) => (x >= 1024 && x % 1024 === 0 ? `${whole(x / 1024)}K` : whole(x));
  return (width) => Plot.plot({
    width, height: 300, marginLeft: 64, marginRight: 18, marginTop: 22, marginBottom: 38,
    x: {type: 'log', base: 2}, y: {type: 'log'}, symbol: {domain: names, range: kSymbols, legend: true},
    marks: [
      Plot.gridY({stroke: 'var(--rule)', strokeOpacity: 1}),
      Plot.axisX([...new Set(rows.map(({tokens}) => tokens))], {tickSize: 0, label: 'tokens, log', labelArrow: 'none', tickFormat: tick}),
      Plot.axisY({tickSize: 0, ticks: 6, label: 'time, log', labelArrow: 'none', tickFormat: seconds}),
      Plot.line(rows, {x: 'tokens', y: 'time', z: 'phase', stroke: 'var(--faint)', strokeWidth: 1}),
      Plot.dot(rows, {x: 'tokens', y: 'time', symbol: 'phase', r: 4.5, stroke: 'var(--score)', fill: 'var(--paper)', strokeWidth: 1.5}),
    ],
  });
}

export function kinds_section(report) {
  const kinds = report.at('kinds'), phases = report.at('phases');
  const rows = phases.map((phase) => {
    const own = kinds.filter((kind) => kind.tokens === phase.tokens && kind.phase === phase.phase)
      .sort((a, b) => b.cycles - a.cycles);
    const shown = own.filter((kind) => kind.share >= 0.005);
    return html`<div class="name">${phase.phase}<small>${whole(phase.tokens)} tokens</small></div><div class="cell" role="img"
      aria-label="${own.map((kind) => `${kind.kind} ${(100 * kind.share).toFixed(1)} %`).join(', ')}">${bar(own.map((kind) =>
      [kind.share, colour_of(kind.kind), `${kind.kind}: ${whole(kind.cycles)} cycles`]))}<div class="labels">${shown.map((kind) =>
      html`<span>${swatch(colour_of(kind.kind))}${kind.kind} <b>${(100 * kind.share).toFixed(1)} %</b></span>`)}</div></div>`;
  });
  return section('kinds', 'Shares by kind', 'Each bar is all the cycles of a phase.', html`<div class="rows">${rows}</div>`);
}

const kColumns = [['cycles', forms.count('')], ['share', forms.percent], ['calls', forms.count('')],
  ['mac_utilisation', forms.percent], ['bytes', forms.bytes], ['flops_per_byte', forms.plain()], ['compute_cycles', forms.plain()],
  ['memory_cycles', forms.plain()], ['processor_cycles', forms.plain()]];

/** A table of `path`'s rows with the words `keys` before the figures. */
function costs_table(report, path, keys, kept = () => true) {
  const meanings = report.at('formulas') || {};
  const rows = report.at(path).map((row, index) => ({row, index})).filter(({row}) => kept(row));
  return sortable(`${path}-table`, [['tokens', 1], ['phase'], ...keys.map((key) => [key]), ...kColumns.map(([key]) =>
    [html`<span data-tip="${key}\n${meanings[key] || ''}">${key.replaceAll('_', ' ')}</span>`, 1]), ['bound by']],
  rows.map(({row, index}) => html`<tr><td class="number" data-sort="${row.tokens}">${whole(row.tokens)}</td><td>${row.phase}</td>${
    keys.map((key) => html`<td>${row[key]}</td>`)}${kColumns.map(([key, form]) => html`<td class="number" data-sort="${
    row[key]}">${report.number(`${path}.${index}.${key}`, form)}</td>`)}<td>${row.bound_by}</td></tr>`));
}

export function phases_section(report) {
  const rows = report.at('phases'), worst = rows.reduce((a, b) => (b.cycles / b.bound_cycles > a.cycles / a.bound_cycles ? b : a));
  return section('phases', 'Phases against their roof', html`${capital(worst.phase)} at ${whole(worst.tokens)} tokens is farthest
    from its roof: ${(worst.cycles / worst.bound_cycles).toFixed(2)} times the ${whole(worst.bound_cycles)} cycles that the ${
    worst.bound_by} alone needs.`, costs_table(report, 'phases', []));
}

export function profile_layers_section(report) {
  const last = report.at('phases').at(-1).tokens;
  return section('layers', 'Layers', html`All layers at ${whole(last)} tokens. Click a heading to sort.`,
    costs_table(report, 'layers', ['layer', 'kind'], ({tokens}) => tokens === last), {long: true});
}
