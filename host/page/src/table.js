// SPDX-License-Identifier: MIT
// Tables that sort by a click on a heading.
import {html} from './html.js';

/** `heads`: [words, is a number?]; `rows`: lines of HTML whose cells may have `data-sort`. */
export const sortable = (id, heads, rows) => html`<div class="scroll"><table id="${id}" class="sortable"><thead><tr>${
  heads.map(([name, right]) => html`<th class="${right ? 'number' : ''}"><button type="button">${name}</button></th>`)
}</tr></thead><tbody>${rows}</tbody></table></div>`;

function sort_by(table, head) {
  const up = head.getAttribute('aria-sort') !== 'ascending', body = table.tBodies[0];
  for (const th of table.querySelectorAll('th')) th.removeAttribute('aria-sort');
  head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
  const key = (row) => {
    const cell = row.cells[head.cellIndex];
    return cell === undefined ? Infinity : cell.dataset.sort === undefined ? cell.textContent : Number(cell.dataset.sort);
  };
  const sorted = [...body.rows].sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    return (x < y ? -1 : x > y ? 1 : 0) * (up ? 1 : -1);
  });
  body.append(...sorted);
}

export function listen_to_tables() {
  for (const table of document.querySelectorAll('table.sortable'))
    for (const button of table.querySelectorAll('th button'))
      button.onclick = () => sort_by(table, button.closest('th'));
}
