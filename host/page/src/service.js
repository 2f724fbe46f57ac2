// SPDX-License-Identifier: MIT
// The page of a service: policies side by side, and how long each request waited.
import * as Plot from '@observablehq/plot';

import {big, capital, figure, tool_words, verdict_box} from './answer.js';
import {chart_place} from './charts.js';
import {html} from './html.js';
import {forms, plural, prefixed, significant} from './numbers.js';
import {section} from './report.js';
import {sortable} from './table.js';

const names_of = (report) => Object.keys(report.at('policies'));
/** The policy with the least (or most) of a figure. */
function best(report, key, more = false) {
  const value = (name) => report.value(`policies.${name}.${key}`) * (more ? -1 : 1);
  return names_of(report).reduce((a, b) => (value(b) < value(a) ? b : a));
}
const known = (report, key) => names_of(report).some((name) => typeof report.value(`policies.${name}.${key}`) === 'number');

export function service_answer(report) {
  const service = report.at('service'), configuration = report.at('configuration');
  const fastest = best(report, 'first_token.p99'), most = best(report, 'throughput', true);
  const title = html`${service.model}: ${plural(report.value('service.requests'), 'request')}, ${
    plural(names_of(report).length, 'policy', 'policies')}`;
  const of = (key, name = fastest) => `policies.${name}.${key}`;
  const several = names_of(report).length > 1;
  const why = several ? html`<p class="why"><b>${capital(fastest)}</b> has the shortest wait for a first token: ${
    report.number(of('first_token.p99'), forms.si('s'))} or less for 99 % of requests. <b>${capital(most)}</b> makes the most
    tokens: ${report.number(of('throughput', most), forms.plain('token/s'))}.</p>`
    : html`<p class="why">99 % of requests wait ${report.number(of('first_token.p99'), forms.si('s'))} or less for
    their first token.</p>`;
  const exact = report.at('exactness');
  const verdict = service.timing_only ? verdict_box('', 'Timing only.', 'Cycles and bytes were simulated, tokens were not.')
    : exact.reason ? verdict_box('bad', 'Not exact.', `${capital(exact.reason)}.`)
      : verdict_box('', 'Not checked.', 'Nothing is known to be wrong with the tokens.');
  const cache = report.value(of('cache_most')) || 0, busy = report.value(of('busy')) || 0;
  return {title, html: html`<header id="answer"><p class="eyebrow"><span>Tessera serve</span>${tool_words(report)}</p><h1>${
    title}</h1><p class="sub">${[`device ${configuration.device}`, `memory ${configuration.memory}`,
    service.requests_from].map((part) => html`<span>${part}</span>`)}</p>${verdict}${why}<div class="figures">${[
    figure('First token, 99 %', big(report, of('first_token.p99'), forms.si('s')), null, html`${several ? `${fastest}; ` : ''}half
      within ${report.number(of('first_token.p50'), forms.si('s'))}`),
    figure('Each further token, 99 %', big(report, of('each_token.p99'), forms.si('s')), null, html`half within ${
      report.number(of('each_token.p50'), forms.si('s'))}`),
    figure('Throughput', big(report, of('throughput'), forms.plain('token/s')), null, html`${report.number(of('tokens'),
      forms.count('tokens'))} in ${report.number(of('time'), forms.si('s'))}`),
    figure('Device busy', big(report, of('busy'), forms.percent), [[busy, 'score', 'runs of the model']], html`${
      report.number(of('runs'), forms.count('runs'))} of ${report.number(of('rows_per_run'), forms.plain('rows'))} each`),
    figure('Cache in use, most', big(report, of('cache_most'), forms.percent), [[cache, 'load', 'pages of texts under way']],
      html`mean ${report.number(of('cache_mean'), forms.percent)} of ${report.number('service.pages', forms.count('pages'))}`),
    figure('Bytes through the memory port', big(report, of('bytes'), forms.bytes), null, html`caches of ${
      report.number('service.cache_bytes', forms.bytes)}`)]}</div></header>`};
}

