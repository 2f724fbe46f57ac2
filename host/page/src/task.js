// SPDX-License-Identifier: MIT
// The pages of a task with a known answer, and of a grid of them: accuracy over columns and size.
import {big, capital, figure, tool_words, verdict_box} from './answer.js';
import {html} from './html.js';
import {forms, plural, whole} from './numbers.js';
import {bar, definitions, section} from './report.js';
import {sortable} from './table.js';

function verdict(report) {
  const answers = report.at('answers'), unexpected = report.value('answers.unexpected');
  if (answers.no_closed_form)
    return verdict_box('', 'No closed form.', `${capital(answers.no_closed_form)}.`);
  if (unexpected) return verdict_box('bad', 'Not as expected.', html`${report.number('answers.unexpected',
    forms.count(''))} answers differ from the closed form.`);
  return verdict_box('good', 'As the closed form says.', html`${report.number('answers.right', forms.count(''))} of ${
    report.number('answers.asked', forms.count(''))} answers are right, and so many were expected.`);
}

function why(report) {
  const wrong = report.at('answers.first_wrong');
  if (!wrong) return html`<p class="why">Every answer is right.</p>`;
  return html`<p class="why"><b>The first wrong answer</b> is at token ${whole(wrong.position)}, which asks for ${
    wrong.question}: it wants ${wrong.want} and gets ${wrong.got}.</p>`;
}

export function task_answer(report) {
  const task = report.at('task'), configuration = report.at('configuration');
  const accuracy = report.value('answers.accuracy') || 0;
  const share = (path) => big(report, path, forms.percent);
  const title = task.title;
  return {title, html: html`<header id="answer"><p class="eyebrow"><span>Tessera task</span>${tool_words(report)}</p><h1>${
    title}</h1><p class="sub">${[`model ${task.model}`, `device ${configuration.device}`, `memory ${configuration.memory}`,
    task.code && `addresses in ${task.code}`].filter(Boolean).map((part) => html`<span>${part}</span>`)}</p>${verdict(report)}${
    why(report)}<div class="figures">${[
    figure('Accuracy', share('answers.accuracy'), [[accuracy, 'value', 'right'], [1 - accuracy, 'pale', 'wrong']],
      html`${report.number('answers.right', forms.count(''))} of ${report.number('answers.asked', forms.count('answers'))}`),
    figure('Expected accuracy', report.value('answers.expected_accuracy') === null ? 'n/a' : share('answers.expected_accuracy'),
      [[report.value('answers.expected_accuracy') || 0, 'score', 'by closed form']], 'by closed form'),
    figure('Cycles', big(report, 'cost.cycles', forms.count('cycles')), null, html`${report.number('cost.attentions',
      forms.count('attentions'))}`),
    figure('Calls of the device', big(report, 'cost.calls', forms.count('calls')), null, html`${report.number('task.layers',
      forms.count('layers'))}`),
    figure('Bytes through the memory port', big(report, 'cost.all_bytes', forms.bytes), null, html`rows of ${
      report.number('task.columns', forms.count('elements'))} at most`),
    figure('Largest error over its bound', report.value('error.max_over_bound') === null ? 'n/a'
      : big(report, 'error.max_over_bound', forms.plain(), 'of 1'), [[Math.min(1, report.value('error.max_over_bound') || 0),
      'value', 'largest error']], report.value('error.checked') ? html`${report.number('error.elements',
      forms.count('elements'))} compared` : 'not checked')]}</div></header>`};
}

export function attentions_section(report) {
  const all = report.at('attentions'), names = Object.keys(all), cycles = report.value('cost.cycles') || 1;
  const most = names.reduce((a, b) => (all[b].cycles > all[a].cycles ? b : a));
  const number = (name, key, form) => html`<td class="number" data-sort="${all[name][key]}">${
    report.number(`attentions.${name}.${key}`, form)}</td>`;
  return section('attentions', 'Attentions', html`<b>${capital(most)}</b> takes ${(100 * all[most].cycles / cycles).toFixed(1)
  } % of the cycles.`, html`${sortable('attention-table', [['attention'], ['heads', 1], ['query, key columns', 1],
    ['value columns', 1], ['runs', 1], ['cycles'], ['calls', 1], ['bytes', 1]], names.map((name) => html`<tr><td>${name}</td>${
    number(name, 'heads', forms.count(''))}${number(name, 'dimension', forms.count(''))}${number(name, 'value_dimension',
    forms.count(''))}${number(name, 'runs', forms.count(''))}<td class="wide" data-sort="${all[name].cycles}">${report.number(
    `attentions.${name}.cycles`, forms.count(''))}${bar([[all[name].cycles / cycles, 'score', name]], 'inline')}</td>${
    number(name, 'calls', forms.count(''))}${number(name, 'bytes', forms.bytes)}</tr>`))}${definitions(report,
    report.figures().map(([path]) => path).filter((path) => /^(answers|cost|task)\./.test(path)))}`);
}

