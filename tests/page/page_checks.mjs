// SPDX-License-Identifier: MIT
// What page_test.mjs asks of a page.

/** The figure or fact at a path of the JSON. */
function value_at(json, path) {
  const entry = path.split('.').reduce((place, key) => (place === null || place === undefined ? undefined
    : place[key]), json);
  return entry !== null && typeof entry === 'object' && 'value' in entry ? entry.value : entry;
}

/** Figures of the JSON that have a unit. */
function figures_of(json, path = '') {
  if (json === null || typeof json !== 'object' || Array.isArray(json)) return [];
  if ('value' in json && 'unit' in json) return [path];
  return Object.keys(json).flatMap((key) => figures_of(json[key], path ? `${path}.${key}` : key));
}

/** The first number of a text, with commas; NaN if there is none. */
const number_in = (text) => Number((/-?[\d,]+(\.\d+)?/.exec(text) || ['NaN'])[0].replaceAll(',', ''));

export async function check_page(page, json, checks) {
  const shown = await page.$$eval('[data-key]', (all) => all.map((element) => ({text: element.textContent,
    ...element.dataset})));
  checks.true('numbers are shown', shown.length > 20, shown.length);
  for (const {key, value, scale, text} of shown) {
    const wanted = value_at(json, key);
    if (value === undefined) continue;
    checks.equal(`value of ${key}`, value, String(wanted));
    if (scale === undefined || typeof wanted !== 'number') continue;
    // Three digits are shown, and of a percentage one decimal.
    const off = Math.abs(number_in(text) * Number(scale) - wanted);
    const least = text.includes('%') ? 0.0005001 * Number(scale) * 100 : 0;
    checks.true(`text of ${key}`, off <= Math.max(0.0051 * Math.abs(wanted), least), `${text}, is ${wanted}`);
  }
  if (json.schema !== 'tessera.report') return;
  const listed = new Set(await page.$$eval('.all [data-key]', (all) => all.map((element) => element.dataset.key)));
  for (const path of figures_of(json)) checks.true('all figures list', listed.has(path), path);
  const engines = await page.$$eval('[data-engine]', (all) => all.map((element) => Number(element.dataset.sum)));
  checks.equal('engines', engines.length, 4);
  const cycles = json.counters.cycles.value * json.derived.devices.value;
  for (const sum of engines) checks.equal('cycles of an engine add up', sum, cycles);
  await check_words(page, json, checks);
}

/** What is said by rule. */
async function check_words(page, json, checks) {
  const text = await page.textContent('#answer');
  checks.equal('exact', text.includes('Exact, within the bound.'), json.error.checked && json.error.within_bound);
  checks.equal('not checked', text.includes('Not checked.'), !json.error.checked);
  checks.equal('energy is not validated', (text.match(/not validated/g) || []).length, 1);
  const changed = json.configuration.changed;
  if (changed)
    checks.equal('changed keys', await page.$$eval('tr.changed', (all) => all.length), changed.length);
  const streams = json.memory ? json.memory.streams_of_all_devices || json.memory.streams : [];
  const latencies = await page.$$eval('[data-latency]', (all) => all.map((element) => element.textContent));
  streams.forEach(({latency}, i) => ['p50', 'p90', 'p99'].forEach((key, j) =>
    checks.equal('latency', number_in(latencies[3 * i + j]), latency[key])));
  if (!json.tiles || json.tiles.reason) return;
  const tiles = json.tiles.runs.filter(({head}) => head < 2).reduce((sum, run) => sum + run.tiles, 0);
  if (Math.max(json.tiles.query_tiles, json.tiles.key_tiles) <= 40)
    checks.equal('tiles', await page.$$eval('.tile', (all) => all.length), tiles);
}

/** The charts of a report. */
const charts_of = (json) => ({
  'tessera.report': () => ['#time', '#roofline-chart', ...(json.error.histogram ? ['#error-chart'] : []),
    ...(json.memory ? ['.latency'] : []), ...(json.tiles?.reason === null ? ['.tile-map'] : [])],
  'tessera.compare': () => ['#scatter-chart'],
  'tessera.gemm': () => ['[data-engine]'],
  'tessera.generate': () => ['#runs-chart', '#cache-chart', '#steps .cell'],
  'tessera.serve': () => ['#waits-chart'],
  'tessera.profile': () => ['#growth-chart', '#kinds .cell'],
  'tessera.sweep': () => ['#pareto-chart', '#heat-place table'],
  'tessera.diff': () => ['#change-chart'],
  'tessera.task': () => [],
  'tessera.task_grid': () => ['.heats'],
})[json.schema]();

/** Every chart has more than its background. */
export async function check_charts(page, browser, json, checks) {
  const names = charts_of(json);
  const counter = await browser.newPage();
  for (const name of names) {
    const chart = await page.$(name);
    checks.true(`${name} is there`, chart !== null);
    if (chart === null) continue;
    const picture = (await chart.screenshot()).toString('base64');
    const share = await counter.evaluate(async (data) => {
      const image = new Image();
      image.src = `data:image/png;base64,${data}`;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height), context = canvas.getContext('2d');
      context.drawImage(image, 0, 0);
      const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
      const counts = new Map();
      for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) || 0) + 1);
      return {drawn: 1 - Math.max(...counts.values()) / pixels.length, colours: counts.size};
    }, picture);
    checks.true(`${name} is drawn`, share.drawn > 0.01 && share.colours > 8, JSON.stringify(share));
    const label = await chart.getAttribute('aria-label');
    checks.true(`${name} has its numbers as a label`, /\d/.test(label || ''), label);
  }
  await counter.close();
}

