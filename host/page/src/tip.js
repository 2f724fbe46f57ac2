// SPDX-License-Identifier: MIT
// What is told of whatever the pointer or the focus is on.
import {html} from './html.js';
import {exact} from './numbers.js';

let tip = null;

function place_at(x, y) {
  const {width, height} = tip.getBoundingClientRect();
  const left = x + 14 + width > innerWidth - 8 ? x - width - 12 : x + 14;
  const top = y + 16 + height > innerHeight - 8 ? y - height - 12 : y + 16;
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${Math.max(8, top)}px`;
}

export function show_tip(content, x, y) {
  tip.innerHTML = content.toString();
  tip.classList.add('shown');
  place_at(x, y);
}
export const hide_tip = () => tip.classList.remove('shown');

/** `report()` is the report on show. */
export function start_tips(report) {
  tip = document.createElement('div');
  tip.className = 'tip';
  tip.setAttribute('role', 'tooltip');
  document.body.append(tip);
  const words = (element) => {
    const {key, tip: text} = element.dataset;
    if (text !== undefined) {
      const [first, ...rest] = text.split('\n');
      return html`<b>${first}</b>${rest.join('\n')}`;
    }
    const {value, unit, meaning} = report().figure(key);
    return html`<b>${exact(value)}${unit && ` ${unit}`}</b>${meaning}<code>${key}</code>`;
  };
  const told = (target) => target.closest && target.closest('[data-key], [data-tip]');
  addEventListener('pointermove', (event) => {
    const element = told(event.target);
    if (element) show_tip(words(element), event.clientX, event.clientY);
    else if (!event.target.closest || !event.target.closest('#time')) hide_tip();
  }, {passive: true});
  document.addEventListener('focusin', (event) => {
    const element = told(event.target);
    if (!element || !element.matches(':focus-visible')) return hide_tip();
    const {left, bottom} = element.getBoundingClientRect();
    return show_tip(words(element), left, bottom - 8);
  });
  addEventListener('scroll', hide_tip, {passive: true});
  addEventListener('keydown', (event) => event.key === 'Escape' && hide_tip());
}
