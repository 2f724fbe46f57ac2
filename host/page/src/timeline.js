// SPDX-License-Identifier: MIT
// The time line: rows of slices, stalls below their stage, counters, and the whole run as a brush.
// Slices of less than a pixel are drawn as one.
import {html} from './html.js';
import {command_name, is_keys, is_odd, longest_wait, slice_label, timeline_of}
  from './timeline_data.js';
import {hide_tip, show_tip} from './tip.js';
import {plural, significant, whole} from './numbers.js';
import {section} from './report.js';

const kTop = 44, kLane = 11, kRow = 18, kCounter = 44, kBrush = 18, kLeast = 64;

export function timeline_section(report, json) {
  const title = 'Timeline';
  if (!json)
    return section('timeline', title, html`No slices were recorded: <code>--out</code> writes them
      to trace.json beside the report.`, null);
  const timeline = timeline_of(json, 0, report.value('derived.end_cycle'), null), wait = longest_wait(timeline);
  const finding = html`${timeline.whole ? plural(timeline.total, 'command')
    : `The first ${whole(timeline.shown)} of ${plural(timeline.total, 'command')}`} in ${
    whole(timeline.end)} cycles from reset. ${wait && html`The longest wait of the score stage is <b>${
    plural(wait.end - wait.start, 'cycle')}</b>, at cycle ${whole(wait.start)}. `}Orange below a
    row marks where it waits.`;
  const devices = json.devices.length > 1 && html`<label>device <select id="time-device">${
    json.devices.map((device, i) => html`<option value="${i}">${i}</option>`)}</select></label>`;
  return section('timeline', title, finding, html`<div class="timebar"><span id="time-span"></span>${
    devices}<span class="space"></span><span class="hint">drag to pan, Ctrl + wheel or double-click
    to zoom</span><button type="button" data-time="start">Start</button><button type="button"
    data-time="out" aria-label="zoom out">−</button><button type="button" data-time="in"
    aria-label="zoom in">+</button><button type="button" data-time="all">All</button></div><div
    class="timeline" id="time" tabindex="0" role="img" aria-label="Timeline of ${
    whole(timeline.shown)} commands in ${whole(timeline.end)} cycles; keys: arrows, plus, minus, 0"></div>`);
}

const fixed = (x) => x.toFixed(2);

export class Timeline {
  constructor(place, json, report) {
    this.place = place;
    this.json = json;
    this.end = report.value('derived.end_cycle');
    this.peak = report.value('derived.dram_peak_bandwidth');
    this.show_device(0);
    this.listen();
    this.observer = new ResizeObserver(() => place.clientWidth !== this.width && this.draw());
    this.observer.observe(place);
    this.draw();
  }

  show_device(device) {
    this.data = timeline_of(this.json, device, this.end, this.peak);
    this.view = [0, this.data.end];
  }

  stop() {
    this.observer.disconnect();
  }

  // ---- places

  x(cycle) {
    const [a, b] = this.view;
    return this.left + (cycle - a) / (b - a) * (this.width - this.left);
  }
  cycle_at(x) {
    const [a, b] = this.view;
    return a + (x - this.left) / (this.width - this.left) * (b - a);
  }
  layout() {
    this.left = this.width < 520 ? 54 : 92;
    let y = kTop;
    for (const row of this.data.rows) {
      row.height = row.lanes > 1 ? kLane : kRow;
      row.y = y;
      y += row.lanes * (row.height + 1) + 9;
    }
    for (const counter of this.data.counters) {
      counter.y = y + 14;
      y += kCounter + 22;
    }
    this.brush = y + 8;
    this.height = this.brush + kBrush + 6;
  }

  // ---- drawing

