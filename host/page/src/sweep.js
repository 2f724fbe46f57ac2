// SPDX-License-Identifier: MIT
// The page of a sweep: what no point beats, which field matters, two fields against each other.
import * as Plot from '@observablehq/plot';

import {capital, tool_words, verdict_box} from './answer.js';
import {chart_place} from './charts.js';
import {html, joined} from './html.js';
import {exact, forms, plural, prefixed, significant, whole} from './numbers.js';
import {bar, section} from './report.js';
import {sortable} from './table.js';

const kMostRows = 2000;
const kKinds = ['score', 'load', 'value', 'store', 'merge'];

/** A count as it is, a measure in three digits. */
const plainly = (x) => (Number.isInteger(x) ? forms.count('') : forms.plain())(x);

/** A sweep, with what the page asks of it. */
class Sweep {
  constructor(report) {
    this.report = report;
    this.rows = report.at('rows').map((row, index) => ({...row, index}));
    this.good = this.rows.filter((row) => row.state === 'ok');
    this.objectives = report.at('pareto.figures').map((name) => {
      const path = name.replace(/^max:/, '');
      return {name, key: path.slice(path.lastIndexOf('.') + 1), path, most: name.startsWith('max:')};
    });
    const front = new Set(report.at('pareto.points').map(({point}) => point));
    this.front = this.good.filter((row) => front.has(row.point));
    this.fields = report.at('fields').filter((field) => new Set(this.rows.map((row) => row.fields[field])).size > 1);
  }
  values(field) {
    const all = [...new Set(this.good.map((row) => row.fields[field]))];
    return all.every((x) => typeof x === 'number') ? all.sort((a, b) => a - b) : all;
  }
  sensitivity(figure) {
    return this.report.at('sensitivity').filter((one) => one.figure === figure).sort((a, b) => b.mean_ratio - a.mean_ratio);
  }
}

const last_of = (path) => path.slice(path.lastIndexOf('.') + 1).replaceAll('_', ' ');
const compact = (x) => (Math.abs(x) >= 1e4 ? `${significant(x / prefixed('', [x])(1).scale)}${prefixed('', [x])(1).unit}`
  : Number.isInteger(x) ? whole(x) : significant(x));

export function sweep_answer(report) {
  const sweep = new Sweep(report), points = report.at('points');
  const title = html`Sweep: ${plural(points.all, 'point')} over ${plural(report.at('fields').length, 'field')}`;
  const bad = Object.entries(points).filter(([state, count]) => count > 0 && !['all', 'ok'].includes(state));
  const verdict = bad.length === 0 ? verdict_box('good', 'Every point is good.', `${plural(points.ok, 'point')} ran.`)
    : verdict_box('bad', `${plural(bad.reduce((sum, [, count]) => sum + count, 0), 'point')} not good.`, joined(
      bad.map(([state, count]) => `${whole(count)} ${state.replaceAll('_', ' ')}`), ', '));
  const first = sweep.objectives[0], strongest = first && sweep.sensitivity(first.path)[0];
  const why = html`<p class="why">${sweep.front.length ? html`<b>${plural(sweep.front.length, 'point')}</b> ${
    sweep.front.length === 1 ? 'is' : 'are'} beaten by no other in ${joined(sweep.objectives.map(({path}) => last_of(path)), ', ')}.`
    : 'No point has all the figures that count.'}${strongest && html` <b>${capital(last_of(strongest.field))}</b> moves ${
    last_of(first.path)} most: on average ${significant(strongest.mean_ratio)} times.`}</p>`;
  const errors = report.at('errors');
  return {title, html: html`<header id="answer"><p class="eyebrow"><span>Tessera sweep</span>${tool_words(report)}</p><h1>${
    title}</h1>${verdict}${why}${errors.length > 0 && html`<table><thead><tr><th>state</th><th class="number">points</th><th>why</th></tr></thead><tbody>${
    errors.slice(0, 12).map((error) => html`<tr><td>${error.state}</td><td class="number">${whole(error.points)}</td><td>${
      error.first}: ${error.message}</td></tr>`)}</tbody></table>`}</header>`};
}

// ---- the front

