// SPDX-License-Identifier: MIT
// The charts with axes, drawn by Observable Plot. Each is drawn anew for the width of its place.
import * as Plot from '@observablehq/plot';

import {html} from './html.js';
import {forms, significant, whole} from './numbers.js';
import {definitions, needs, section} from './report.js';

/** Words stand out from lines. */
export const kHalo = {fill: 'var(--text)', stroke: 'var(--paper)', strokeWidth: 4};
const kGiga = 1e9;
const kInk = 'var(--ink)', kRule = 'var(--rule)', kFaint = 'var(--faint)';

/** A place for a chart: `draw(width)` gives its element when there is a place to measure. */
export const chart_place = (id, words) =>
  html`<div class="plot" id="${id}" role="img" aria-label="${words}"></div>`;

/** Draws `draw(width)` into the place whenever its width changes, and returns how to stop. */
export function keep_drawn(id, draw) {
  const place = document.getElementById(id);
  if (place === null) return () => {};
  let width = 0;
  const redraw = () => {
    if (place.clientWidth === width || place.clientWidth === 0) return;
    width = place.clientWidth;
    place.replaceChildren(draw(width));
  };
  redraw();
  const observer = new ResizeObserver(redraw);
  observer.observe(place);
  return () => observer.disconnect();
}

// ---- roofline

const powers_of = (base, first, last) => {
  const ticks = [];
  for (let n = Math.floor(Math.log(first) / Math.log(base)); base ** n <= last * 1.0001; ++n)
    if (base ** n >= first * 0.9999) ticks.push(base ** n);
  return ticks;
};

export function roofline_section(report) {
  const peak = report.value('derived.peak_flops');
  const performance = report.value('derived.performance');
  if (peak === null || performance === null)
    return section('roofline', 'Roofline', 'What bounds the run.', needs(html`The report has no
      <code>peak_flops, performance, roof, bound_by</code>.`));
  const flops = (x) => ({text: significant(x / kGiga), unit: 'Gflop/s', scale: kGiga}), byte = forms.plain('flop/B');
  const finding = html`<b>${report.number('derived.performance', flops)}</b> at ${
    report.number('derived.arithmetic_intensity', byte)}: ${
    report.number('derived.performance_share', forms.percent)} of the roof, which is the ${
    report.value('derived.bound_by')}. The port’s slope is for this run’s mix of reads and writes.`;
  const useful = report.value('derived.performance_useful');
  return section('roofline', 'Roofline', finding, html`${chart_place('roofline-chart',
    `Roofline: peak ${significant(peak / kGiga)} Gflop/s, this run ${
      significant(performance / kGiga)} Gflop/s, useful ${significant(useful / kGiga)} Gflop/s`)}${
    definitions(report, ['peak_flops', 'performance', 'performance_useful', 'performance_share',
      'port_bandwidth', 'roof', 'bound_by', 'arithmetic_intensity'].map((key) => `derived.${key}`))}`);
}

export function draw_roofline(report) {
  const value = (key) => report.value(`derived.${key}`);
  const peak = value('peak_flops') / kGiga, intensity = value('arithmetic_intensity');
  const useful = value('performance_useful') / kGiga;
  const useful_intensity = intensity * value('performance_useful') / value('performance');
  const slopes = [['port', value('port_bandwidth') / kGiga]];
  if (value('dram_peak_bandwidth')) slopes.push(['DRAM', value('dram_peak_bandwidth')]);
  const first = 4 ** Math.floor(Math.log(Math.min(1, useful_intensity || 1)) / Math.log(4));
  const last = Math.max(1024, 4 ** Math.ceil(Math.log(intensity * 2) / Math.log(4)));
  const bottom = Math.min(peak / 256, useful / 2, slopes[0][1] * first);
  const binding = Math.min(...slopes.map(([, bandwidth]) => bandwidth));
  return (width) => {
    const height = Math.min(300, Math.max(240, width * 0.62));
    const lines = slopes.flatMap(([name, bandwidth]) => [first, peak / bandwidth].map((x) =>
      ({name, x, y: x * bandwidth})));
    const named = slopes.map(([name, bandwidth]) => {
      const x = Math.sqrt(Math.max(first, bottom / bandwidth) * peak / bandwidth);
      return {x, y: x * bandwidth, name: `${name} ${significant(bandwidth)} GB/s`};
    });
    const left = 44, right = 16, top = 26, below = 34;
    const slant = Math.atan2((height - top - below) / Math.log(peak * 1.8 / bottom),
      (width - left - right) / Math.log(last / first)) * 180 / Math.PI;
    const apart = useful < 0.97 * value('performance') / kGiga;
    const run = {x: intensity, y: value('performance') / kGiga};
    return Plot.plot({
      width, height, marginLeft: left, marginRight: right, marginTop: top, marginBottom: below,
      x: {type: 'log', domain: [first, last]}, y: {type: 'log', domain: [bottom, peak * 1.8]},
      marks: [
        Plot.gridX(powers_of(4, first, last), {stroke: kRule, strokeOpacity: 1}),
        Plot.gridY(powers_of(4, bottom, peak * 1.8), {stroke: kRule, strokeOpacity: 1}),
        Plot.axisX(powers_of(4, first, last), {label: 'flop / byte, log', labelArrow: 'none',
          tickSize: 0, text: (x) => significant(x, 1)}),
        Plot.axisY(powers_of(4, bottom, peak * 1.8), {label: 'Gflop/s, log', labelArrow: 'none',
          tickSize: 0, text: (y) => significant(y, 1)}),
        ...slopes.map(([name, bandwidth]) => Plot.line(lines.filter((d) => d.name === name),
          {x: 'x', y: 'y', clip: true, ...(bandwidth === binding ? {stroke: kInk, strokeWidth: 1.5}
            : {stroke: kFaint, strokeWidth: 1, strokeDasharray: '4 3'})})),
        Plot.line([{x: peak / binding, y: peak}, {x: last, y: peak}],
          {x: 'x', y: 'y', stroke: kInk, strokeWidth: 1.5}),
        ...named.map((d) => Plot.text([d], {x: 'x', y: 'y', text: 'name', rotate: -slant, dy: -8, ...kHalo})),
        Plot.text([{x: last, y: peak}], {x: 'x', y: 'y', dy: -9, textAnchor: 'end',
          text: () => `multiply arrays ${significant(peak)}`, className: 'ink-words'}),
        Plot.link([run], {x1: run.x, y1: run.y, x2: useful_intensity, y2: useful,
          stroke: 'var(--score)', strokeDasharray: '2 2'}),
        ...(apart ? [Plot.dot([{x: useful_intensity, y: useful}], {x: 'x', y: 'y', r: 5, strokeWidth: 2,
          stroke: 'var(--score)', fill: 'var(--paper)'}),
        Plot.text([{x: useful_intensity, y: useful}], {x: 'x', y: 'y', dy: 18, dx: 4,
          textAnchor: 'middle', text: () => `useful ${significant(useful)}`, ...kHalo})] : []),
        Plot.dot([run], {x: 'x', y: 'y', r: 5.5, fill: 'var(--score)', className: 'run-dot'}),
        Plot.text([run], {x: 'x', y: 'y', dy: 16, textAnchor: intensity > last / 6 ? 'end' : 'start',
          dx: intensity > last / 6 ? -4 : 6, text: (d) => `this run ${significant(d.y)}`, className: 'ink-words', ...kHalo}),
      ],
    });
  };
}