  draw() {
    this.width = Math.max(280, this.place.clientWidth);
    this.layout();
    const [a, b] = this.view;
    document.getElementById('time-span').textContent = `cycles ${whole(a)} – ${whole(b)}`;
    this.place.innerHTML = `<svg viewBox="0 0 ${this.width} ${this.height}" aria-hidden="true">
      <clipPath id="time-clip"><rect x="${this.left}" y="0" width="${this.width - this.left}"
      height="${this.height}"/></clipPath>${this.ticks()}<g clip-path="url(#time-clip)">${
  this.heads()}${this.data.rows.map((row, i) => this.slices(row, i)).join('')}${this.unknown()}${
  this.data.counters.map((c) => this.area(c, c.y, kCounter, this.view, 'var(--load)', 0.55))
    .join('')}</g>${this.whole_run()}${this.names()}</svg>`;
  }

  ticks() {
    const [a, b] = this.view, wanted = (b - a) / (this.width < 520 ? 3 : 7);
    const power = 10 ** Math.floor(Math.log10(wanted));
    const step = Math.max(1, [1, 2, 5, 10].map((m) => m * power).find((s) => s >= wanted));
    let text = '<text class="faint" x="0" y="15">cycle</text>';
    for (let c = Math.ceil(a / step) * step; c <= b; c += step) {
      const x = this.x(c);
      const anchor = x > this.width - 30 ? 'end' : x < this.left + 12 ? 'start' : 'middle';
      text += `<path d="M${fixed(x)} 22V${this.brush - 8}" stroke="var(--rule)"/><text class="faint"
        x="${fixed(x)}" y="15" text-anchor="${anchor}">${whole(c)}</text>`;
    }
    return text;
  }

  heads() {
    let text = '', last = -100;
    for (const {start, name} of this.data.marks) {
      const x = this.x(start);
      if (x < this.left - 1 || x > this.width || x - last < 46) continue;
      last = x;
      text += `<path d="M${fixed(x)} 22V${this.brush - 8}" stroke="var(--faint)"
        stroke-dasharray="2 3"/><text class="faint" x="${fixed(x + 5)}" y="33">${name}</text>`;
    }
    return text;
  }

  slices(row, index) {
    const [a, b] = this.view, {words} = this.data, ends = new Array(row.lanes).fill(-9);
    let text = '';
    row.slices.forEach((slice, i) => {
      if (slice.end < a || slice.start > b) return;
      const x = this.x(slice.start), end = this.x(slice.end);
      if (end - x < 1 && x - ends[slice.lane] < 0.6) return;  // drawn with the one before
      ends[slice.lane] = Math.max(x, end - 1);
      const width = Math.max(1, end - x - (end - x > 3 ? 0.8 : 0));
      const y = row.y + slice.lane * (row.height + 1);
      const shade = is_odd(words, slice) ? ' odd' : is_keys(words, slice) ? ' keys' : '';
      text += `<rect class="slice ${row.kind}${shade}" data-slice="${index},${i}" data-command="${
        slice.command.number}" x="${fixed(x)}" y="${y}" width="${fixed(width)}" height="${
        row.height}" rx="${width > 6 ? 1.5 : 0}"/>${this.label(row, slice, x, end, y)}`;
    });
    for (const [i, gap] of row.gaps.entries()) {
      const width = this.x(gap.end) - this.x(gap.start);
      if (gap.end < a || gap.start > b || width < 0.35) continue;
      text += `<rect class="slice stall stall${gap.shade}" data-gap="${index},${i}" x="${fixed(this.x(gap.start))}" y="${
        row.y + row.height - 5}" width="${fixed(Math.max(1.2, width))}" height="5"/>`;
    }
    return text;
  }

  label(row, slice, x, end, y) {
    if (end - x < 20) return '';
    const words = slice_label(this.data.words, slice), from = Math.max(this.left, x);
    if (!words || Math.min(this.width, end) - from < words.length * 6.4 + 6) return '';
    return `<text class="inside${/load|merge/.test(row.kind) ? ' dark' : ''}" x="${fixed(from + 4)}" y="${
      y + row.height / 2 + 3.7}">${words}</text>`;
  }