export function pareto_section(report) {
  const sweep = new Sweep(report), [x, y] = sweep.objectives;
  if (!y) return null;
  const rows = sweep.front.map((row) => html`<tr><td>${row.point}</td>${sweep.objectives.map(({key}) => html`<td class="number">${
    report.number(`rows.${row.index}.figures.${key}`, plainly)}</td>`)}</tr>`);
  return section('pareto', 'What no point beats', html`Filled: no other point is at least as good in ${joined(sweep.objectives.map(
    ({path, most}) => `${last_of(path)}${most ? ', more is better' : ''}`), ', ')} and better in one.`, html`<div class="front">${
    chart_place('pareto-chart', `${plural(sweep.good.length, 'point')} by ${last_of(x.path)} and ${last_of(y.path)}, ${
      sweep.front.length} on the front`)}<div class="scroll"><table><thead><tr><th>on the front</th>${sweep.objectives.map(({path}) =>
      html`<th class="number">${last_of(path)}</th>`)}</tr></thead><tbody>${rows.slice(0, 40)}</tbody></table></div></div>`);
}

export function draw_pareto(report) {
  const sweep = new Sweep(report), [a, b] = sweep.objectives, front = new Set(sweep.front);
  const points = sweep.good.map((row) => ({x: row.figures[b.key], y: row.figures[a.key], front: front.has(row), name: row.point}))
    .filter(({x, y}) => typeof x === 'number' && typeof y === 'number').sort((p, q) => p.front - q.front);
  const type = (key) => (points.every((point) => point[key] > 0) ? 'log' : 'linear');
  const axis = (key, {path}) => ({ticks: 5, tickSize: 0, labelArrow: 'none', tickFormat: compact,
    label: `${last_of(path)}${type(key) === 'log' ? ', log' : ''}`});
  return (width) => Plot.plot({
    width, height: Math.min(430, Math.max(300, width * 0.72)), marginLeft: 58, marginRight: 14, marginTop: 26, marginBottom: 40,
    x: {type: type('x')}, y: {type: type('y')},
    marks: [
      Plot.gridX({stroke: 'var(--rule)', strokeOpacity: 1, ticks: 5}), Plot.gridY({stroke: 'var(--rule)', strokeOpacity: 1, ticks: 5}),
      Plot.axisX(axis('x', b)), Plot.axisY(axis('y', a)),
      Plot.dot(points, {x: 'x', y: 'y', r: 4, strokeWidth: 1.2, stroke: (d) => (d.front ? 'var(--ink)' : 'var(--faint)'),
        fill: (d) => (d.front ? 'var(--ink)' : 'var(--paper)'), title: 'name', className: 'run-dot'}),
    ],
  });
}

// ---- which field matters

export function sensitivity_section(report) {
  const sweep = new Sweep(report);
  if (report.at('sensitivity').length === 0) return null;
  const most = Math.max(...report.at('sensitivity').map((one) => Math.log(one.mean_ratio)), 1e-9);
  const panel = ({path}, i) => html`<div><h3 class="label">${last_of(path)}</h3>${sweep.sensitivity(path).map((one) => html`<div
    class="line" data-tip="${one.field}\non average ${significant(one.mean_ratio)} times, at most ${significant(one.largest_ratio)
    } times, over ${one.sets} sets of points that differ in it alone"><span>${last_of(one.field)}</span>${bar([[
    Math.log(one.mean_ratio) / most, kKinds[i % kKinds.length], one.field]])}<span>× ${significant(one.mean_ratio)}</span></div>`)}</div>`;
  return section('sensitivity', 'Which field matters', html`Each bar: how far a figure moves between points that differ in one field
    alone, largest over smallest, the geometric mean over such sets; log.`, html`<div class="multiples">${
    sweep.objectives.filter(({path}) => sweep.sensitivity(path).length).map(panel)}</div>`);
}

// ---- two fields

const option = (value, chosen) => html`<option value="${value}"${value === chosen && ' selected'}>${last_of(value)}</option>`;
const choice = (id, words, values, chosen) => html`<label>${words} <select id="${id}">${values.map((value) =>
  option(value, chosen))}</select></label>`;