// ---- error

export function error_section(report) {
  const title = 'Error against the bound', over = report.value('error.max_over_full_bound');
  if (!report.value('error.checked'))
    return section('error', title, html`Not checked: ${report.value('error.reason')}.`, null);
  if (over === null)
    return section('error', title, 'Nothing could be compared, so there is no error to show.', null);
  const worst = report.at('error.worst');
  const finding = html`The largest error is <b>${report.number('error.max_over_full_bound',
    forms.percent)}</b> of its bound, at head ${worst.head}, row ${worst.row}, column ${
    worst.column}. Without the terms for rounded scores and underflow it is ${
    report.number('error.max_over_bound', forms.plain())} of the bound.`;
  const histogram = report.at('error.histogram');
  return section('error', title, finding, html`${histogram ? chart_place('error-chart',
    `Elements by error over bound: largest ${significant(over)}, ${histogram.beyond.value} beyond the bound`)
    : needs(html`The report has no <code>error.histogram</code>.`)}${definitions(report, [
    'max_over_full_bound', 'max_over_bound', 'max_abs', 'rms_relative', 'histogram.beyond']
    .map((key) => `error.${key}`))}`);
}

export function draw_error(report) {
  const {counts, bin_width: step, beyond} = report.at('error.histogram');
  const over = report.value('error.max_over_full_bound');
  const bars = counts.map((count, i) => ({x1: i * step, x2: (i + 1) * step, count}))
    .concat(beyond.value ? [{x1: 1, x2: 1 + step, count: beyond.value}] : [])
    .filter(({count}) => count > 0);
  const most = Math.max(10, ...bars.map(({count}) => count));
  const end = Math.max(1, beyond.value ? 1 + step : 1);
  return (width) => Plot.plot({
    width, height: 214, marginLeft: 56, marginRight: 14, marginTop: 40, marginBottom: 36,
    x: {domain: [0, end]}, y: {type: 'log', domain: [0.7, most * 1.4]},
    marks: [
      Plot.gridY(powers_of(10, 1, most * 1.4), {stroke: kRule, strokeOpacity: 1}),
      Plot.axisY(powers_of(10, 1, most * 1.4), {label: 'elements, log', labelArrow: 'none',
        tickSize: 0, text: (y) => whole(y)}),
      Plot.axisX([0, 0.2, 0.4, 0.6, 0.8, 1], {label: 'error / bound', labelArrow: 'none',
        labelAnchor: 'right', labelOffset: 34, tickSize: 0, text: (x) => String(x)}),
      Plot.rect(bars, {x1: 'x1', x2: 'x2', y1: 0.7, y2: 'count', inset: 0.5,
        fill: (d) => (d.x1 >= 1 ? 'var(--stall1)' : 'var(--value)'), className: 'error-bar'}),
      Plot.ruleX([Math.min(over, end)], {stroke: kInk, y1: 0.7, y2: most * 1.4}),
      Plot.ruleX([1], {stroke: 'var(--bad)', y1: 0.7, y2: most * 1.4}),
      Plot.text([Math.min(over, end)], {x: (d) => d, frameAnchor: 'top', dy: -12, className: 'ink-words',
        textAnchor: over > 0.8 ? 'end' : 'middle', dx: over > 0.8 ? -4 : 0,
        text: () => `${significant(over)} largest`}),
      Plot.text([1], {x: (d) => d, frameAnchor: 'top', dy: -24, textAnchor: 'end',
        className: 'bad-words', text: () => 'the bound'}),
    ],
  });
}
