// SPDX-License-Identifier: MIT
// The page of a model's run: what came out, where the cycles went layer by layer, how runs grow.
import * as Plot from '@observablehq/plot';

import {big, capital, figure, file_name, tool_words, verdict_box} from './answer.js';
import {chart_place} from './charts.js';
import {html} from './html.js';
import {forms, plural, prefixed, significant, whole} from './numbers.js';
import {bar, definitions, section, swatch} from './report.js';
import {sortable} from './table.js';

/** Kinds of layers by the work they are: products blue, attention green, the processor's own work the rest. */
const kColours = {linear: 'score', convolution: 'half', attention: 'value', norm: 'merge', gate: 'store',
  embedding: 'load', argmax: 'ink'};
export const colour_of = (kind) => kColours[kind] || 'dim';

/** Rows of a table that are alike in `keys`, with sums of cycles and multiply-adds. */
export function sums_by(rows, ...keys) {
  const sums = new Map();
  for (const row of rows) {
    const name = keys.map((key) => row[key]).join(' ');
    const sum = sums.get(name) || {...Object.fromEntries(keys.map((key) => [key, row[key]])), cycles: 0, macs: 0};
    sum.cycles += row.cycles;
    sum.macs += row.macs;
    sums.set(name, sum);
  }
  return [...sums.values()];
}

const percent = (share) => html`${(100 * share).toFixed(1)}<span class="unit">${'\u202f'}%</span>`;

function verdict(report) {
  const exactness = report.at('exactness');
  if (report.at('model').timing_only)
    return verdict_box('', 'Timing only.', 'Cycles and bytes were simulated, values were not.');
  if (exactness.reason) return verdict_box('bad', 'Not exact.', `${capital(exactness.reason)}.`);
  if (!report.value('error.checked'))
    return verdict_box('', 'Not checked.', 'Nothing is known to be wrong; --check compares each step with double precision.');
  const outside = report.value('error.outside'), elements = report.number('error.elements', forms.count(''));
  if (report.value('error.within_bound') === null) return verdict_box('bad', 'Nothing compared.', '');
  return outside ? verdict_box('bad', 'Outside the bound.', html`${report.number('error.outside',
    forms.count(''))} of ${elements} elements are beyond the bound of their step.`)
    : verdict_box('good', 'Each step within its bound.', html`All ${elements} elements were compared with double precision.`);
}

function why(report) {
  const all = report.value('sum.cycles');
  if (!all) return null;
  const kinds = sums_by(report.at('layers'), 'graph', 'kind').sort((a, b) => b.cycles - a.cycles);
  const graphs = report.at('graphs'), first = kinds[0];
  const where = graphs.length > 1 ? ` of ${first.graph}` : '';
  return html`<p class="why"><b>${capital(first.kind)}${where}</b> takes ${percent(first.cycles / all)} of all cycles.
    The multiply arrays work ${report.number('sum.mac_utilisation', (x) => ({text: significant(100 * x), unit: '%',
    scale: 0.01}))} of the time; the processor’s own work takes ${percent(report.value('sum.processor_elementwise_cycles')
    / all)} of it.</p>`;
}

/** What a text model said, as it is. */
function words_of(report) {
  const text = report.value('results.text');
  return typeof text === 'string' && text !== '' ? html`<blockquote>${text}</blockquote>` : null;
}

function figures(report) {
  const all = report.value('sum.cycles') || 1, layers = report.at('layers');
  const parts = sums_by(layers, 'kind').sort((a, b) => b.cycles - a.cycles)
    .map(({kind, cycles}) => [cycles / all, colour_of(kind), `${kind}: ${whole(cycles)} cycles`]);
  const last = report.at('graphs').length - 1, per_run = `graphs.${last}.cycles_per_run`;
  const graph = report.at('graphs')[last];
  const used = report.value('sum.mac_utilisation') || 0;
  const processor = report.value('sum.processor_elementwise_cycles') / all;
  return html`<div class="figures">${[
    figure('Cycles', big(report, 'sum.cycles', forms.count('cycles')), parts,
      html`${report.number('sum.time', forms.si('s'))} on the device`),
    figure('Utilisation of the multiply arrays', big(report, 'sum.mac_utilisation', (x) =>
      ({text: significant(100 * x), unit: '%', scale: 0.01})), [[used, 'score', 'products that layers need']],
    html`${report.number('sum.useful_macs', forms.si(''))} multiply-adds that layers need`),
    figure('Bytes through the memory port', big(report, 'sum.bytes', forms.bytes), null,
      html`${report.number('sum.processor_bytes', forms.bytes)} more by the processor`),
    figure('Calls of the device', big(report, 'sum.calls', forms.count('calls')), null,
      plural(layers.length, 'layer')),
    figure(`A run of ${graph.graph}`, big(report, per_run, forms.count('cycles')),
      [[graph.weight_port_cycles / graph.cycles_per_run, 'load', 'its weights through the port']],
      html`${whole(graph.runs)} ${graph.runs === 1 ? 'run' : 'runs, mean'}; weights take the port at least ${
        report.number(`graphs.${last}.weight_port_cycles`, forms.count(''))}`),
    figure('The processor’s own work', big(report, 'sum.processor_elementwise_cycles', forms.count('cycles')),
      [[processor, 'merge', 'elementwise work']], html`${percent(processor)} of all cycles`)]}</div>`;
}

