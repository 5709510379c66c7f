// Small pieces of the page.

import { text } from "./texts.js";

export const find = (id) => document.getElementById(id);

/** An element with a class and what is in it. */
export function made(tag, className, ...content) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content.filter((each) => each !== undefined));
  return element;
}

/** A state in a word. */
export const badge = (content, tone = "") =>
  made("span", `badge ${tone}`, content);

/** A button; `about` is told to those who only hear it. */
export function button(bridge, key, about, run, kind = "") {
  const it = made("button", `button small ${kind}`, text(bridge, key));
  it.type = "button";
  it.dataset.act = `${key}/${about ?? ""}`;
  if (about) it.append(made("span", "hidden-text", `: ${about}`));
  it.addEventListener("click", run);
  return it;
}

/** How long ago that was; counted on by `tick`. */
export function since(at) {
  const it = made("span", "num");
  it.dataset.since = at;
  tick([it]);
  return it;
}

/** Milliseconds as people read them on a clock. */
export function clock(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [
    Math.floor(seconds / 3600),
    Math.floor((seconds % 3600) / 60),
    seconds % 60,
  ];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** The house's clock and ours may differ. */
let ahead = 0;
export const setClock = (now) => (ahead = now - Date.now());
export const now = () => Date.now() + ahead;

/** Lets times go on. */
export function tick(these = document.querySelectorAll("[data-since]")) {
  for (const it of these) {
    const ms = now() - Number(it.dataset.since);
    // Until then, or since then.
    it.textContent = ms < 0 ? `−${clock(-ms)}` : clock(ms);
  }
}

/**
 * Draws into a place when what it shows has changed; the focus stays on what does the same as before. While something is
 * being filled in there, nothing moves.
 */
export function draw(place, shown, make) {
  const drawn = JSON.stringify(shown);
  if (place.dataset.drawn === drawn) return;
  if (place.querySelector("details[open]")) return;
  place.dataset.drawn = drawn;
  const focus = place.contains(document.activeElement)
    ? document.activeElement.dataset.act
    : undefined;
  place.replaceChildren(...make());
  if (!focus) return;
  const again = [...place.querySelectorAll("[data-act]")];
  (again.find((each) => each.dataset.act === focus) ?? again[0])?.focus();
}
