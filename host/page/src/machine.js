// SPDX-License-Identifier: MIT
// The machine, how to repeat the run, and every figure of the report.
import {html, joined} from './html.js';
import {exact} from './numbers.js';
import {needs, section} from './report.js';

/** The keys of `object` that have plain values: [[key, value]]. */
const plain = (object) => Object.entries(object || {})
  .filter(([, value]) => value === null || typeof value !== 'object');

const kWords = new Set(['description', 'name', 'source']);

function key_table(title, remark, pairs, changed, path) {
  if (pairs.length === 0) return null;
  const half = Math.ceil(pairs.length / 2);
  if (pairs.length > 14)
    return html`<div class="double">${[pairs.slice(0, half), pairs.slice(half)].map((some) =>
      key_table(title, remark, some, changed, path))}</div>`;
  return html`<table class="keys"><caption>${title}<small>${remark}</small></caption><tbody>${
    pairs.map(([key, value]) => {
      const change = changed.get(`${path}${key}`);
      return html`<tr class="${change ? 'changed' : ''}"><td>${key}</td><td>${
        change && html`<s>${exact(change.preset)}</s>`}<span data-key="configuration.resolved.${
        path}${key}">${exact(value)}</span></td></tr>`;
    })}</tbody></table>`;
}

export function configuration_section(report) {
  const configuration = report.at('configuration'), resolved = configuration.resolved;
  const list = configuration.changed;
  const changed = new Map((list || []).map((change) => [change.key, change]));
  const presets = html`the presets <b>${configuration.device}</b> and <b>${configuration.memory}</b>`;
  const finding = list === undefined || list === null
    ? html`Device ${configuration.device}, memory ${configuration.memory}.`
    : list.length === 0 ? html`Nothing differs from ${presets}.`
      : html`<b>${list.length} ${list.length === 1 ? 'key differs' : 'keys differ'}</b> from ${presets}.`;
  const table = (title, remark, object, path) => key_table(title, remark,
    plain(object).filter(([key]) => !kWords.has(key)), changed, path);
  const memory = resolved.memory || {};
  const map = key_table('Memory map', 'bytes', configuration.memory_map.map((region) =>
    [`${region.name} @ 0x${region.address.toString(16)}`, region.bytes]), new Map(), 'map.');
  const left = html`<div>${table('Device', configuration.device, resolved.device, 'device.')}${
    table('Firmware', 'cycles', resolved.firmware, 'firmware.')}${map}</div>`;
  const right = html`<div>${table('Memory', configuration.memory, memory, 'memory.')}${
    table('Organisation', '', memory.organisation, 'memory.organisation.')}${
    table('Controller', '', memory.controller, 'memory.controller.')}${
    table('Timing', `clocks of ${exact(memory.tCK_ps || 0)} ps`, memory.timing, 'memory.timing.')}</div>`;
  const missing = list === undefined ? needs(html`The report has no <code>configuration.changed</code>:
    which keys differ from the presets is not known.`)
    : list === null ? html`<p class="small">Device or memory is a file: there is no preset to
      compare with.</p>` : null;
  return section('configuration', 'Configuration', finding,
    html`<div class="tables">${left}${right}</div>${missing}`, {long: true});
}

/** Files that the report was made from, so that one can tell whether one has the same. */
function inputs_table(report) {
  const inputs = Object.entries(report.value('inputs') || {});
  if (inputs.length === 0) return null;
  return html`<div class="scroll"><table class="keys"><caption>Inputs<small>SHA-256</small></caption><tbody>${
    inputs.map(([file, {bytes, sha256}]) => html`<tr><td>${file}</td><td>${exact(bytes)} bytes</td><td><code
      data-key="inputs.${file}.sha256">${sha256}</code></td></tr>`)}</tbody></table></div>`;
}

/** An argument as a shell reads it. */
const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

export function repeat_section(report) {
  const tool = report.at('tool'), command = report.at('command_line').map(quoted).join(' ');
  return section('repeat', 'How to repeat it', html`Commit <code>${tool.git_hash}</code>${
    tool.git_dirty ? ', with changes that are not in it' : ', unchanged'}. Every figure but the
    seconds of the host repeats bit for bit.`, html`<div class="command"><pre tabindex="0">${command}</pre><button
    type="button" data-copy="${command}">Copy</button></div>${inputs_table(report)}`);
}

export function all_section(report) {
  const rows = report.figures().map(([path, {value, unit, meaning}]) => html`<tr><td>${path}</td><td
    class="number"><span data-key="${path}" data-value="${String(value)}">${exact(value)}</span></td><td>${
    unit}</td><td>${meaning}</td></tr>`);
  return section('all', 'All figures', html`${rows.length} figures, as exact as the report has them.`,
    html`<details class="every"><summary>Show all ${rows.length}</summary><div class="on-screen"><label class="hidden" for="filter">Filter</label><input
      type="search" id="filter" placeholder="Filter by name or definition"></div><div class="scroll"><table
      class="all"><thead><tr><th>figure</th><th class="number">value</th><th>unit</th><th>definition</th></tr></thead><tbody>${
      rows}</tbody></table></div></details>`, {long: true});
}

export const footer = (report, name) => html`<footer>Made from ${name} alone; schema ${joined([
  report.value('schema'), report.value('schema_version')], ' ')}. This page asks for nothing from
  the network.</footer>`;