export function program_answer(report) {
  const model = report.at('model'), configuration = report.at('configuration');
  const title = html`${model.name}: ${file_name(model.input)}`;
  const sub = [`device ${configuration.device}`, `memory ${configuration.memory}`, `${model.precision} products`,
    file_name(model.weights), model.timing_only && 'timing only'].filter(Boolean);
  return {title, html: html`<header id="answer"><p class="eyebrow"><span>Tessera ${report.value('schema').split('.').pop()
  }</span>${tool_words(report)}</p><h1>${title}</h1><p class="sub">${sub.map((part) => html`<span>${part}</span>`)}</p>${
    verdict(report)}${words_of(report)}${why(report)}${figures(report)}</header>`};
}

// ---- steps

/** A bar for each graph, with the kinds of its layers. */
export function steps_section(report) {
  const all = report.value('sum.cycles') || 1, kinds = sums_by(report.at('layers'), 'graph', 'kind');
  const rows = report.at('graphs').map(({graph, runs, cycles}, index) => {
    const own = kinds.filter((kind) => kind.graph === graph).sort((a, b) => b.cycles - a.cycles);
    return html`<div class="name">${graph}<small>${plural(runs, 'run')}</small></div><div class="cell" role="img"
      aria-label="${graph}: ${own.map((kind) => `${kind.kind} ${(100 * kind.cycles / cycles).toFixed(1)} %`).join(', ')
      }">${bar(own.map((kind) => [kind.cycles / all, colour_of(kind.kind), `${kind.kind}: ${whole(kind.cycles)} cycles`]))
      }<div class="labels"><span><b>${report.number(`graphs.${index}.cycles`, forms.count(''))}</b> cycles</span>${
      own.map((kind) => html`<span>${swatch(colour_of(kind.kind))}${kind.kind} <b>${percent(kind.cycles / all)
      }</b></span>`)}</div></div>`;
  });
  const first = report.at('graphs').reduce((a, b) => (b.cycles > a.cycles ? b : a));
  return section('steps', 'Steps and their shares', html`<b>${capital(first.graph)}</b> takes ${
    percent(first.cycles / all)} of the cycles. Bars share one scale: all cycles.`, html`<div class="rows">${rows}</div>${
    definitions(report, report.figures().map(([path]) => path).filter((path) => path.startsWith('sum.')))}`);
}

// ---- runs, one after the other

const runs_of = (report) => ['prefill', 'decode'].flatMap((phase) => (report.at(`results.${phase}`) || [])
  .map((run) => ({...run, phase})));

export function runs_section(report) {
  const runs = runs_of(report);
  if (runs.length === 0) return null;
  const decode = runs.filter(({phase}) => phase === 'decode'), last = runs.at(-1);
  const finding = decode.length < 2 ? `${plural(runs.length, 'run')}.`
    : html`From the first token to the last a run takes <b>${(decode.at(-1).cycles / decode[0].cycles).toFixed(3)
    } times</b> the cycles; keys and values grow to ${prefixed('B', [last.cache_bytes])(last.cache_bytes).text} ${
      prefixed('B', [last.cache_bytes])(1).unit}.`;
  return section('runs', 'Runs and the cache', finding, html`<div class="pair"><div><h3 class="label">Cycles of a run</h3>${
    chart_place('runs-chart', `Cycles of ${plural(runs.length, 'run')}, the last ${whole(last.cycles)}`)}</div><div><h3
    class="label">Keys and values held</h3>${chart_place('cache-chart', `Bytes of the caches, ${
    whole(last.cache_bytes)} at the end`)}</div></div>`);
}

