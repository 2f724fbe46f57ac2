// SPDX-License-Identifier: MIT
// What a time line shows, from the numbers that stand in the page (host/report/page_timeline.h):
// rows of slices and counters. A slice is {start, end, lane, command, group, kind}.

/** Slices of one engine overlap: each takes the first lane that is free. */
function with_lanes(slices) {
  const ends = [];
  for (const slice of slices) {
    let lane = ends.findIndex((end) => end <= slice.start);
    if (lane < 0) lane = ends.length;
    ends[lane] = slice.end;
    slice.lane = lane;
  }
  return Math.max(1, ends.length);
}

const kind_of = (words) => (words.startsWith('LOAD') ? 'load'
  : words.startsWith('ATTEND') ? 'attend' : 'store');

function commands_of(numbers, words) {
  const counts = words.map((word) => word.split('#').length - 1);
  const commands = [];
  let number = 0, dispatch = 0;
  for (let i = 0; i < numbers.length;) {
    const word = numbers[i++], values = numbers.slice(i, i + counts[word]);
    i += counts[word];
    number += numbers[i++];
    dispatch += numbers[i++];
    const start = dispatch + numbers[i++], took = numbers[i++];
    commands.push({word, values, number, dispatch, start, took, kind: kind_of(words[word])});
  }
  return commands;
}

function groups_of(numbers, commands) {
  const slices = [];
  let index = 0, start = 0;
  for (let i = 0; i < numbers.length; i += 4) {
    index += numbers[i];
    start += numbers[i + 2];
    slices.push({start, end: start + numbers[i + 3], group: numbers[i + 1], command: commands[index]});
  }
  return slices;
}

/** What an engine or a stage waits for, by the counter of such cycles, and its colour. */
const kCauses = {
  load_stall: ['for a bank', 1], store_stall: ['for rows of the state', 1],
  score_stall_q: ['for Q', 1], score_stall_k: ['for K', 2],
  score_stall_buffer: ['for the score buffer', 3], value_stall_v: ['for V', 1],
  value_stall_state: ['for the state bank', 2], value_stall_score: ['for scores', 3],
};

/** The stalls of an engine or a stage, with their causes: {start, end, cause, shade}. */
function stalls_of(stalls, kind) {
  const gaps = [];
  for (const [counter, numbers] of Object.entries(stalls)) {
    if (!counter.startsWith(kind)) continue;
    const [cause, shade] = kCauses[counter];
    for (let i = 0, start = 0; i < numbers.length; i += 2) {
      start += numbers[i];
      gaps.push({start, end: start + numbers[i + 1], cause, shade});
    }
  }
  return gaps.sort((a, b) => a.start - b.start);
}

/** Of a stage without records of stalls: times between slices, for whatever reason. */
function gaps_of(slices) {
  const gaps = [];
  let end = slices.length ? slices[0].end : 0;
  for (const slice of slices) {
    if (slice.start > end) gaps.push({start: end, end: slice.start, cause: '', shade: 1});
    end = Math.max(end, slice.end);
  }
  return gaps;
}

const kRows = [['load', 'Load', 'Load'], ['score', 'Score stage', 'Score'], ['value', 'Value stage', 'Value'],
  ['merge', 'Merge', 'Merge'], ['store', 'Store, fence', 'Store']];
const kEngines = ['load', 'store'], kStages = ['score', 'value'];

function rows_of_device(device, words, end, name) {
  const commands = commands_of(device.commands, words);
  const of_kind = (kind) => commands.filter((c) => c.kind === kind).map((c) =>
    ({start: c.start, end: c.took < 0 ? end : c.start + c.took, group: -1, command: c}));
  const rows = [], recorded = Object.keys(device.stalls).length > 0;
  const gaps = (kind, slices) => (recorded ? stalls_of(device.stalls, kind)
    : kStages.includes(kind) ? gaps_of(slices) : []);
  for (const [kind, title, short] of kRows) {
    const slices = kEngines.includes(kind) ? of_kind(kind)
      : groups_of(device[kind], commands);
    slices.sort((a, b) => a.start - b.start);
    rows.push({kind, title: name ? `${title} ${name}` : title, short, slices,
      lanes: with_lanes(slices), gaps: gaps(kind, slices)});
  }
  return rows;
}

/** Where a head begins: the first load of Q of each. */
function heads_of(rows, words) {
  const marks = [], seen = new Set();
  for (const {command, start} of rows[0].slices) {
    const words_of = words[command.word];
    if (!words_of.startsWith('LOAD_Q head #') || seen.has(command.values[0])) continue;
    seen.add(command.values[0]);
    marks.push({start, name: `head ${command.values[0]}`});
  }
  return marks;
}

export function command_name(words, {word, values}) {
  let i = 0;
  return words[word].replaceAll('#', () => values[i++]);
}

/** The last numbers of a command's name, for a label within a slice: "q6 k5", "K5", "O6". */
export function slice_label(words, slice) {
  const {word, values} = slice.command, name = words[word];
  const last = values[values.length - 1];
  if (name.includes('# x #')) return `q${values[values.length - 2]} k${last}`;
  if (/^LOAD_[QKV] /.test(name) && values.length) return `${name[5]}${last}`;
  if (name.startsWith('STORE_O') && values.length) return `O${last}`;
  return '';
}

/** Query tiles alternate in shade; loads of keys are lighter. */
export function is_odd(words, slice) {
  const {word, values} = slice.command;
  return words[word].includes('# x #') && values[values.length - 2] % 2 === 1;
}
export const is_keys = (words, slice) => words[slice.command.word].startsWith('LOAD_K');

/** All that is drawn of a time line; the first device's rows only, unless `device` says another. */
export function timeline_of(json, device, end, peak) {
  const words = json.words, chosen = json.devices[device];
  const rows = rows_of_device(chosen, words, end, '');
  const ports = chosen.activity.filter(({name}) => name.startsWith('memory port, ')).map((one) =>
    ({...one, name: one.name.endsWith('reads') ? 'Port, reads' : 'Port, writes'}));
  const counters = (json.memory.length ? json.memory : ports).map((one) =>
    ({...one, short: one.name.replace('Port, ', ''), peak: json.memory.length ? peak : null}));
  const activity = chosen.activity.find(({name}) => name === 'score stage') || null;
  const drawn = Math.max(0, ...rows.flatMap(({slices}) => (slices.length
    ? [slices[slices.length - 1].end] : [])));
  return {words, rows, counters, activity, end: Math.max(end, 1), drawn,
    marks: heads_of(rows, words).slice(0, 40), whole: json.commands_shown === json.commands_total,
    shown: json.commands_shown, total: json.commands_total};
}

/** The longest wait of the score stage: {start, end}, or null. */
export const longest_wait = (timeline) => timeline.rows[1].gaps.reduce((a, b) =>
  (a === null || b.end - b.start > a.end - a.start ? b : a), null);
