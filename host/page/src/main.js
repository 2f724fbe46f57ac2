// SPDX-License-Identifier: MIT
// The page: reads what tessera put into it, shows one of its reports, and listens.
import {answer} from './answer.js';
import {draw_error, draw_roofline, error_section, keep_drawn, roofline_section} from './charts.js';
import {compare_answer, draw_scatter, multiples_section, scatter_section, table_section} from './compare.js';
import {diff_answer, draw_changes, keys_section, moved_section} from './diff.js';
import {html} from './html.js';
import {all_section, configuration_section, footer, repeat_section} from './machine.js';
import {operation_answer, streams_section} from './operation.js';
import {draw_growth, growth_section, kinds_section, phases_section, profile_answer, profile_layers_section}
  from './profile.js';
import {draw_cache, draw_runs, layers_section, program_answer, results_section, runs_section, steps_section}
  from './program.js';
import {Report} from './report.js';
import {bytes_section, cycles_section, energy_section, memory_section} from './sections.js';
import {draw_waits, policies_section, requests_section, service_answer, waits_section} from './service.js';
import {draw_pareto, fields_section, listen_to_fields, pareto_section, sensitivity_section, sweep_answer,
  sweep_points_section} from './sweep.js';
import {listen_to_tables} from './table.js';
import {attentions_section, grid_answer, heat_section, points_section, task_answer} from './task.js';
import {listen_to_tiles, tiles_section} from './tiles.js';
import {Timeline, timeline_section} from './timeline.js';
import {start_tips} from './tip.js';

const documents = JSON.parse(document.getElementById('reports').textContent);
const kThemes = ['auto', 'light', 'dark'];
let report = null, drawn = [];

const pair = (a, b) => ({parts: [a, b], html: html`<div class="pair">${a.html}${b.html}</div>`});

/** What belongs to a report that any has. */
const last_sections = () => [configuration_section(report), repeat_section(report), all_section(report)];

const program_page = {answer: program_answer,
  sections: () => [steps_section(report), runs_section(report), results_section(report), layers_section(report), ...last_sections()],
  charts: [['runs-chart', draw_runs], ['cache-chart', draw_cache]]};
const operation_page = {answer: operation_answer,
  sections: () => [cycles_section(report), streams_section(report), ...last_sections()], charts: []};

/** How a report is shown, by its schema. */
const kPages = {
  'tessera.report': {answer, sections: (timeline) => [timeline_section(report, timeline), cycles_section(report),
    tiles_section(report), pair(bytes_section(report), roofline_section(report)), error_section(report),
    pair(memory_section(report), energy_section(report)), ...last_sections()],
  charts: [['roofline-chart', draw_roofline], ['error-chart', draw_error]]},
  'tessera.compare': {answer: compare_answer, sections: () => [table_section(report), scatter_section(report),
    multiples_section(report), repeat_section(report)], charts: [['scatter-chart', draw_scatter]]},
  'tessera.gemm': operation_page,
  'tessera.linear': operation_page,
  'tessera.transcribe': program_page,
  'tessera.embed': program_page,
  'tessera.generate': program_page,
  'tessera.heads': program_page,
  'tessera.serve': {answer: service_answer, sections: () => [policies_section(report), waits_section(report),
    requests_section(report), ...last_sections()], charts: [['waits-chart', draw_waits]]},
  'tessera.task': {answer: task_answer, sections: () => [attentions_section(report), ...last_sections()], charts: []},
  'tessera.task_grid': {answer: grid_answer, sections: () => [heat_section(report), points_section(report),
    repeat_section(report)], charts: []},
  'tessera.diff': {answer: diff_answer, sections: () => [moved_section(report), keys_section(report)],
    charts: [['change-chart', draw_changes]]},
  'tessera.sweep': {answer: sweep_answer, sections: () => [pareto_section(report), sensitivity_section(report),
    fields_section(report), sweep_points_section(report)], charts: [['pareto-chart', draw_pareto]]},
  'tessera.profile': {answer: profile_answer, sections: () => [growth_section(report), kinds_section(report),
    phases_section(report), profile_layers_section(report), ...last_sections()], charts: [['growth-chart', draw_growth]]},
};

