// SPDX-License-Identifier: MIT
// report.html in a headless browser: page_test.mjs TESSERA MODULES FOLDER SOURCE
//   TESSERA  the program; MODULES  the folder whose node_modules has playwright-core
//   FOLDER   for files; SOURCE  the tree
// Every number of a page is the JSON's, every chart is drawn, both themes differ, nothing is asked
// of the network, nothing is wider than the screen. Exit codes: 0 good, 1 different, 4 skipped.
import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join, resolve} from 'node:path';
import {pathToFileURL} from 'node:url';

import {Checks} from './checks.mjs';
import {check_charts, check_page, check_themes, check_timeline, check_widths} from './page_checks.mjs';
import {check_bandwidth, check_report, check_slices} from './report_checks.mjs';
import {write_small_model} from './small_model.mjs';

const [tessera, modules, folder, source] = process.argv.slice(2).map((path) => resolve(path));

function skip(why) {
  console.log(`skipped: ${why}`);
  process.exit(4);
}

const browser_path = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser']
  .find((path) => path && existsSync(path));
if (!browser_path) skip('chromium is not installed');
if (!existsSync(join(modules, 'node_modules/playwright-core'))) skip('npm has not installed playwright-core');
const {chromium} = createRequire(join(modules, 'package.json'))('playwright-core');

rmSync(folder, {recursive: true, force: true});
mkdirSync(folder, {recursive: true});
const at = (name) => join(folder, name);
const json_of = (path) => JSON.parse(readFileSync(path, 'utf8'));
const run = (...words) => execFileSync(tessera, words, {stdio: ['ignore', 'pipe', 'pipe']});

/** sweep.json with the derived figures of each point, as its records have them. */
function swept(folder) {
  const records = readFileSync(join(folder, 'points.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  const derived = ({figures}) => Object.fromEntries(Object.entries(figures).map(([path, value]) =>
    [path.replace(/^derived\./, ''), value]));
  return {...json_of(join(folder, 'sweep.json')), rows: records.map((record) => ({figures: derived(record)}))};
}

/** What is looked at: [name, page, its JSON]. */
function pages() {
  const input = join(source, 'tests/data/use-lite-layer0-2x1024.safetensors');
  run('run', '--device', 'base', '--input', input, '--mask', 'causal', '--window', '256', '--sinks', '4',
    '--memory', 'hbm2-2000-8ch', '--out', at('dram'));
  run('run', '--device', 'tiny', '--random', '3,100,16', '--timing-only', '--memory', 'ideal',
    '--set', 'device.LANES=2', '--out', at('ideal'));
  run('run', '--device', 'tiny', '--random', '2,64,16', '--num-devices', '2', '--trace-commands', '9',
    '--out', at('devices'));
  run('compare', '--device', 'tiny', '--random', '2,96,16', '--masks', 'dense', 'causal', '--jobs', '1',
    '--format', 'json', '--out', at('compare.json'));
  run('report', at('compare.json'), '-o', at('compare.html'));
  run('report', at('dram'), at('ideal'), '-o', at('both.html'));
  write_small_model(at('model'));
  const small = ['--device', 'tiny', '--memory', 'ideal'];
  run('gemm', '--random', '40,30,20', ...small, '--out', at('gemm'));
  run('generate', '--model', at('model'), '--tokens', '1,2,3', '--n', '4', ...small, '--out', at('generate'));
  run('serve', '--model', at('model'), '--requests', '4', '--prompt-tokens', '2,8', '--new-tokens', '2,4', '--timing-only', ...small,
    '--out', at('serve'));
  run('profile', at('model/config.json'), '--tokens', '16,32', ...small, '--out', at('profile'));
  run('task', 'kv', '--tokens', '40', '--pairs', '8', '--window', '16', ...small, '--out', at('task'));
  const grid = run('task', 'reg', '--models', 'standard,linear', '--sizes', '8,16', '--dims', '4,8', ...small, '--format', 'json');
  writeFileSync(at('task_grid.json'), grid);
  run('report', at('task_grid.json'), '-o', at('task_grid.html'));
  writeFileSync(at('grid.json'), JSON.stringify({base: {machine: {device: 'tiny', memory: 'ideal'},
    workload: {random: {dimension: 16}}, outputs: {timing_only: true}}, fields: {'workload.random.tokens': [16, 48], 'workload.mask.window': [0, 8, 16]}}));
  run('diff', at('dram'), at('ideal'), '-o', at('diff.html'));
  const diff = JSON.parse(run('diff', at('dram'), at('ideal'), '--format', 'json'));
  run('sweep', at('grid.json'), '-o', at('sweep'));
  run('report', at('sweep'), '-o', at('sweep.html'));
  const one = (name) => [name, at(`${name}/report.html`), json_of(at(`${name}/report.json`))];
  return [...['dram', 'ideal', 'devices', 'gemm', 'generate', 'serve', 'profile', 'task'].map(one),
    ['diff', at('diff.html'), diff],
    ['sweep', at('sweep.html'), swept(at('sweep'))],
    ['task_grid', at('task_grid.html'), JSON.parse(grid)], ['compare', at('compare.html'), json_of(at('compare.json'))],
    ['both', at('both.html'), json_of(at('dram/report.json'))]];
}

const checks = new Checks();
const browser = await chromium.launch({executablePath: browser_path, args: ['--no-sandbox', '--disable-gpu']});
try {
  for (const [name, path, json] of pages()) {
    checks.begin(name);
    const url = pathToFileURL(path).href, page = await browser.newPage({viewport: {width: 1280, height: 800}});
    const complaints = [];
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => request.url() !== url && complaints.push(`asks for ${request.url()}`));
    await page.goto(url);
    checks.true('at most 5 MB', statSync(path).size <= 5e6, statSync(path).size);
    await check_page(page, json, checks);
    if (existsSync(at(`${name}/trace.json`))) {
      const trace = json_of(at(`${name}/trace.json`));
      check_report(json, checks);
      check_bandwidth(json, trace, checks);
      await check_slices(page, trace, checks);
    }
    await check_charts(page, browser, json, checks);
    await check_timeline(page, json, checks);
    await check_themes(page, checks);
    await check_widths(page, json, checks);
    checks.equal('complaints of the browser', complaints.join('; '), '');
    await page.close();
  }
} finally {
  await browser.close();
}
process.exit(checks.done() ? 0 : 1);
