// SPDX-License-Identifier: MIT
// What the page needs of report.json and trace.json: do its parts agree with each other?

const near = (a, b) => Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));

export function check_report(json, checks) {
  const value = (key) => json.derived[key].value;
  for (const part of ['q', 'k', 'v', 'o']) checks.true(`bytes_compulsory_${part}`, value(`bytes_compulsory_${part}`) > 0);
  checks.equal('compulsory bytes add up', value('bytes_compulsory_q') + value('bytes_compulsory_k') +
    value('bytes_compulsory_v') + value('bytes_compulsory_o'), value('bytes_compulsory'));
  checks.equal('bytes add up', value('bytes_read') + value('bytes_written'), value('bytes'));
  const device = json.configuration.resolved.device, clock = json.configuration.clock_ghz * 1e9;
  const peak = 4 * device.LANES * device.D * value('devices') * clock;
  checks.true('peak_flops', near(value('peak_flops'), peak));
  checks.true('performance', near(value('performance'), peak * value('mac_utilisation')));
  checks.true('cycles_useful', near(value('cycles_useful'), value('cycles') * value('useful_utilisation')));
  const roofs = {'multiply arrays': peak, 'memory port': value('arithmetic_intensity') * value('port_bandwidth'),
    ...(json.memory ? {DRAM: value('arithmetic_intensity') * 1e9 * value('dram_peak_bandwidth')} : {})};
  checks.true('roof', near(value('roof'), Math.min(...Object.values(roofs))));
  checks.true('bound_by', near(roofs[value('bound_by')], value('roof')), value('bound_by'));
  check_histogram(json.error, checks);
  check_latencies(json.memory, checks);
  check_devices(json, checks);
  checks.equal('verdict', `${json.verdict.result} ${json.verdict.exit_code}`, 'good 0');
  check_tiles(json, checks);
}

const sum = (values) => values.reduce((a, b) => a + b, 0);

function check_histogram(error, checks) {
  if (!error.checked) return;
  checks.equal('elements of the histogram', sum(error.histogram.counts) + error.histogram.beyond.value, error.elements.value);
  const last = error.histogram.counts.findLastIndex((count) => count > 0);
  checks.equal('the largest error is in the last bin', Math.floor(error.max_over_full_bound.value / error.histogram.bin_width), last);
}

function check_latencies(memory, checks) {
  if (!memory) return;
  memory.streams.forEach(({bursts, latency}, stream) => {
    const mine = memory.latencies.filter((step) => step.stream === stream);
    checks.equal('bursts of a stream', sum(mine.map((step) => step.bursts)), bursts);
    const below = (cycles) => sum(mine.filter((step) => step.below <= cycles).map((step) => step.bursts));
    const step = mine.find(({from, below: end}) => latency.p50 >= from && latency.p50 < end);
    checks.true('half of the bursts', below(step.from) < bursts / 2 && below(step.below) >= bursts / 2, latency.p50);
    checks.equal('steps are in order', mine.every(({from}, i) => i === 0 || from >= mine[i - 1].below), true);
  });
}

function check_devices({counters_of_devices: devices, counters, derived}, checks) {
  checks.equal('devices with counters', devices.length, derived.devices.value === 1 ? 0 : derived.devices.value);
  if (devices.length === 0) return;
  for (const key of ['attends_retired', 'bytes_k', 'score_busy'])
    checks.equal(`${key} of all devices`, sum(devices.map((device) => device[key])), counters[key].value);
}

function check_tiles({tiles, derived, problem, counters}, checks) {
  checks.true('tiles', tiles.reason === null, tiles.reason);
  const times = tiles.heads_equal ? tiles.heads : 1, size = tiles.tile_tokens;
  let allowed = 0, issued = 0, count = 0, cycles = 0;
  for (const run of tiles.runs)
    for (let i = 0; i < run.tiles; ++i) {
      const rows = Math.min(size, tiles.query_rows - run.query_tile * size);
      const keys = Math.min(size, problem.key_tokens - (run.key_tile + i) * size);
      issued += times * rows * keys;
      allowed += times * run.pairs_allowed;
      count += times;
      cycles += times * run.score_cycles;
    }
  checks.equal('pairs allowed in tiles', allowed, derived.pairs_allowed.value);
  checks.equal('pairs issued in tiles', issued, derived.pairs_issued.value);
  checks.equal('cycles of the score stage in tiles', cycles, counters.score_busy.value);
  checks.equal('tiles are calls', count, derived.calls_formula.value);
}

/** A channel of a DRAM never moves more than it can. */
export function check_bandwidth(json, trace, checks) {
  if (!json.memory) return;
  const peak = json.derived.dram_peak_bandwidth.value / json.memory.channels.length;
  const windows = trace.traceEvents.filter((event) => event.ph === 'C' && 'GB/s' in event.args)
    .map((event) => event.args['GB/s']);
  checks.true('windows of channels', windows.length > 0);
  for (const rate of windows) checks.true('window of a channel', rate <= peak + 5e-4, `${rate} of ${peak}`);
}

/** The page's time line has the slices of the trace, at their cycles. */
export async function check_slices(page, trace, checks) {
  const timeline = await page.$eval('#reports', (script) => JSON.parse(script.textContent)[0].timeline);
  const slices = trace.traceEvents.filter((event) => event.ph === 'X');
  timeline.devices.forEach((device, index) => {
    const mine = slices.filter((event) => event.pid === index + 1);
    const commands = mine.filter((event) => 'dispatch' in event.args), starts = [], words = timeline.words;
    let dispatch = 0;
    for (let i = 0; i < device.commands.length;) {
      const numbers = words[device.commands[i]].split('#').length - 1;
      dispatch += device.commands[i + numbers + 2];
      starts.push(dispatch + device.commands[i + numbers + 3]);
      i += numbers + 5;
    }
    const stalls = {};
    for (const {args, dur} of mine)
      if ('counter' in args) stalls[args.counter] = (stalls[args.counter] || 0) + Math.round(dur * 1000);
    const lengths = Object.entries(device.stalls).map(([counter, numbers]) =>
      [counter, numbers.filter((_, i) => i % 2 === 1).reduce((a, b) => a + b, 0)]);
    checks.equal('stalls', JSON.stringify(Object.fromEntries(lengths)),
      JSON.stringify(Object.fromEntries(Object.entries(stalls).sort())));
    checks.equal('starts of commands', starts.join(), commands.map((event) => Math.round(event.ts * 1000)).join());
    const groups = device.score.length + device.value.length + device.merge.length;
    checks.equal('lane groups', groups / 4, mine.filter((event) => 'group' in event.args).length);
  });
}