const over_position = (report, key, label, colour) => (width) => {
  const runs = runs_of(report).map((run) => ({...run, x: run.position + run.rows, y: run[key]}));
  const unit = prefixed(key === 'cycles' ? '' : 'B', [Math.max(...runs.map(({y}) => y))])(1);
  return Plot.plot({
    width, height: 220, marginLeft: 56, marginRight: 14, marginTop: 18, marginBottom: 36,
    x: {domain: [0, runs.at(-1).x], label: 'tokens so far', labelArrow: 'none'},
    y: {zero: true, label, labelArrow: 'none'},
    marks: [
      Plot.gridY({stroke: 'var(--rule)', strokeOpacity: 1}),
      Plot.axisX({ticks: 5, tickSize: 0, label: 'tokens so far', labelArrow: 'none'}),
      Plot.axisY({ticks: 4, tickSize: 0, label, labelArrow: 'none',
        tickFormat: (y) => `${significant(y / unit.scale, 2)}${unit.unit && ` ${unit.unit}`}`}),
      Plot.line(runs, {x: 'x', y: 'y', stroke: colour, strokeWidth: 1.5}),
      Plot.dot(runs, {x: 'x', y: 'y', r: 3, fill: colour, symbol: (run) => (run.phase === 'prefill' ? 'square' : 'circle')}),
    ],
  });
};
export const draw_runs = (report) => over_position(report, 'cycles', 'cycles', 'var(--score)');
export const draw_cache = (report) => over_position(report, 'cache_bytes', 'bytes', 'var(--load)');

// ---- results

const plain_cell = (value) => (typeof value === 'number'
  ? html`<td class="number" data-sort="${value}">${Number.isInteger(value) ? whole(value) : significant(value, 4)}</td>`
  : html`<td>${value === null ? '' : String(value)}</td>`);

/** A list of things that are alike, as it is. */
export function plain_table(id, rows) {
  const keys = Object.keys(rows[0]);
  return sortable(id, keys.map((key) => [key.replaceAll('_', ' '), typeof rows[0][key] === 'number']),
    rows.map((row) => html`<tr>${keys.map((key) => plain_cell(row[key]))}</tr>`));
}

const kMostRows = 400;

export function results_section(report) {
  const results = report.at('results') || {}, names = Object.keys(results);
  const tables = names.filter((name) => Array.isArray(results[name]) && results[name].length &&
    typeof results[name][0] === 'object');
  const numbers = names.filter((name) => typeof report.value(`results.${name}`) === 'number');
  const words = names.filter((name) => typeof results[name] === 'string' && name !== 'text');
  if (tables.length + numbers.length + words.length === 0) return null;
  const facts = html`<table class="keys"><tbody>${numbers.map((name) => html`<tr><td>${name.replaceAll('_', ' ')}</td><td>${
    report.number(`results.${name}`, forms.plain(report.figure(`results.${name}`).unit))}</td></tr>`)}${words.map((name) =>
    html`<tr><td>${name.replaceAll('_', ' ')}</td><td>${results[name]}</td></tr>`)}</tbody></table>`;
  return section('results', 'What came out', html`${plural(numbers.length, 'figure')}${tables.length > 0 &&
    ` and ${plural(tables.length, 'table')}`} of this command.`, html`${facts}${tables.map((name) => html`<h3 class="label"
    style="margin-top:22px">${capital(name.replaceAll('_', ' '))}${results[name].length > kMostRows &&
    `, the first ${kMostRows} of ${whole(results[name].length)}`}</h3>${plain_table(`table-${name}`,
    results[name].slice(0, kMostRows))}`)}${definitions(report, names.map((name) => `results.${name}`))}`, {long: true});
}

// ---- layers

export function layers_section(report) {
  const layers = report.at('layers'), most = Math.max(...layers.map(({cycles}) => cycles), 1);
  const slowest = layers.reduce((a, b) => (b.cycles > a.cycles ? b : a));
  const checked = layers.some((layer) => layer.checked !== undefined);
  const line = (layer, index) => {
    const number = (key, form) => html`<td class="number" data-sort="${layer[key]}">${
      report.number(`layers.${index}.${key}`, form)}</td>`;
    return html`<tr><td>${layer.graph}</td><td>${layer.layer}</td><td>${swatch(colour_of(layer.kind))}${layer.kind}</td>${
      number('runs', forms.count(''))}<td class="wide" data-sort="${layer.cycles}">${report.number(
      `layers.${index}.cycles`, forms.count(''))}${bar([[layer.cycles / most, colour_of(layer.kind), layer.kind]],
      'inline')}</td>${number('calls', forms.count(''))}${number('mac_utilisation', forms.percent)}${
      number('bytes', forms.bytes)}${number('elementwise_cycles', forms.count(''))}${checked &&
      number('outside', forms.count(''))}<td class="cut" data-tip="${layer.form || ''}">${layer.form || ''}</td></tr>`;
  };
  return section('layers', 'Layers', html`<b>${slowest.layer}</b> takes the most, ${whole(slowest.cycles)} cycles in ${
    plural(slowest.runs, 'run')}. Click a heading to sort.`, sortable('layer-table', [['graph'], ['layer'], ['kind'],
    ['runs', 1], ['cycles'], ['calls', 1], ['utilisation', 1], ['bytes', 1], ['elementwise cycles', 1],
    ...(checked ? [['outside', 1]] : []), ['form of the product']], layers.map(line)), {long: true});
}
