// Making elements, tabs and dividers.

/** An element: `h('button.quiet', {type: 'button', onclick}, 'Text', child)`. */
export function h(what, properties = {}, ...children) {
  const [tag, ...classes] = what.split('.');
  const element = document.createElement(tag || 'div');
  if (classes.length) element.className = classes.join(' ');
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name in element && typeof value !== 'string') element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((it) => it !== null && it !== undefined && it !== ''));
  return element;
}

export function at(id) {
  return document.getElementById(id);
}

/** Puts a text on the clipboard; pages that came without TLS have only the old way. */
export async function copy(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = h('textarea', { readOnly: true });
  area.value = text;
  area.style.position = 'fixed';
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

/** Tabs as the ARIA practices have them: arrows move, the panel follows. */
export function tabs(list, onChange = () => {}) {
  const all = [...list.querySelectorAll('[role=tab]')];
  const select = (tab, focus) => {
    for (const it of all) {
      const chosen = it === tab;
      it.setAttribute('aria-selected', String(chosen));
      it.tabIndex = chosen ? 0 : -1;
      at(it.getAttribute('aria-controls')).hidden = !chosen;
    }
    if (focus) tab.focus();
    onChange(tab.getAttribute('aria-controls'));
  };
  for (const tab of all) {
    tab.addEventListener('click', () => select(tab, false));
    tab.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      select(all[(all.indexOf(tab) + step + all.length) % all.length], true);
    });
  }
  return (panel) => select(all.find((it) => it.getAttribute('aria-controls') === panel), false);
}

/** A divider that pointer and arrow keys move; it sets one length of the layout. */
export function divider(element, store) {
  const name = element.dataset.resizes;
  const root = document.documentElement;
  const [area, size, sign] = {
    side: [at('side'), 'width', 1],
    right: [at('right'), 'width', -1],
    lower: [element.nextElementSibling, 'height', -1],
  }[name];
  const set = (value) => {
    const most = (size === 'width' ? innerWidth : innerHeight) * 0.7;
    const length = Math.round(Math.min(Math.max(value, 80), most));
    root.style.setProperty(`--${name}`, `${length}px`);
    element.setAttribute('aria-valuenow', String(length));
    store.set(`size-${name}`, length);
  };
  const kept = store.get(`size-${name}`);
  if (kept) set(kept);
  else element.setAttribute('aria-valuenow', String(Math.round(area.getBoundingClientRect()[size])));
  element.addEventListener('pointerdown', (down) => {
    const from = area.getBoundingClientRect()[size];
    const start = size === 'width' ? down.clientX : down.clientY;
    element.setPointerCapture(down.pointerId);
    element.classList.add('dragging');
    element.onpointermove = (move) => set(from + sign * ((size === 'width' ? move.clientX : move.clientY) - start));
    element.onpointerup = element.onpointercancel = () => {
      element.onpointermove = null;
      element.classList.remove('dragging');
    };
  });
  element.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    set(area.getBoundingClientRect()[size] + sign * step * 24);
  });
}

/** Values kept by the browser, JSON each; silent where it keeps nothing. */
export function store(kind, prefix) {
  let storage = null;
  try {
    storage = globalThis[kind];
  } catch {
    // a browser that keeps nothing
  }
  return {
    get(name) {
      try {
        return JSON.parse(storage?.getItem(prefix + name) ?? 'null');
      } catch {
        return null;
      }
    },
    set(name, value) {
      try {
        storage?.setItem(prefix + name, JSON.stringify(value));
      } catch {
        // full
      }
    },
  };
}
