// SPDX-License-Identifier: MIT
// Where cycles, bytes and energy went, and what the memory did.
import {html} from './html.js';
import {main_wait} from './answer.js';
import {forms, prefixed, significant, whole} from './numbers.js';
import {bar, definitions, needs, section, swatch} from './report.js';

const percent_of = (all) => (x) =>
  ({text: (100 * x / all).toFixed(1), unit: '%', scale: all / 100});

// ---- cycles

/** Of each engine its counters, in their order: [key, words, class]. */
const kEngines = [
  ['Load engine', null, [['load_busy', 'busy', 'load'],
    ['load_stall', 'waits for bank or port', 'wait'], ['load_idle', 'idle', 'idle']]],
  ['Score stage', null, [['score_busy', 'busy', 'score'], ['score_stall_q', 'waits for Q', 'stall1'],
    ['score_stall_k', 'for K', 'stall2'], ['score_stall_buffer', 'for a score buffer', 'stall3'],
    ['score_idle', 'idle', 'idle']]],
  ['Value stage', null, [['value_busy', 'busy', 'value'], ['value_stall_v', 'waits for V', 'stall1'],
    ['value_stall_state', 'for state', 'stall2'], ['value_stall_score', 'for scores', 'stall3'],
    ['value_idle', 'idle', 'idle']]],
  ['Store engine', null, [['store_busy', 'busy', 'store'],
    ['store_stall', 'waits for state rows', 'wait'], ['store_idle', 'idle', 'idle']]],
];

const axis = html`<div class="axis-place"></div><div class="axis axis-place"><span
  style="left:0">0</span><span class="quarter" style="left:25%">25</span><span
  style="left:50%">50</span><span class="quarter" style="left:75%">75</span><span
  style="left:100%">100${'\u202f'}% of cycles</span></div>`;

function engine_row(report, [name, , counters], all) {
  const value = (key) => report.value(`counters.${key}`) || 0;
  const label = ([key, words, kind]) => html`<span class="${value(key) ? '' : 'zero'}">${swatch(kind)
  }${words} <b>${report.number(`counters.${key}`, percent_of(all))}</b></span>`;
  const sum = counters.reduce((total, [key]) => total + value(key), 0);
  return html`<div class="name">${name}</div><div class="cell" role="img" aria-label="${name}: ${
    counters.map(([key, words]) => `${words} ${(100 * value(key) / all).toFixed(1)} %`).join(', ')
  }" data-engine="${name}" data-sum="${sum}">${bar(counters.map(([key, words, kind]) =>
    [value(key) / all, kind, `${words}: ${whole(value(key))} cycles`]))}<div class="labels">${
    counters.map(label)}</div></div>`;
}

export function cycles_section(report) {
  const devices = report.value('derived.devices') || 1;
  const all = (report.value('counters.cycles') || 0) * devices;
  if (all === 0) return section('cycles', 'Where the cycles went', 'No cycles were counted.', null);
  const issued = report.value('derived.mac_utilisation') || 0;
  const useful = report.value('derived.useful_utilisation');
  const work = useful === null ? [[issued, 'score', 'needed products', 'mac_utilisation']]
    : [[useful, 'score', 'allowed pairs', 'useful_utilisation'], [issued - useful, 'pale', 'masked pairs']];
  const not = 1 - report.value('counters.score_busy') / all;
  const keys = kEngines.flatMap(([, , counters]) => counters.map(([key]) => `counters.${key}`));
  const finding = html`The score stage is not busy for <b>${(100 * not).toFixed(1)}<span
    class="unit">${'\u202f'}%</span></b> of ${report.number('counters.cycles', forms.count(''))}
    cycles${devices > 1 && ` on each of ${devices} devices`}. ${main_wait(report)} Load and store
    engines wait for work by design; their waits are pale.`;
  const arrays = html`<div class="name">Multiply arrays<small>both stages</small></div>
    <div class="cell">${bar(work.map(([share, kind, words]) => [share, kind, words]))}<div class="labels">${
    [...work, [1 - issued, 'idle', 'not working']].map(([share, kind, words, key]) => html`<span>${swatch(kind)}${words} <b>${
      key ? report.number(`derived.${key}`, forms.percent) : html`${(100 * share).toFixed(1)} %`}</b></span>`)}</div></div>
    <div class="sum"></div>`;
  return section('cycles', 'Where the cycles went', finding, html`<div class="rows">${axis}${arrays}${
    kEngines.map((engine) => engine_row(report, engine, all))}</div>${
    definitions(report, [...keys, 'derived.mac_utilisation', 'derived.useful_utilisation'])}`);
}

// ---- bytes

const kStreams = [['bytes_q', 'q', 'read'], ['bytes_k', 'k', 'read'], ['bytes_v', 'v', 'read'],
  ['bytes_state_read', 'state', 'read'], ['bytes_index', 'index', 'read'],
  ['bytes_descriptor', 'descriptors', 'read'], ['bytes_o', 'o', 'written'],
  ['bytes_state_write', 'state, lse', 'written'], ['bytes_record', 'records', 'written']];