// ---- a grid

const distinct = (points, key) => [...new Set(points.map((point) => point[key]))];

export function grid_answer(report) {
  const points = report.at('points'), done = points.filter(({state}) => state === 'ok');
  const right = done.filter(({accuracy}) => accuracy === 1), odd = done.filter(({unexpected}) => unexpected);
  const title = html`${report.value('task')}: ${plural(points.length, 'point')} of models, sizes and columns`;
  return {title, html: html`<header id="answer"><p class="eyebrow"><span>Tessera task</span>${tool_words(report)}</p><h1>${
    title}</h1>${odd.length ? verdict_box('bad', 'Not as expected.', `${plural(odd.length, 'point')} differ from the closed form.`)
    : verdict_box(done.length ? 'good' : '', done.length ? 'As the closed form says.' : 'Nothing ran.',
      `${plural(done.length, 'point')} ran, of ${whole(points.length)}.`)}<p class="why"><b>${plural(right.length, 'point')}</b> ${
    right.length === 1 ? 'is' : 'are'} solved without a wrong answer.</p></header>`};
}

/** Of each model a map: a row for each size, a column for each number of columns. */
export function heat_section(report) {
  const points = report.at('points').map((point, index) => ({...point, index}));
  const cell = (model, size, dim) => {
    const point = points.find((one) => one.model === model && one.size === size && one.dim === dim);
    if (!point) return html`<td></td>`;
    if (point.state !== 'ok') return html`<td class="heat none" data-tip="${point.state}\n${point.reason}">–</td>`;
    const share = (100 * point.accuracy).toFixed(0);
    return html`<td class="heat ${point.accuracy === 1 ? 'solved' : ''}" style="--share:${share}%" data-tip="${model}, size ${size
    }, ${dim} columns\n${whole(point.right)} of ${whole(point.asked)} right, ${whole(point.cycles)} cycles">${
      report.number(`points.${point.index}.accuracy`, forms.percent)}</td>`;
  };
  const dims = distinct(points, 'dim');
  const map = (model) => html`<div><h3 class="label">${model}</h3><div class="scroll"><table class="heats" role="img" aria-label="${
    model}: ${points.filter((one) => one.model === model && one.accuracy === 1).length} points solved"><thead><tr><th
    class="number">size</th>${dims.map((dim) => html`<th class="number">${dim}</th>`)}</tr></thead><tbody>${
    distinct(points.filter((one) => one.model === model), 'size').map((size) => html`<tr><td class="number">${size}</td>${
      dims.map((dim) => cell(model, size, dim))}</tr>`)}</tbody></table></div></div>`;
  return section('heat', 'Accuracy over size and columns', 'Dark: every answer is right. Columns of a table are elements of a row, --dim.',
    html`<div class="multiples">${distinct(points, 'model').map(map)}</div>`);
}

export function points_section(report) {
  const keys = ['model', 'size', 'dim', 'tokens', 'accuracy', 'expected_accuracy', 'calls', 'cycles', 'bytes', 'cells_cycles', 'state', 'reason'];
  const points = report.at('points'), number = (key) => typeof points[0][key] === 'number';
  const solved = points.filter(({accuracy}) => accuracy === 1).map(({cycles}) => cycles);
  const form = {accuracy: forms.percent, expected_accuracy: forms.percent, bytes: forms.bytes, cells_cycles: forms.si('')};
  return section('points', 'Points', html`${solved.length ? `The cheapest solved point takes ${
    whole(Math.min(...solved))} cycles` : 'No point is solved'}. Click a heading to sort.`, sortable('point-table', keys.map((key) =>
    [key.replaceAll('_', ' '), number(key)]), points.map((point, index) => html`<tr>${keys.map((key) => (number(key)
    ? html`<td class="number" data-sort="${point[key]}">${report.number(`points.${index}.${key}`, form[key] || forms.count(''))}</td>`
    : html`<td>${point[key]}</td>`))}</tr>`)), {long: true});
}
