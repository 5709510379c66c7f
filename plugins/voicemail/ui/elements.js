// Small pieces of the page.

import { text } from "./texts.js";

export const find = (id) => document.getElementById(id);

/** A state in a word. */
export function badge(content, tone) {
  const made = document.createElement("span");
  made.className = `badge ${tone}`;
  made.textContent = content;
  return made;
}

/** A small button of a row. Eyes see what it does; those who only hear it are told to what. */
export function button(bridge, key, named, kind = "") {
  const made = document.createElement("button");
  made.type = "button";
  made.className = `button small ${kind}`;
  made.dataset.act = key;
  const about = document.createElement("span");
  about.className = "hidden-text";
  about.textContent = `: ${named.who}`;
  made.append(text(bridge, key), about);
  return made;
}