export function bytes_section(report) {
  const value = (key) => report.value(`counters.${key}`) || 0;
  const shown = kStreams.filter(([key, name]) => value(key) || 'qkvo'.includes(name));
  const largest = Math.max(1, ...shown.map(([key]) => value(key)));
  const row = ([key, name, direction]) => {
    const bytes = value(key), compulsory = report.value(`derived.bytes_compulsory_${name}`);
    const part = compulsory === null ? bytes : Math.min(bytes, compulsory);
    const kind = compulsory === null && !'qkvo'.includes(name) ? 'pale'
      : direction === 'read' ? 'load' : 'store';
    const ratio = compulsory ? `${significant(bytes / compulsory)} × compulsory`
      : 'qkvo'.includes(name) ? '' : 'overhead';
    return html`<div class="name">${name}<small>${direction}</small></div><div class="cell">${
      bar([[part / largest, kind, `${name}: ${whole(part)} bytes${
        compulsory === null ? '' : ' compulsory'}`],
      [(bytes - part) / largest, 'pale', `${whole(bytes - part)} bytes again`]], 'on-nothing')
    }<div class="labels"><span><b>${report.number(`counters.${key}`, forms.count('B'))}</b></span><span>${
      ratio}</span></div></div>`;
  };
  const missing = report.has('derived.bytes_compulsory_q') ? null
    : needs(html`The report has no <code>bytes_compulsory_q, _k, _v, _o</code>: what each stream
      would have to move is not known.`);
  const finding = html`<b>${report.number('derived.bytes', forms.bytes)}</b> cross the memory port,
    ${report.number('derived.bytes_over_compulsory', forms.times)} the compulsory ${
    report.number('derived.bytes_compulsory', forms.bytes)}. ${missing ? ''
    : 'Strong: compulsory. Pale: moved again, or overhead.'}`;
  return section('bytes', 'Bytes by stream', finding, html`<div class="rows narrow">${shown.map(row)}</div>${
    missing}${definitions(report, shown.map(([key]) => `counters.${key}`)
    .concat('derived.bytes', 'derived.bytes_compulsory', 'derived.bytes_over_compulsory'))}`);
}

// ---- memory

export function memory_section(report) {
  const title = 'Memory';
  const memory = report.at('memory');
  if (memory === null)
    return section('memory', title, html`Memory ${report.value('configuration.memory')} is no DRAM:
      it has a latency and a bandwidth, and neither rows nor channels.`, null);
  const value = (key) => report.value(`derived.${key}`) || 0;
  const rows = ['dram_row_hits', 'dram_row_misses', 'dram_row_conflicts'].map(value);
  const all = Math.max(1, rows[0] + rows[1] + rows[2]);
  const streams = memory.streams_of_all_devices || memory.streams;
  const slowest = streams.reduce((a, b) => (b.latency.p99 > a.latency.p99 ? b : a), streams[0]);
  const number = (key, form) => report.number(`derived.${key}`, form);
  const description = report.value('configuration.resolved.memory.description');
  const finding = html`${description && `${description}. `}<b>${number('dram_row_hits',
    percent_of(all))}</b> of transactions find their row open${slowest && html`; the slowest stream
    is ${slowest.name} ${slowest.direction}, p99 ${whole(slowest.latency.p99)} cycles`}.`;
  const row = (name, parts, labels) => html`<div class="name">${name}</div><div class="cell">${
    bar(parts)}<div class="labels">${labels}</div></div>`;
  const body = html`<div class="rows narrow">${
    row('Bandwidth', [[value('dram_bandwidth_share'), 'load', 'of peak']], html`<span><b>${
      number('dram_bandwidth', forms.plain('GB/s'))}</b> mean</span><span>${
      number('dram_bandwidth_share', forms.percent)} of ${
      number('dram_peak_bandwidth', forms.fixed(1, 'GB/s'))}</span>`)}${
    row('Rows', [[rows[0] / all, 'value', 'hit'], [rows[1] / all, 'merge', 'miss'],
      [rows[2] / all, 'stall1', 'conflict']], [['dram_row_hits', 'hit', 'value'],
      ['dram_row_misses', 'miss', 'merge'], ['dram_row_conflicts', 'conflict', 'stall1']].map(
      ([key, words, kind]) => html`<span>${swatch(kind)}${words} <b>${
        number(key, percent_of(all))}</b></span>`))}${
    row('Refresh', [[value('dram_refresh_share'), 'ink', 'clocks of refresh']], html`<span><b>${
      number('dram_refresh_share', forms.percent)}</b> of clocks</span><span>${
      number('dram_turnarounds', forms.count(''))} turnarounds</span><span>busiest channel ${
      number('dram_balance', forms.times)} mean</span>`)}</div>${latency(streams)}${
    definitions(report, report.figures().map(([path]) => path)
      .filter((path) => path.startsWith('derived.dram_')))}`;
  return section('memory', title, finding, body);
}

