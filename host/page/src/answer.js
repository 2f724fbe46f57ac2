// SPDX-License-Identifier: MIT
// The first screen: what was run, whether it is right, why it took so long, six figures.
import {html, joined} from './html.js';
import {exact, forms, plural, prefixed, whole} from './numbers.js';
import {bar} from './report.js';

const kTick = html`<svg viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.6"
  aria-hidden="true"><circle cx="10" cy="10" r="8.2"/><path d="m6.3 10.3 2.5 2.5 4.9-5.3"/></svg>`;
const kCross = html`<svg viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.6"
  aria-hidden="true"><circle cx="10" cy="10" r="8.2"/><path d="m7 7 6 6m0-6-6 6"/></svg>`;
const kDash = html`<svg viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.6"
  aria-hidden="true"><circle cx="10" cy="10" r="8.2"/><path d="M6.5 10h7"/></svg>`;

export const verdict_box = (kind, answer, rest) => html`<div class="verdict ${kind}">${
  {good: kTick, bad: kCross}[kind] || kDash}<p><b>${answer}</b> ${rest}</p></div>`;

export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
export const file_name = (path) => String(path).split('/').pop();

/** What the heads, queries and keys of a problem are, in words. */
export function shape_words(problem) {
  const heads = problem.query_heads === problem.kv_heads ? plural(problem.query_heads, 'head')
    : `${plural(problem.query_heads, 'query head')} on ${whole(problem.kv_heads)}`;
  const tokens = problem.query_tokens === problem.key_tokens
    ? `${plural(problem.query_tokens, 'token')}`
    : `${whole(problem.query_tokens)} × ${whole(problem.key_tokens)} tokens`;
  return `${problem.batch > 1 ? `batch of ${whole(problem.batch)}, ` : ''}${heads} × ${tokens}`;
}

/** "Causal attention, window 256" */
export function mask_words(mask) {
  const [first, ...rest] = mask.split(', ');
  const simple = first === 'dense' || first === 'causal';
  return simple ? joined([`${capital(first)} attention`, ...rest], ', ')
    : `Attention with ${mask}`;
}

export function tool_words(report) {
  const tool = report.at('tool');
  return html`<span>version ${tool.version}, commit <code>${tool.git_hash}</code>${
    tool.git_dirty && ', changed'}</span>`;
}

function verdict(report) {
  const exactness = report.at('exactness'), error = report.at('error');
  const over = report.value('error.max_over_full_bound');
  const compared = error.checked && html`${report.number('error.elements', forms.count(''))
    } elements compared with double precision`;
  const withheld = report.at('approximation.verdict');
  if (withheld && withheld.valid === false)
    return verdict_box('bad', 'Approximation not valid.', joined(withheld.reasons || [], '; '));
  if (exactness && exactness.reason)
    return verdict_box('bad', exactness.withheld ? 'Not exact, withheld.' : 'Not exact, accepted.',
      `${capital(exactness.reason)}.`);
  if (!error.checked) return verdict_box('', 'Not checked.', `${capital(error.reason || '')}.`);
  if (error.within_bound === null)
    return verdict_box('bad', 'Nothing compared.', 'No element has a value to compare with.');
  if (error.within_bound && over !== null) {
    const rest = report.value('error.not_compared');
    return verdict_box('good', report.at('approximation') ? 'Within the bound.'
      : 'Exact, within the bound.', html`${rest ? '' : 'All '}${compared}${
      rest ? html`, ${report.number('error.not_compared', forms.count(''))} not comparable` : ''
    }; the largest error is ${report.number('error.max_over_full_bound', forms.percent)
    } of its bound.`);
  }
  return verdict_box('bad', 'Outside the bound.', html`${
    report.number('error.outside', forms.count(''))} of ${compared} are beyond it${
    over !== null && html`; the largest error is ${
      report.number('error.max_over_full_bound', forms.times)} its bound`}.`);
}

