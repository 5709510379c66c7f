// Small pieces of the page.

import { text } from "./texts.js";

export const find = (id) => document.getElementById(id);

/** An element with what is in it. */
export function made(tag, kind, ...content) {
  const element = document.createElement(tag);
  element.className = kind;
  element.append(...content);
  return element;
}

/** A state in a word. */
export const badge = (content, tone = "") =>
  made("span", `badge ${tone}`, content);

/** A small button of a row. Eyes see what it does; those who only hear it are told to what. */
export function button(bridge, key, who, act, kind = "") {
  const element = made("button", `button small ${kind}`, text(bridge, key));
  element.type = "button";
  element.append(made("span", "hidden-text", `: ${who}`));
  element.addEventListener("click", act);
  return element;
}

/** A moment as the bridge's language writes it. */
export const moment = (bridge, at) =>
  new Intl.DateTimeFormat(bridge.language, {
    dateStyle: "medium",
    timeStyle: "short",
  }).format(at);

/** Gives a PDF that the plugin answers to whoever looks, as a file. */
export async function download(bridge, path, name) {
  const answer = await bridge.fetch(path);
  if (!answer.ok) throw new Error(await answer.text());
  const url = URL.createObjectURL(await answer.blob());
  const link = made("a", "");
  [link.href, link.download] = [url, name];
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
