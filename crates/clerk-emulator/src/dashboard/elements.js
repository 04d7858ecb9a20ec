// Builds the elements of the dashboard.
//
// All data from the server is untrusted. Values of any type are inserted as text only, and invisible characters, which
// could disguise the text, are escaped.

const CELL = 200; // the maximum number of characters in a cell; longer text would be slow, and the layout cuts it off

// --- Values of any type ---

export const isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
export const record = (value) => (isRecord(value) ? value : {});
export const records = (value) => (Array.isArray(value) ? value.filter(isRecord) : []);
export const texts = (value) => (Array.isArray(value) ? value.map(plain) : []);
export const bytes = (value) => new TextEncoder().encode(value).length;

// Invisible characters and those that change the direction of the text, except for line feeds and tabs, which the
// layout handles, and joiners, which are part of letters and emoji.
const INVISIBLE = /(?![\t\n\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

export function escapeInvisible(text) {
  return text.replace(INVISIBLE, (found) => {
    const number = found.codePointAt(0);
    if (number < 0x20) return String.fromCharCode(0x2400 + number); // the symbol for the control character
    return `⟨U+${number.toString(16).toUpperCase().padStart(4, "0")}⟩`;
  });
}

export function plain(value) {
  if (value === null || value === undefined) return "";
  return escapeInvisible(typeof value === "string" ? value : JSON.stringify(value));
}

export const short = (value) => {
  const text = plain(typeof value === "string" ? value.slice(0, CELL) : value);
  return text.length > CELL ? `${text.slice(0, CELL)}…` : text;
};

// --- Elements ---

export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const bdi = (value) => make("bdi", {}, plain(value));
export const code = (value) => make("bdi", { class: "mono" }, plain(value));
export const muted = (...children) => make("span", { class: "muted" }, ...children);
export const chip = (kind, value) => make("span", { class: `chip ${kind}` }, make("bdi", {}, short(value)));
export const or = (value, otherwise) => ((value ?? "") === "" ? muted(otherwise) : bdi(value));

export function facts(pairs) {
  const given = pairs.filter(([, value]) => value);
  const lines = given.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]);
  return make("dl", { class: "facts" }, lines);
}

// Sets the text of an element if it differs, so that it does not flicker and screen readers do not repeat it.
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function copyButton(name, text) {
  const marks = { type: "button", class: "small", "aria-label": `Copy ${name}`, "data-focus": `copy ${name}` };
  const button = make("button", marks, "Copy");
  button.addEventListener("click", async () => {
    const copied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
    write(button, copied ? "Copied" : "Copy failed");
    setTimeout(() => write(button, "Copy"), 1500);
  });
  return button;
}

export const drawn = new WeakMap(); // element → the JSON that it was drawn from

const hasKey = (element) => element.dataset.key !== undefined;

// Updates the keyed children of an element to match the items. A child whose item is unchanged is not touched, so it
// keeps its focus, selection and scroll position.
export function reconcile(parent, items, keyOf, draw) {
  const focused = parent.contains(document.activeElement) && document.activeElement.closest("[data-key]")?.dataset.key;
  const keyed = [...parent.children].filter(hasKey);
  const old = new Map(keyed.map((child) => [child.dataset.key, child]));
  const children = new Map();
  for (const item of items) {
    let key = keyOf(item);
    while (children.has(key)) key += "′";
    const json = JSON.stringify(item);
    let child = old.get(key);
    if (!child || drawn.get(child) !== json) {
      child = draw(item);
      child.dataset.key = key;
      drawn.set(child, json);
    }
    children.set(key, child);
  }
  for (const [key, child] of old) {
    if (!children.has(key)) child.remove();
    else if (children.get(key) !== child) child.replaceWith(children.get(key));
  }
  let next = [...parent.children].find(hasKey) ?? null;
  for (const child of children.values()) {
    if (child === next) next = next.nextElementSibling;
    else parent.insertBefore(child, next);
  }
  if (focused && !parent.contains(document.activeElement)) children.get(focused)?.querySelector("a, button")?.focus();
}

// Replaces the children, and preserves open `details` and the focus. The browser preserves the scroll position.
export function replacePreservingState(parent, children) {
  const open = new Map([...parent.querySelectorAll("details")].map((each) => [each.dataset.focus, each.open]));
  const active = parent.contains(document.activeElement) && document.activeElement.closest("[data-focus]");
  const focused = active?.dataset?.focus;
  parent.replaceChildren(...children);
  for (const each of parent.querySelectorAll("details")) each.open = open.get(each.dataset.focus) ?? each.open;
  const again = focused && [...parent.querySelectorAll("[data-focus]")].find((each) => each.dataset.focus === focused);
  if (again) (again.querySelector(":scope > summary") ?? again).focus({ preventScroll: true });
}

// --- Time ---

let now = Date.now(); // the time of the emulator's clock

export const asDate = (at) => (typeof at === "number" && Math.abs(at) <= 8.64e15 ? new Date(at) : null);
const pad = (number, width = 2) => String(number).padStart(width, "0");
export const day = (date) => `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
export const clock = (date) => `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;

const UNITS = [["y", 31_557_600], ["mo", 2_629_800], ["d", 86_400], ["h", 3600], ["min", 60], ["s", 1]];

export function span(milliseconds) {
  const seconds = Math.round(Math.abs(milliseconds) / 1000);
  const [unit, length] = UNITS.find((entry) => seconds >= entry[1]) ?? ["s", 1];
  return `${Math.floor(seconds / length)} ${unit}`;
}

function ago(at) {
  const passed = now - at;
  if (Math.abs(passed) < 5000) return "just now";
  return passed > 0 ? `${span(passed)} ago` : `in ${span(passed)}`;
}

export function time(at, text) {
  const date = asDate(at);
  if (!date || at === 0) return at === 0 ? muted("—") : or(at, "—"); // the emulator sends 0 for an unknown time
  const title = `${day(date)} ${clock(date)} local time\n${date.toISOString()}\n${at}`;
  return make("time", { datetime: date.toISOString(), title, "data-ago": text ? null : at }, text?.(date) ?? ago(at));
}

export function moment(at) {
  const whole = time(at, (date) => `${day(date)} ${clock(date)}`);
  return asDate(at) && at !== 0 ? [whole, muted(" · ", time(at))] : whole;
}

// Sets the time of the emulator's clock, and updates the relative times.
export function setClock(at) {
  now = asDate(at)?.getTime() ?? Date.now();
  for (const element of document.querySelectorAll("time[data-ago]")) write(element, ago(Number(element.dataset.ago)));
  return new Date(now);
}