  /** Behind the last slice that the page has. */
  unknown() {
    if (this.data.whole) return '';
    const x = Math.max(this.left, this.x(this.data.drawn)), last = this.data.rows.at(-1);
    if (x >= this.width) return '';
    const lines = ['no slices recorded:', `first ${whole(this.data.shown)} of ${whole(this.data.total)}`];
    return `<rect x="${fixed(x)}" y="${kTop - 6}" width="${fixed(this.width - x)}" height="${
      last.y + last.height - kTop + 6}" fill="var(--soft)"/>${this.width - x < 150 ? ''
      : lines.map((line, i) => `<text class="faint" x="${fixed(x + 10)}" y="${kTop + 14 + 16 * i}">${
        line}</text>`).join('')}`;
  }

  /** A counter as steps, each pixel the mean of its windows. */
  area({values, width}, y, height, [a, b], color, opacity) {
    const most = Math.max(1e-9, ...values), span = this.width - this.left;
    const x = (cycle) => Math.min(this.width, Math.max(this.left, this.left + (cycle - a) / (b - a) * span));
    const first = Math.max(0, Math.floor(a / width) - 1);
    const last = Math.min(values.length, Math.ceil(b / width) + 1);
    const step = Math.max(1, Math.floor((last - first) / span));
    let path = `M${fixed(x(first * width))} ${y + height}`;
    for (let i = first; i < last; i += step) {
      const some = values.slice(i, Math.min(last, i + step));
      const mean = some.reduce((sum, value) => sum + value, 0) / some.length;
      const top = fixed(y + height - mean / most * height);
      path += `L${fixed(x(i * width))} ${top}L${fixed(x((i + some.length) * width))} ${top}`;
    }
    return `<path d="${path}L${fixed(x(last * width))} ${y + height}Z" fill="${color}" opacity="${opacity}"/>`;
  }

  whole_run() {
    const scale = (cycle) => this.left + cycle / this.data.end * (this.width - this.left);
    const [a, b] = this.view.map(scale), {activity} = this.data;
    return `<rect class="brush" data-brush="1" x="${this.left}" y="${this.brush}" width="${
      this.width - this.left}" height="${kBrush}" fill="var(--soft)"/><g pointer-events="none">${activity
      ? this.area(activity, this.brush, kBrush, [0, this.data.end], 'var(--faint)', 0.35) : ''}<rect
      class="brush" x="${fixed(a)}" y="${this.brush + 0.5}" width="${fixed(Math.max(3, b - a))}" height="${
  kBrush - 1}" fill="var(--link)" fill-opacity="0.1" stroke="var(--link)"/></g>`;
  }

  names() {
    const short = this.width < 520, text = (y, kind, words, at = '') =>
      `<text x="0" y="${y}" class="${kind}" ${at}>${words}</text>`;
    return this.data.rows.map((row) => text(row.y + (row.lanes > 1 ? 9.5 : 13.5), 'strong',
      short ? row.short : row.title)).join('') +
      this.data.counters.map((c) => text(c.y + 12, 'strong', short ? c.short : c.name) +
        (short ? '' : text(c.y + 27, 'faint', c.unit)) + `<text class="faint" text-anchor="end" x="${
        this.width}" y="${c.y - 4}">highest ${significant(Math.max(0, ...c.values))} ${c.unit}${
        c.peak ? `; the DRAM’s peak is ${significant(c.peak)}` : ''}</text>`)
        .join('') + text(this.brush + 13, 'faint', short ? 'all' : 'whole run');
  }

  // ---- what the user does

  show(a, b) {
    const width = Math.min(this.data.end, Math.max(kLeast, b - a));
    const first = Math.max(0, Math.min(this.data.end - width, a));
    this.view = [first, first + width];
    this.draw();
  }
  zoom(factor, around = (this.view[0] + this.view[1]) / 2) {
    const [a, b] = this.view;
    this.show(around - (around - a) * factor, around + (b - around) * factor);
  }
  pan(share) {
    const width = this.view[1] - this.view[0];
    this.show(this.view[0] + share * width, this.view[1] + share * width);
  }