/** The best value of a figure for each pair of values of two fields. */
function heat_table(sweep, down, across, key) {
  const objective = sweep.objectives.find((one) => one.key === key), more = objective && objective.most;
  const best = (rows) => rows.map((row) => row.figures[key]).filter((x) => typeof x === 'number')
    .reduce((a, b) => (a === null || (more ? b > a : b < a) ? b : a), null);
  const columns = sweep.values(across);
  const cells = sweep.values(down).map((value) => [value, columns.map((other) => best(sweep.good.filter((row) =>
    row.fields[down] === value && row.fields[across] === other)))]);
  const all = cells.flatMap(([, values]) => values).filter((x) => x !== null);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const share = (x) => (high === low ? 0 : low > 0 ? Math.log(x / low) / Math.log(high / low) : (x - low) / (high - low));
  return html`<table class="heats" role="img" aria-label="${last_of(key)} from ${compact(low)} to ${compact(high)}"><thead><tr><th>${
    last_of(down)} \\ ${last_of(across)}</th>${columns.map((value) => html`<th class="number">${exact(value)}</th>`)}</tr></thead><tbody>${
    cells.map(([value, values]) => html`<tr><td>${exact(value)}</td>${values.map((x) => (x === null ? html`<td class="heat none">–</td>`
      : html`<td class="heat" style="--share:${(100 * share(x)).toFixed(0)}%" data-tip="${exact(x)}">${compact(x)}</td>`))}</tr>`)}</tbody></table>`;
}

export function fields_section(report) {
  const sweep = new Sweep(report);
  if (sweep.fields.length < 2 || sweep.objectives.length === 0) return null;
  const by_weight = sweep.sensitivity(sweep.objectives[0].path).map(({field}) => field);
  const [down = sweep.fields[0], across = sweep.fields.find((field) => field !== down)] = by_weight;
  const keys = Object.keys(sweep.good.length ? sweep.good[0].figures : {});
  return section('fields', 'Two fields against each other', 'Each cell: the best point with these two values, whatever the other fields.',
    html`<div class="choices on-screen">${choice('heat-down', 'rows', sweep.fields, down)}${choice('heat-across', 'columns', sweep.fields,
      across)}${choice('heat-figure', 'figure', keys, sweep.objectives[0].key)}</div><div class="scroll" id="heat-place">${
      heat_table(sweep, down, across, sweep.objectives[0].key)}</div>`);
}

export function listen_to_fields(report) {
  const place = document.getElementById('heat-place');
  if (!place) return;
  const sweep = new Sweep(report), chosen = (name) => document.getElementById(`heat-${name}`).value;
  for (const name of ['down', 'across', 'figure'])
    document.getElementById(`heat-${name}`).onchange = () => {
      place.innerHTML = heat_table(sweep, chosen('down'), chosen('across'), chosen('figure'));
    };
}

// ---- all points

export function sweep_points_section(report) {
  const sweep = new Sweep(report), shown = sweep.rows.slice(0, kMostRows);
  const keys = Object.keys(sweep.good.length ? sweep.good[0].figures : {});
  const field = (value) => (typeof value === 'number' ? html`<td class="number" data-sort="${value}">${exact(value)}</td>`
    : html`<td>${value === null ? '' : String(value)}</td>`);
  const line = (row) => html`<tr>${sweep.fields.map((name) => field(row.fields[name]))}<td>${row.state.replaceAll('_', ' ')}</td>${
    keys.map((key) => (row.figures && typeof row.figures[key] === 'number' ? html`<td class="number" data-sort="${row.figures[key]}">${
      report.number(`rows.${row.index}.figures.${key}`, plainly)}</td>` : html`<td class="number">–</td>`))}</tr>`;
  return section('points', 'Points', html`${sweep.rows.length > kMostRows && `The first ${whole(kMostRows)} of `}${
    plural(sweep.rows.length, 'point')}. Click a heading to sort.`, sortable('point-table', [...sweep.fields.map((name) =>
    [last_of(name), typeof sweep.rows[0].fields[name] === 'number']), ['state'], ...keys.map((key) => [last_of(key), 1])], shown.map(line)),
  {long: true});
}
