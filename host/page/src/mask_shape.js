// SPDX-License-Identifier: MIT
// The shape of simple masks, to be drawn to scale. It is only believed where it has exactly the
// pairs that the report has of every tile; otherwise the map shows shares.

/** [first key, first key behind, keys at the start] of a query; null if the mask is another. */
function rule_of(problem) {
  const {causal, window, sinks, prefix, ...others} = problem.mask_terms || {};
  if (!problem.mask_terms || problem.stacked || Object.values(others).some((term) => term !== null)) return null;
  const keys = problem.key_tokens;
  const diagonal = problem.align === 'end' ? keys - problem.query_tokens : 0;
  return (query) => {
    const at = query + diagonal;
    const last = causal ? Math.min(keys, Math.max(0, at + 1)) : window === null ? keys
      : Math.min(keys, Math.max(0, at + window));
    const first = window === null ? 0 : Math.min(last, Math.max(0, at - window + 1));
    return [first, last, Math.max(Math.min(sinks || 0, last), Math.min(prefix || 0, keys))];
  };
}

/** Does the rule allow as many pairs of each tile as the report says? */
function agrees(rule, tiles, runs) {
  const size = tiles.tile_tokens;
  const said = new Map(runs.flatMap((run) => Array.from({length: run.tiles}, (_, i) =>
    [`${run.query_tile},${run.key_tile + i}`, run.pairs_allowed])));
  for (let q = 0; q < tiles.query_tiles; ++q) {
    const pairs = new Array(tiles.key_tiles).fill(0);
    for (let row = q * size; row < Math.min(tiles.query_rows, (q + 1) * size); ++row) {
      const [first, last, start] = rule(row);
      for (let k = 0; k < tiles.key_tiles; ++k) {
        const a = k * size, b = Math.min(tiles.key_tokens, a + size);
        const early = Math.max(0, Math.min(b, start) - a);
        pairs[k] += early + Math.max(0, Math.min(b, last) - Math.max(a, first, start));
      }
    }
    if (pairs.some((n, k) => n !== (said.get(`${q},${k}`) || 0))) return false;
  }
  return true;
}

/** An SVG path of what the mask allows, `scale` to a token; null if it is not known. */
export function mask_shape(problem, tiles, runs, scale) {
  const rule = rule_of(problem);
  if (rule === null || !agrees(rule, tiles, runs)) return null;
  const step = Math.max(1, Math.floor(tiles.query_rows / 512)), rows = [];
  for (let row = 0; row < tiles.query_rows; row += step) rows.push(row);
  const point = (key, row) => `${(key * scale).toFixed(2)} ${(row * scale).toFixed(2)}`;
  const area = (from, to) => {
    const down = rows.flatMap((row) => [point(to(row), row), point(to(row), Math.min(row + step, tiles.query_rows))]);
    const up = rows.flatMap((row) => [point(from(row), row), point(from(row), Math.min(row + step, tiles.query_rows))]);
    return `M${down.join('L')}L${up.reverse().join('L')}Z`;
  };
  return area((row) => rule(row)[0], (row) => rule(row)[1]) + area(() => 0, (row) => rule(row)[2]);
}