export function policies_section(report) {
  const keys = ['time', 'throughput', 'busy', ...['first_token', 'each_token', 'admission'].flatMap((key) =>
    ['mean', 'p50', 'p90', 'p99'].map((part) => `${key}.${part}`)), 'rows_per_run', 'cache_mean', 'cache_most', 'bytes']
    .filter((key) => known(report, key));
  const form = (key) => (key === 'bytes' ? forms.bytes : ['busy', 'cache_mean', 'cache_most'].includes(key) ? forms.percent
    : key === 'throughput' ? forms.plain('token/s') : key === 'rows_per_run' ? forms.plain() : forms.si('s'));
  const meanings = report.at('definitions') || {};
  const names = names_of(report);
  const line = (key) => html`<tr><td data-tip="${meanings[key] || key}">${key.replace('.', ', ').replaceAll('_', ' ')}</td>${
    names.map((name) => html`<td class="number">${report.number(`policies.${name}.${key}`, form(key))}</td>`)}</tr>`;
  return section('policies', 'Policies', 'The same requests under each policy. Point at a name for its definition.',
    html`<div class="scroll"><table><thead><tr><th></th>${names.map((name) => html`<th class="number">${name}</th>`)
    }</tr></thead><tbody>${keys.map(line)}</tbody></table></div>`);
}

/** Seconds from arrival to the first token and to the end of each request. */
function waits(report) {
  const clock = report.value('configuration.clock_ghz') * 1e9;
  return report.at('requests').map((request) => ({policy: request.policy, arrival: request.arrival / clock,
    first: (request.first_token - request.arrival) / clock, end: (request.end - request.arrival) / clock}));
}

export function waits_section(report) {
  const all = waits(report), longest = all.reduce((a, b) => (b.first > a.first ? b : a));
  return section('waits', 'Waiting for the first token', html`The longest wait is <b>${significant(longest.first * 1e3)
  }<span class="unit">${'\u202f'}ms</span></b>, of a request that came after ${significant(longest.arrival)} s.`,
  chart_place('waits-chart', `Waits of ${plural(all.length, 'request')}, the longest ${significant(longest.first * 1e3)} ms`));
}

const kSymbols = ['circle', 'triangle', 'square'];

export function draw_waits(report) {
  const all = waits(report), names = names_of(report);
  const unit = prefixed('s', [Math.max(...all.map(({first}) => first))])(1);
  return (width) => Plot.plot({
    width, height: 260, marginLeft: 60, marginRight: 14, marginTop: 22, marginBottom: 38,
    y: {zero: true}, symbol: {domain: names, range: kSymbols, legend: names.length > 1},
    marks: [
      Plot.gridY({stroke: 'var(--rule)', strokeOpacity: 1}),
      Plot.axisX({tickSize: 0, ticks: 6, label: 'arrival, s', labelArrow: 'none'}),
      Plot.axisY({tickSize: 0, ticks: 5, label: 'wait for the first token', labelArrow: 'none',
        tickFormat: (y) => `${significant(y / unit.scale, 2)} ${unit.unit}`}),
      Plot.dot(all, {x: 'arrival', y: 'first', symbol: 'policy', r: 4, stroke: 'var(--ink)', fill: 'var(--paper)'}),
    ],
  });
}

export function requests_section(report) {
  const requests = report.at('requests'), kMost = 400, keys = Object.keys(requests[0] || {});
  const number = (key) => typeof requests[0][key] === 'number';
  return section('requests', 'Requests', html`${requests.length > kMost ? `The first ${kMost} of ` : ''}${
    plural(requests.length, 'request')}; times are cycles. Click a heading to sort.`, requests.length > 0 &&
    sortable('request-table', keys.map((key) => [key.replaceAll('_', ' '), number(key)]), requests.slice(0, kMost)
      .map((request, index) => html`<tr>${keys.map((key) => (number(key) ? html`<td class="number" data-sort="${
        request[key]}">${report.number(`requests.${index}.${key}`, forms.count(''))}</td>`
        : html`<td>${request[key]}</td>`))}</tr>`)), {long: true});
}