/** The charts that must know how wide they are. */
function draw_charts(charts, timeline) {
  drawn.forEach((stop) => stop());
  const time = document.getElementById('time');
  drawn = [];
  if (time) {
    const line = new Timeline(time, timeline, report);
    drawn.push(() => line.stop());
  }
  for (const [id, draw] of charts)
    if (document.getElementById(id)) drawn.push(keep_drawn(id, draw(report)));
}

function show(index) {
  const {name, report: json, timeline} = documents[index];
  report = new Report(json);
  const page = kPages[report.value('schema')], top = page.answer(report);
  const sections = page.sections(timeline).filter(Boolean);
  const flat = sections.flatMap((one) => one.parts || [one]);
  document.title = new DOMParser().parseFromString(`${top.title}`, 'text/html').body.textContent;
  document.getElementById('contents').innerHTML = html`${flat.map(({id, title}) =>
    html`<li><a href="#${id}">${title}</a></li>`)}`;
  const others = documents.length > 1 && html`<div class="others" role="group" aria-label="Reports">${
    documents.map((one, i) => html`<button type="button" data-report="${i}" aria-pressed="${i === index}">${
      one.name}</button>`)}</div>`;
  document.getElementById('main').innerHTML = html`${others}${top.html}${sections.map((one) => one.html)}${
    footer(report, name)}`;
  draw_charts(page.charts, timeline);
  listen_to_tiles();
  listen_to_tables();
  listen_to_fields(report);
  listen();
  mark_place();
}

const all = (selector) => [...document.querySelectorAll(selector)];

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = 'Copied';
  } catch {
    getSelection().selectAllChildren(button.previousElementSibling);
    button.textContent = 'Selected';
  }
  setTimeout(() => { button.textContent = 'Copy'; }, 1400);
}

function listen() {
  for (const button of all('[data-report]')) button.onclick = () => show(Number(button.dataset.report));
  for (const button of all('[data-copy]')) button.onclick = () => copy(button);
  const filter = document.getElementById('filter');
  if (filter)
    filter.oninput = () => all('.all tbody tr').forEach((row) => {
      row.hidden = !row.textContent.toLowerCase().includes(filter.value.toLowerCase());
    });
}

/** The section that is being read, in the contents. */
function mark_place() {
  const links = all('#contents a');
  const tops = links.map((a) => document.querySelector(a.getAttribute('href')).getBoundingClientRect().top);
  const limit = Math.min(innerHeight * 0.3, 260);
  const current = Math.max(0, tops.reduce((last, top, i) => (top < limit ? i : last), 0));
  links.forEach((a, i) => (i === current ? a.setAttribute('aria-current', 'true') : a.removeAttribute('aria-current')));
}

function stored_theme() {
  try {
    return kThemes.includes(localStorage.tessera_theme) ? localStorage.tessera_theme : 'auto';
  } catch {
    return 'auto';  // a page from a file may not store
  }
}

function start() {
  const theme_button = document.getElementById('theme'), root = document.documentElement;
  let theme = stored_theme();
  const set_theme = (name) => {
    theme = name;
    if (name === 'auto') root.removeAttribute('data-theme');
    else root.dataset.theme = name;
    theme_button.firstChild.textContent = `Theme: ${name} `;
    try {
      localStorage.tessera_theme = name;
    } catch { /* not stored */ }
  };
  const next_theme = () => set_theme(kThemes[(kThemes.indexOf(theme) + 1) % kThemes.length]);
  const definitions = () => {
    const lists = all('details.definitions'), open = lists.some((one) => !one.open);
    lists.forEach((one) => { one.open = open; });
  };
  set_theme(theme);
  theme_button.onclick = next_theme;
  document.getElementById('definitions').onclick = definitions;
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches('input, select')) return;
    if (event.key === 'd') definitions();
    if (event.key === 't') next_theme();
  });
  addEventListener('scroll', mark_place, {passive: true});
  start_tips(() => report);
  show(0);
}

start();