/** What limits the run, by rule from its figures. */
function why(report) {
  const issued = report.value('derived.mac_utilisation');
  const useful = report.value('derived.useful_utilisation');
  const bound = report.value('derived.bound_by');
  const share = report.value('derived.performance_share');
  if (issued === null) return html`<p class="why">No cycles were counted.</p>`;
  const works = html`The multiply arrays work ${report.number('derived.mac_utilisation',
    forms.percent)} of the time`;
  const pairs = 1 - useful / issued;
  const mask = pairs < 0.005 ? pairs < 1e-9 ? html`, and every pair that they compute is allowed`
    : html`, and the mask discards next to nothing of it`
    : html`, but the mask discards ${(100 * pairs).toFixed(1)}<span class="unit">${'\u202f'}%</span>
      of the pairs they compute: ${report.number('derived.useful_utilisation', forms.percent)} of
      peak is useful`;
  const dram = report.value('derived.dram_bandwidth_share');
  const memory = dram === null ? null : html` The DRAM moves ${report.number(
    'derived.dram_bandwidth_share', forms.percent)} of its peak.`;
  if (bound && bound !== 'multiply arrays')
    return html`<p class="why"><b>Memory-bound.</b> At ${report.number(
      'derived.arithmetic_intensity', forms.plain('flop/B'))} the roof is the ${bound}; the run
      reaches ${report.number('derived.performance_share', forms.percent)} of it.
      ${works}${mask}.${memory}</p>`;
  if (issued >= 0.8)
    return html`<p class="why"><b>Compute-bound.</b> ${works}${mask}.${
      dram !== null && dram < 0.8 && html` Memory is not the limit, at ${report.number(
        'derived.dram_bandwidth_share', forms.percent)} of the DRAM’s peak.`}</p>`;
  return html`<p class="why"><b>Waiting.</b> ${works}${mask}. ${main_wait(report)}${
    share !== null && html` Neither arrays nor memory are at their limit: the run reaches ${
      report.number('derived.performance_share', forms.percent)} of its roof.`}${memory}</p>`;
}

/** The largest cause for which the score stage is not busy. */
export function main_wait(report) {
  const causes = [['score_stall_q', 'waits for Q'], ['score_stall_k', 'waits for K'],
    ['score_stall_buffer', 'waits for a score buffer'], ['score_idle', 'has no work']];
  const [key, words] = causes.reduce((a, b) =>
    (report.value(`counters.${b[0]}`) > report.value(`counters.${a[0]}`) ? b : a));
  const all = report.value('counters.cycles') * (report.value('derived.devices') || 1);
  return html`The score stage ${words} for ${report.number(`counters.${key}`, (x) =>
    ({text: (100 * x / all).toFixed(1), unit: '% of cycles', scale: all / 100}))}.`;
}

export const figure = (title, big, parts, caption, tag = null) => html`<div class="figure"><h3>${title}${
  tag && html`<span class="tag">${tag}</span>`}</h3><p class="big">${big}</p>${
  parts ? bar(parts) : html`<div class="bar"></div>`}<p class="caption">${caption}</p></div>`;

/** The big number of a figure: the unit in a smaller size. */
export function big(report, path, form, unit) {
  const value = report.value(path);
  if (value === null) return 'n/a';
  const shown = form(value);
  return html`<span class="n" data-key="${path}" data-value="${value}" data-scale="${shown.scale}">${
    shown.text}<small>${unit || shown.unit}</small></span>`;
}

