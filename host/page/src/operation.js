// SPDX-License-Identifier: MIT
// The page of a gemm or of linear attention.
import {big, capital, figure, file_name, main_wait, tool_words, verdict_box} from './answer.js';
import {html} from './html.js';
import {exact, forms, plural, whole} from './numbers.js';
import {bar, definitions, section} from './report.js';

function verdict(report) {
  const exactness = report.at('exactness'), error = report.at('error');
  if (exactness && exactness.reason)
    return verdict_box('bad', exactness.withheld ? 'Not exact, withheld.' : 'Not exact, accepted.', `${capital(exactness.reason)}.`);
  if (!error.checked) return verdict_box('', 'Not checked.', `${capital(error.reason || '')}.`);
  if (error.within_bound === null)
    return verdict_box('bad', 'Nothing compared.', 'No element has a value to compare with.');
  const elements = report.number('error.elements', forms.count(''));
  return error.within_bound ? verdict_box('good', 'Within the bound.', html`${elements} elements compared with double
    precision; the largest error is ${report.number('error.max_over_bound', forms.percent)} of its bound.`)
    : verdict_box('bad', 'Outside the bound.', html`${report.number('error.outside', forms.count(''))} of ${elements}
      elements are beyond it.`);
}

export function operation_answer(report) {
  const problem = report.at('problem'), configuration = report.at('configuration');
  const gemm = report.value('schema') === 'tessera.gemm';
  const title = gemm ? `Gemm: ${whole(problem.m)} × ${whole(problem.k)} times ${whole(problem.k)} × ${whole(problem.n)}`
    : `Linear attention, ${problem.mask}: ${plural(problem.query_heads, 'head')} × ${plural(problem.query_tokens, 'token')}`;
  const value = (key) => report.value(`derived.${key}`), number = (key, form) => report.number(`derived.${key}`, form);
  const over = value('bytes_over_compulsory'), used = value('mac_utilisation') || 0, error = report.value('error.max_over_bound');
  return {title, html: html`<header id="answer"><p class="eyebrow"><span>Tessera ${gemm ? 'gemm' : 'linear'}</span>${
    tool_words(report)}</p><h1>${title}</h1><p class="sub">${[`device ${configuration.device}`, `memory ${configuration.memory}`,
    `${file_name(problem.input)}, ${problem.input_dtypes}`, problem.timing_only && 'timing only'].filter(Boolean).map((part) =>
    html`<span>${part}</span>`)}</p>${verdict(report)}<p class="why">The multiply arrays do needed work ${
    number('mac_utilisation', forms.percent)} of the time. ${main_wait(report)}</p><div class="figures">${[
    figure('Cycles', big(report, 'derived.cycles', forms.count('cycles')), [[used, 'score', 'needed products']],
      html`${number('time', forms.si('s'))} at ${exact(configuration.clock_ghz)} GHz`),
    figure('Utilisation of the multiply arrays', big(report, 'derived.mac_utilisation', forms.percent),
      [[used, 'score', 'needed products']], html`${number('useful_macs', forms.si(''))} multiply-adds needed`),
    figure('Bytes over compulsory', big(report, 'derived.bytes_over_compulsory', forms.times), over &&
      [[Math.min(1, 1 / over), 'load', 'compulsory bytes'], [1 - 1 / over, 'pale', 'moved again']],
    html`${number('bytes', forms.bytes)} moved; ${number('bytes_compulsory', forms.bytes)} compulsory`),
    figure('Calls of the device', big(report, 'derived.calls', forms.count('calls')), null,
      html`${number('calls_formula', forms.count(''))} by formula`),
    figure('Largest error over its bound', error === null ? 'n/a' : big(report, 'error.max_over_bound', forms.plain(), 'of 1'),
      error !== null && [[Math.min(1, error), error > 1 ? 'stall1' : 'value', 'largest error']], error === null ? 'not checked'
        : html`largest ${report.number('error.max_abs', forms.scientific)}`),
    figure('Bandwidth', big(report, 'derived.bandwidth', forms.plain('B/cycle')), null,
      html`${number('firmware_cycles', forms.count('cycles'))} of firmware`)]}</div></header>`};
}

const kStreams = ['bytes_q', 'bytes_k', 'bytes_v', 'bytes_o', 'bytes_descriptor', 'bytes_record'];

export function streams_section(report) {
  const value = (key) => report.value(`derived.${key}`) || 0, most = Math.max(...kStreams.map(value), 1);
  const first = kStreams.reduce((a, b) => (value(b) > value(a) ? b : a));
  return section('bytes', 'Where the bytes went', html`Most bytes are <b>${first.replace('bytes_', '')}</b>: ${
    report.number(`derived.${first}`, forms.bytes)}. Streams go by the banks that they fill.`, html`<div class="rows narrow">${
    kStreams.map((key) => html`<div class="name">${key.replace('bytes_', '')}</div><div class="cell">${bar([[value(key) / most,
      key === 'bytes_o' || key === 'bytes_record' ? 'store' : 'load', key]])}<div class="labels"><span><b>${
      report.number(`derived.${key}`, forms.bytes)}</b></span></div></div>`)}</div>${definitions(report,
    kStreams.map((key) => `derived.${key}`))}`);
}