/** Slices are there, zooming shows fewer, and a slice says what it is. */
export async function check_timeline(page, json, checks) {
  if (json.schema !== 'tessera.report') return;
  const slices = () => page.$$eval('#time .slice:not(.stall)', (all) => all.length);
  checks.true('slices', await slices() > 5, await slices());
  // A page that shows the first commands only has the first waits only.
  const whole_run = /Timeline of [\d,]+ commands/.exec(await page.getAttribute('#time', 'aria-label'))[0]
    .includes(` ${value_at(json, 'commands_total').toLocaleString('en-US')} commands`);
  for (const [row, counter] of !whole_run ? [] : [[0, 'load_stall'], [1, 'score_stall_k'], [4, 'store_stall']]) {
    // Of several devices the first is drawn; they wait alike.
    if (json.counters[counter].value < 0.05 * json.counters.cycles.value * json.derived.devices.value) continue;
    const drawn = await page.$$eval(`#time [data-gap^="${row},"]`, (all) => all.length);
    checks.true(`waits of ${counter} are drawn`, drawn > 0, drawn);
  }
  await page.focus('#time');
  for (let i = 0; i < 6; ++i) await page.keyboard.press('+');
  const span = await page.textContent('#time-span');
  const [first, last] = span.replaceAll(',', '').match(/\d+/g).map(Number);
  checks.true('zoomed in', last - first < json.derived.end_cycle.value / 10 || last - first <= 64, span);
  await page.keyboard.press('0');
  const slice = await page.$('#time .slice.load');
  await slice.dispatchEvent('pointermove', {clientX: 300, clientY: 300, bubbles: true});
  checks.true('a slice tells of itself', /LOAD.*cycles/s.test(await page.textContent('.tip')), await page.textContent('.tip'));
  if (json.derived.devices.value > 1) {
    await page.selectOption('#time-device', '1');
    checks.true('slices of the second device', await slices() > 2, await slices());
  }
}

export async function check_themes(page, checks) {
  const look = () => page.evaluate(() => [getComputedStyle(document.body).backgroundColor,
    getComputedStyle(document.querySelector('h1')).color].join());
  await page.emulateMedia({colorScheme: 'light'});
  const light = await look();
  await page.emulateMedia({colorScheme: 'dark'});
  const dark = await look();
  checks.true('themes differ', light !== dark, light);
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('t');
  checks.equal('the light theme by key', await look(), light);
  await page.keyboard.press('t');
  await page.emulateMedia({colorScheme: 'light'});
  checks.equal('the dark theme by key', await look(), dark);
  await page.keyboard.press('t');
  await page.keyboard.press('d');
  checks.true('definitions open', await page.$$eval('details.definitions', (all) => all.every((one) => one.open)));
  await page.keyboard.press('d');
  await page.emulateMedia({colorScheme: null});
}

/** Words of a chart that lie on other words of it. */
const words_on_words = (page, chart) => page.$$eval(`${chart} svg text`, (all) => {
  const boxes = all.filter((text) => text.textContent !== '').map((text) =>
    ({words: text.textContent, box: text.getBoundingClientRect()}));
  const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4;
  return boxes.flatMap((one, i) => boxes.slice(i + 1).filter((other) => meet(one.box, other.box))
    .map((other) => `${one.words} / ${other.words}`));
});

/** A difference: its bars can be read, and of its tables every column is seen on a desk. */
async function check_difference(page, width, checks) {
  const words = await words_on_words(page, '#change-chart');
  checks.true(`words beside each other at ${width} pixels`, words.length === 0, words.join('; '));
  if (width < 1280) return;
  const hidden = await page.$$eval('.scroll', (all) => all.map((box) => box.scrollWidth - box.clientWidth));
  checks.true('tables fit', Math.max(...hidden) <= 0, hidden.join());
}

export async function check_widths(page, json, checks) {
  for (const width of [1280, 720, 390]) {
    await page.setViewportSize({width, height: 844});
    await page.waitForTimeout(60);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    checks.true(`no wider than ${width} pixels`, over <= 0, over);
    const cut = await page.$$eval('.big, h1, .verdict', (all) => all.filter((element) =>
      element.scrollWidth > element.clientWidth + 1).map((element) => element.textContent));
    checks.true(`nothing is cut off at ${width} pixels`, cut.length === 0, cut.join('; '));
    if (json.schema === 'tessera.diff') await check_difference(page, width, checks);
  }
  await page.emulateMedia({media: 'print'});
  checks.equal('no contents on paper', await page.$eval('nav', (nav) => getComputedStyle(nav).display), 'none');
  await page.emulateMedia({media: null});
}