function six_figures(report) {
  const value = (key) => report.value(`derived.${key}`);
  const number = (key, form) => report.number(`derived.${key}`, form);
  const issued = value('mac_utilisation') || 0, useful = value('useful_utilisation') || 0;
  const work = [[useful, 'score', 'allowed pairs'], [issued - useful, 'pale', 'masked pairs']];
  const over = value('bytes_over_compulsory'), calls = value('calls'), least = value('calls_at_least');
  const joule = prefixed('J', [value('energy_high') || 0]);
  const parts = ['energy_arithmetic', 'energy_sram', 'energy_dram_low'].map(value);
  const high = value('energy_high') || 1;
  const micro = prefixed('J', [value('energy_dram_high') || 0]);
  const bare = (x) => ({...micro(x), unit: ''});
  return html`<div class="figures">${[
    figure('Cycles', big(report, 'derived.cycles', forms.count('cycles')), work,
      html`${number('time', forms.si('s'))} at ${exact(report.value('configuration.clock_ghz'))} GHz${
        report.has('derived.cycles_useful') && html`; ${
          number('cycles_useful', forms.count(''))} on allowed pairs`}`),
    figure('Utilisation of the multiply arrays', big(report, 'derived.mac_utilisation',
      forms.percent), work, html`${number('useful_utilisation', forms.percent)} useful, ${
      (100 * (issued - useful)).toFixed(1)}<span class="unit">${'\u202f'}%</span> on masked pairs`),
    figure('Bytes over compulsory', big(report, 'derived.bytes_over_compulsory', forms.times),
      over && [[Math.min(1, 1 / over), 'load', 'compulsory bytes'],
        [1 - 1 / over, 'pale', 'moved again']],
      html`${number('bytes', forms.bytes)} moved; ${number('bytes_compulsory', forms.bytes)} compulsory`),
    figure('Calls of the device', big(report, 'derived.calls', forms.count('calls')),
      calls && [[Math.min(1, least / calls), 'score', 'no schedule needs fewer'],
        [1 - least / calls, 'pale', 'beyond that']],
      html`${number('calls_formula', forms.count(''))} by formula; at least ${
        number('calls_at_least', forms.count(''))} by any schedule`),
    error_figure(report),
    figure('Energy', html`<span class="n" data-key="derived.energy_low" data-value="${
      value('energy_low')}" data-scale="${joule(1).scale}">${joule(value('energy_low')).text}</span>–<span
      class="n" data-key="derived.energy_high" data-value="${value('energy_high')}" data-scale="${
      joule(1).scale}">${joule(value('energy_high')).text}<small>${joule(1).unit}</small></span>`,
    [[parts[0] / high, 'score', 'arithmetic'], [parts[1] / high, 'value', 'SRAM'],
      [parts[2] / high, 'load', 'DRAM, at least'],
      [(value('energy_high') - value('energy_low')) / high, 'range', 'range of the DRAM']],
    html`arithmetic ${number('energy_arithmetic', micro)}, SRAM ${number('energy_sram', micro)},
      DRAM ${number('energy_dram_low', bare)}–${number('energy_dram_high', micro)}`,
    'not validated')]}</div>`;
}

function error_figure(report) {
  const over = report.value('error.max_over_full_bound');
  if (over === null)
    return figure('Largest error over its bound', 'n/a', null,
      report.value('error.checked') ? 'nothing could be compared' : 'not checked');
  return figure('Largest error over its bound', big(report, 'error.max_over_full_bound',
    forms.plain(), 'of 1'), [[Math.min(1, over), over > 1 ? 'stall1' : 'value', 'largest error']],
  html`largest ${report.number('error.max_abs', forms.scientific)}; rms ${
    report.number('error.rms_relative', forms.scientific)} relative`);
}

export function answer(report) {
  const problem = report.at('problem'), configuration = report.at('configuration');
  const devices = report.value('derived.devices') || 1;
  const sub = [`${devices > 1 ? `${devices} × ` : ''}device ${configuration.device}`,
    `memory ${configuration.memory}`, `schedule ${problem.schedule || 'by a cover'}${
      problem.stacked ? ', heads stacked' : ''}`,
    `${file_name(problem.input)}, ${problem.input_dtypes}`,
    problem.timing_only && 'timing only'].filter(Boolean);
  return {title: html`${mask_words(problem.mask)}: ${shape_words(problem)}`,
    html: html`<header id="answer"><p class="eyebrow"><span>Tessera run</span>${tool_words(report)}<span>${
      problem.implementation === 'rtl' ? 'RTL' : 'cycle-level model'}</span></p>
    <h1>${mask_words(problem.mask)}: ${shape_words(problem)}</h1>
    <p class="sub">${sub.map((part) => html`<span>${part}</span>`)}</p>
    ${verdict(report)}${why(report)}${six_figures(report)}</header>`};
}
