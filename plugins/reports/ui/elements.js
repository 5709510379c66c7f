// Small pieces of the page.

export const find = (id) => document.getElementById(id);

/** An element with a class and text or children. */
export function make(tag, kind = "", ...content) {
  const made = document.createElement(tag);
  if (kind) made.className = kind;
  made.append(...content);
  return made;
}

/** A button that does something; what only hears it is told more. */
export function button(label, kind, act, more = "") {
  const made = make("button", `button ${kind}`, label);
  made.type = "button";
  if (more) made.append(make("span", "hidden-text", `: ${more}`));
  made.addEventListener("click", act);
  return made;
}

/** Fills a select with values and what they are called; the chosen one stays chosen. */
export function options(select, pairs, chosen = select.value) {
  select.replaceChildren(
    ...pairs.map(([value, label]) => new Option(label, value)),
  );
  if (pairs.some(([value]) => value === chosen)) select.value = chosen;
}