/** p50, p90 and p99 of each stream on a line, log. */
function latency(streams) {
  const values = streams.flatMap(({latency: l}) => [l.p50, l.p90, l.p99]).filter((x) => x > 0);
  if (values.length === 0) return null;
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.max(first + 1, Math.log10(Math.max(...values)) * 1.02);
  const place = (x) => 100 * (Math.log10(Math.max(x, 10 ** first)) - first) / (last - first);
  const ticks = [];
  for (let power = first; power <= last; ++power) ticks.push(10 ** power);
  const line = ({name, direction, latency: l}, row) => html`<div>${name} <span
    class="unit">${direction}</span></div><div class="line" data-tip="${name} ${direction}
p50 ${whole(l.p50)}, p90 ${whole(l.p90)}, p99 ${whole(l.p99)}, largest ${whole(l.max)} ${l.unit}s
${l.definition}"><i class="span" style="left:${place(l.p50)}%;width:${place(l.p99) - place(l.p50)
  }%"></i><i class="dot stroke" style="left:${place(l.p99)}%"></i><i class="dot hollow" style="left:${
    place(l.p90)}%"></i><i class="dot" style="left:${place(l.p50)}%"></i></div>${
    [l.p50, l.p90, l.p99].map((x) => html`<div class="value" data-latency="${row}">${whole(x)}</div>`)}`;
  return html`<div class="latency" role="img" aria-label="${streams.map((s) =>
    `${s.name} ${s.direction}: half within ${s.latency.p50}, 99 % within ${s.latency.p99} cycles`)
    .join('; ')}"><h3 class="label">Latency <span class="unit">cycles, log</span></h3><div
    class="head"><i class="dot"></i>p50</div><div class="head"><i class="dot hollow"></i>p90</div><div
    class="head"><i class="dot stroke"></i>p99</div>${streams.map(line)}<div></div><div class="axis">${
    ticks.map((x) => html`<span style="left:${place(x)}%">${whole(x)}</span>`)}</div></div>`;
}

// ---- energy

export function energy_section(report) {
  const value = (key) => report.value(`derived.${key}`) || 0;
  const joule = prefixed('J', [value('energy_high')]);
  const part = prefixed('J', [value('energy_dram_high')]);
  const model = report.at('energy_model'), high = value('energy_high') || 1;
  const number = (key, form = part) => report.number(`derived.${key}`, form);
  const row = (name, parts, labels) => html`<div class="name">${name}</div><div class="cell">${
    bar(parts, 'on-nothing')}<div class="labels">${labels}</div></div>`;
  const share = (x) => html`<span>${(100 * x / high).toFixed(0)}–${
    (100 * x / (value('energy_low') || 1)).toFixed(0)} % of the total</span>`;
  const constants = Object.entries(model.constants).map(([name, constant]) => html`<tr><td>${
    name.replaceAll('_', ' ')}</td><td class="number"><span class="n" data-tip="${constant.source}${
    constant.note ? `\n${constant.note}` : ''}">${significant(constant.value)}</span></td><td>${
    constant.extrapolated === null ? 'given' : constant.extrapolated ? 'extrapolated'
      : 'from the table'}</td></tr>`);
  const finding = html`<b>${number('energy_low', joule)} to ${number('energy_high', joule)}</b> <span
    class="tag">not validated</span> against any chip: exact counts times constants of ${model.origin}.`;
  const dram = report.has('derived.energy_dram_column') && html`<p class="small">By the counts of
    this DRAM: ${number('energy_dram_column', forms.si('J'))} for columns and ${
    number('energy_dram_activate', forms.si('J'))} for activates. Not part of the range. <span
    class="tag">not validated</span></p>`;
  return section('energy', 'Energy by part', finding, html`<div class="rows narrow">${
    row('Arithmetic', [[value('energy_arithmetic') / high, 'score', 'arithmetic']],
      html`<span><b>${number('energy_arithmetic')}</b></span>${share(value('energy_arithmetic'))}`)}${
    row('SRAM', [[value('energy_sram') / high, 'value', 'SRAM']],
      html`<span><b>${number('energy_sram')}</b></span>${share(value('energy_sram'))}`)}${
    row('DRAM', [[value('energy_dram_low') / high, 'load', 'at least'],
      [(value('energy_dram_high') - value('energy_dram_low')) / high, 'range', 'range']],
    html`<span><b>${number('energy_dram_low')} to ${number('energy_dram_high')}</b></span>`)}</div>${dram}
    <table style="margin-top:14px"><thead><tr><th>constant</th><th class="number">pJ</th><th></th></tr></thead><tbody>${
    constants}</tbody></table>${definitions(report, report.figures().map(([path]) => path)
    .filter((path) => path.startsWith('derived.energy_')))}`);
}