  listen() {
    const actions = {start: () => this.show(0, Math.max(kLeast, this.data.end / 12)),
      in: () => this.zoom(0.5), out: () => this.zoom(2), all: () => this.show(0, this.data.end)};
    for (const button of document.querySelectorAll('[data-time]'))
      button.onclick = actions[button.dataset.time];
    const device = document.getElementById('time-device');
    if (device) device.onchange = () => { this.show_device(Number(device.value)); this.draw(); };
    const keys = {ArrowLeft: () => this.pan(-0.2), ArrowRight: () => this.pan(0.2),
      '+': () => this.zoom(0.6), '=': () => this.zoom(0.6), '-': () => this.zoom(1 / 0.6), 0: actions.all};
    this.place.onkeydown = (event) => {
      if (!keys[event.key] || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      keys[event.key]();
    };
    const at = (event) => (event.clientX - this.place.getBoundingClientRect().left);
    this.place.onwheel = (event) => {
      if (!(event.ctrlKey || event.metaKey || event.shiftKey)) return;
      event.preventDefault();
      this.zoom(Math.exp((event.deltaY || event.deltaX) * 0.002), this.cycle_at(at(event)));
    };
    this.place.ondblclick = (event) => this.zoom(0.5, this.cycle_at(at(event)));
    this.listen_to_pointers(at);
    window.addEventListener('beforeprint', () => this.place.isConnected && this.draw());
  }

  listen_to_pointers(at) {
    const pointers = new Map();
    let drag = null;
    const brush_to = (x) => {
      const middle = (x - this.left) / (this.width - this.left) * this.data.end;
      const half = (this.view[1] - this.view[0]) / 2;
      this.show(middle - half, middle + half);
    };
    const distance = () => {
      const [one, two] = [...pointers.values()];
      return Math.max(1, Math.abs(one - two));
    };
    this.place.onpointerdown = (event) => {
      pointers.set(event.pointerId, at(event));
      this.place.setPointerCapture(event.pointerId);
      drag = {x: at(event), view: this.view, brush: event.target.dataset.brush === '1',
        distance: pointers.size === 2 ? distance() : 0};
      if (drag.brush) brush_to(at(event));
    };
    this.place.onpointermove = (event) => {
      const x = at(event);
      if (pointers.has(event.pointerId)) pointers.set(event.pointerId, x);
      if (drag === null) return this.hover(event);
      if (drag.brush) return brush_to(x);
      const [a, b] = drag.view, moved = (drag.x - x) / (this.width - this.left) * (b - a);
      if (pointers.size === 2 && drag.distance) {
        this.view = drag.view;
        this.zoom(drag.distance / distance(), this.cycle_at(x));
      } else if (Math.abs(drag.x - x) > 2) {
        this.show(a + moved, b + moved);
      }
      return undefined;
    };
    const end = (event) => {
      pointers.delete(event.pointerId);
      drag = null;
    };
    this.place.onpointerup = end;
    this.place.onpointercancel = end;
    this.place.onpointerleave = () => this.focus(null);
  }

  focus(command) {
    this.place.classList.toggle('focus', command !== null);
    if (command === null) return hide_tip();
    for (const slice of this.place.querySelectorAll('.slice'))
      slice.classList.toggle('of', slice.dataset.command === command);
    return undefined;
  }

  hover(event) {
    const target = event.target.dataset || {};
    if (target.slice) {
      const [row, i] = target.slice.split(',').map(Number), slice = this.data.rows[row].slices[i];
      const {command, start, end, group} = slice;
      this.focus(target.command);
      show_tip(html`<b>${command_name(this.data.words, command)}${group >= 0 && `, lane group ${group}`}</b>${
        this.data.rows[row].title}: cycles ${whole(start)} to ${whole(end)}, ${plural(end - start, 'cycle')}
dispatched ${whole(command.dispatch)}, waited ${whole(command.start - command.dispatch)}<code>command ${
        command.number}</code>`, event.clientX, event.clientY);
      return undefined;
    }
    this.focus(null);
    if (!target.gap) return undefined;
    const [row, i] = target.gap.split(',').map(Number), gap = this.data.rows[row].gaps[i];
    show_tip(html`<b>${this.data.rows[row].title} waits ${gap.cause}${gap.cause && ': '}${
      plural(gap.end - gap.start, 'cycle')}</b>cycles ${
      whole(gap.start)} to ${whole(gap.end)}`, event.clientX, event.clientY);
    return undefined;
  }
}
