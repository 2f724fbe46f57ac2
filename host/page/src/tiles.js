// SPDX-License-Identifier: MIT
// The tile map: which pairs of tiles the device computes, and how much of each the mask allows.
import {html} from './html.js';
import {mask_shape} from './mask_shape.js';
import {whole} from './numbers.js';
import {definitions, needs, section, swatch} from './report.js';
import {hide_tip, show_tip} from './tip.js';

const kSide = 320, kMargin = 28, kMostTiles = 40;

/** Runs of one head's rows as tiles are drawn: {query, key, tiles, share, rows, keys}. */
function runs_of(tiles, head) {
  const size = tiles.tile_tokens;
  return tiles.runs.filter((run) => run.head === head).map((run) => {
    const rows = Math.min(size, tiles.query_rows - run.query_tile * size);
    const keys = Math.min(size, tiles.key_tokens - (run.key_tile + run.tiles - 1) * size);
    return {...run, rows, keys, share: run.pairs_allowed / (rows * (run.tiles > 1 ? size : keys))};
  });
}

/** Tiles by how full they are: [words, swatch class, number, pairs computed, allowed, cycles]. */
export function classes_of(tiles) {
  const names = ['full', 'half or more allowed', 'less than half allowed'];
  const classes = names.map((name) => ({name, tiles: 0, issued: 0, allowed: 0, cycles: 0}));
  const heads = tiles.heads_equal ? tiles.heads : 1;
  for (const head of new Set(tiles.runs.map((run) => run.head)))
    for (const run of runs_of(tiles, head)) {
      const one = classes[run.share >= 1 ? 0 : run.share >= 0.5 ? 1 : 2];
      one.tiles += heads * run.tiles;
      one.cycles += heads * run.tiles * run.score_cycles;
      one.allowed += heads * run.tiles * run.pairs_allowed;
      one.issued += heads * run.tiles * run.pairs_allowed / (run.share || 1);
      if (run.share === 0) one.issued += heads * run.tiles * run.rows * run.keys;
    }
  return classes;
}

export function tiles_section(report) {
  const tiles = report.at('tiles'), title = 'Tile map';
  if (tiles === null)
    return section('tiles', title, 'Which pairs of tiles are computed.',
      needs(html`The report has no <code>tiles</code>.`));
  if (tiles.reason) return section('tiles', title, html`No tile map: ${tiles.reason}.`, null);
  const classes = classes_of(tiles), computed = classes.reduce((sum, one) => sum + one.tiles, 0);
  const all = tiles.heads * tiles.query_tiles * tiles.key_tiles;
  const sparse = classes[2];
  const share = (x) => `${(100 * x).toFixed(1)} %`;
  const finding = html`Of ${whole(all)} tiles ${whole(computed)} are computed. ${sparse.tiles
    ? html`<b>${whole(sparse.tiles)} of them</b> are less than half allowed, ${
      share(sparse.allowed / sparse.issued)} of their pairs, and cost as much as full ones: ${
      whole(sparse.cycles)} cycles of the score stage.` : 'None of them is less than half allowed.'}`;
  const shown = tiles.heads_equal || tiles.heads === 1 ? [0] : [0, 1];
  const row = (one, kind) => html`<tr><td>${swatch(kind)}${one.name}</td><td class="number">${
    whole(one.tiles)}</td><td class="number">${one.tiles ? whole(one.cycles) : '–'}</td><td
    class="number">${one.tiles ? share(one.allowed / one.issued) : '–'}</td></tr>`;
  const table = html`<div><h3 class="label">${tiles.heads === 1 ? 'One head'
    : tiles.heads === 2 ? `Both ${tiles.unit_words}` : `All ${whole(tiles.heads)} ${tiles.unit_words}`}</h3><table><thead><tr><th>tiles</th><th
    class="number">number</th><th class="number">cycles</th><th class="number">allowed</th></tr></thead><tbody>${[
    row(classes[0], 'score'), row(classes[1], 'half'), row(classes[2], 'pale')]}<tr><td>${swatch('soft')
  }skipped</td><td class="number">${whole(all - computed)}</td><td class="number">–</td><td
    class="number">–</td></tr></tbody></table><p class="small">Strong: what the mask
    allows. Pale: computed and thrown away. Rows are query tiles, columns key tiles, ${
    whole(tiles.tile_tokens)} tokens each. Cycles are of the score stage.</p></div>`;
  return section('tiles', title, finding, html`<div class="maps ${shown.length === 1 ? 'one' : ''}">${
    shown.map((head) => html`<div><h3 class="label">${tiles.heads_equal && tiles.heads > 1
      ? `Each of the ${whole(tiles.heads)} ${tiles.unit_words}` : `Head ${head}`}</h3>${
      tile_map(report, head)}</div>`)}${table}</div>${definitions(report,
    ['derived.pairs_issued', 'derived.pairs_allowed', 'counters.score_busy'])}`);
}

/** One head: pale tiles, of which as much is dark as the mask allows, as near to scale as runs say. */
function tile_map(report, head) {
  const tiles = report.at('tiles');
  const across = tiles.key_tiles, down = tiles.query_tiles, unit = kSide / Math.max(across, down);
  const width = unit * across, height = unit * down, small = Math.max(across, down) <= kMostTiles;
  const runs = runs_of(tiles, head), gap = unit > 6 ? 1 : 0;
  const shape = small && mask_shape(report.at('problem'), tiles, runs, unit / tiles.tile_tokens);
  const x = (tile) => kMargin + tile * unit, y = (tile) => kMargin + tile * unit;
  const cells = runs.map((run) => {
    const words = `query tile ${run.query_tile} × key ${run.tiles > 1
      ? `tiles ${run.key_tile} to ${run.key_tile + run.tiles - 1}` : `tile ${run.key_tile}`}
${(100 * run.share).toFixed(1)} % allowed: ${whole(run.pairs_allowed)} pairs${run.tiles > 1 ? ' each' : ''}
${whole(run.score_cycles)} cycles of the score stage${run.tiles > 1 ? ' each' : ''}`;
    const box = (i, share) => {
      const side = Math.sqrt(Math.min(1, share)) * (unit - gap);
      return html`<rect x="${x(run.key_tile + i).toFixed(2)}" y="${y(run.query_tile).toFixed(2)}" width="${
        (unit - gap).toFixed(2)}" height="${(unit - gap).toFixed(2)}" fill="var(--pale)"/>${!shape && html`<rect x="${
        x(run.key_tile + i).toFixed(2)}" y="${y(run.query_tile).toFixed(2)}" width="${side.toFixed(2)}" height="${
        side.toFixed(2)}" fill="var(--score)"/>`}`;
    };
    const tile = (i, count) => html`<rect class="tile" x="${x(run.key_tile + i).toFixed(2)}" y="${
      y(run.query_tile).toFixed(2)}" width="${(unit * count).toFixed(2)}" height="${unit.toFixed(2)}" data-tip="${
      words}" data-row="${run.query_tile}" data-column="${run.key_tile + i}"/>`;
    if (small)
      return {below: Array.from({length: run.tiles}, (_, i) => box(i, run.share)),
        above: Array.from({length: run.tiles}, (_, i) => tile(i, 1))};
    return {below: html`<rect x="${x(run.key_tile).toFixed(2)}" y="${y(run.query_tile).toFixed(2)}" width="${
      (unit * run.tiles).toFixed(2)}" height="${unit.toFixed(2)}" fill="${run.share >= 1 ? 'var(--score)'
      : `color-mix(in srgb, var(--score) ${(100 * run.share).toFixed(0)}%, var(--pale))`}"/>`,
    above: tile(0, run.tiles)};
  });
  // Lines between tiles, so that the shape does not hide them.
  const lines = shape && Array.from({length: Math.max(across, down)}, (_, i) => html`<path d="M${x(i) - 0.5} ${
    kMargin}v${height}M${kMargin} ${y(i) - 0.5}h${width}" stroke="var(--paper)" stroke-opacity="0.35"/>`);
  const every = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((step) => Math.max(across, down) / step <= 12) || 1000;
  const numbers = (count, text) => Array.from({length: count}, (_, i) => (i % every ? null : text(i)));
  return html`<svg viewBox="0 0 ${(width + kMargin + 1).toFixed(1)} ${(height + kMargin + 1).toFixed(1)}"
    class="tile-map" ${small ? null : html`shape-rendering="crispEdges"`} data-head="${head}" tabindex="0" role="img" aria-label="Tile map of head ${head}: ${
    whole(runs.reduce((sum, run) => sum + run.tiles, 0))} of ${whole(across * down)} tiles computed">
    <rect x="${kMargin}" y="${kMargin}" width="${width}" height="${height}" fill="var(--soft)"/>${
    numbers(across, (i) => html`<text class="faint" x="${(x(i) + unit / 2).toFixed(1)}" y="${kMargin - 7}"
      text-anchor="middle">${i}</text>`)}${numbers(down, (i) => html`<text class="faint" x="${kMargin - 7}" y="${
      (y(i) + unit / 2 + 4).toFixed(1)}" text-anchor="end">${i}</text>`)}${cells.map(({below}) => below)}${
    shape && html`<path transform="translate(${kMargin} ${kMargin})" d="${shape}" fill="var(--score)"/>`}${lines}${
    cells.map(({above}) => above)}</svg>`;
}

/** Arrows walk over the tiles. */
export function listen_to_tiles() {
  for (const map of document.querySelectorAll('.tile-map')) {
    const tiles = [...map.querySelectorAll('.tile')];
    let row = Number(tiles[0]?.dataset.row), column = Number(tiles[0]?.dataset.column);
    map.onkeydown = (event) => {
      const step = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}[event.key];
      if (!step) return;
      event.preventDefault();
      const next = tiles.find((tile) => Number(tile.dataset.row) === row + step[0] &&
        Number(tile.dataset.column) === column + step[1]);
      if (!next) return;
      [row, column] = [row + step[0], column + step[1]];
      tiles.forEach((tile) => tile.classList.toggle('current', tile === next));
      const {right, bottom} = next.getBoundingClientRect();
      const [first, ...rest] = next.dataset.tip.split('\n');
      show_tip(html`<b>${first}</b>${rest.join('\n')}`, right, bottom);
      document.getElementById('live').textContent = next.dataset.tip;
    };
    map.onblur = () => {
      tiles.forEach((tile) => tile.classList.remove('current'));
      hide_tip();
    };
  }
}
