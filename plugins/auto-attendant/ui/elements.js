// Small pieces of the page.

export const find = (id) => document.getElementById(id);

/** An element with what is in it. */
export function made(tag, kind, ...content) {
  const element = document.createElement(tag);
  if (kind) element.className = kind;
  element.append(...content);
  return element;
}

/** A small button; those who only hear it are told to what it does it. */
export function button(words, about, act, kind = "") {
  const element = made("button", `button small ${kind}`, words);
  element.type = "button";
  if (about) element.append(made("span", "hidden-text", `: ${about}`));
  element.addEventListener("click", act);
  return element;
}

let fields = 0;

/** A control with its label. */
export function labelled(words, control, bare = false) {
  control.id ||= `field-${(fields += 1)}`;
  const label = made("label", bare ? "hidden-text" : "", words);
  label.htmlFor = control.id;
  return made("div", "field", label, control);
}

/** A list to choose from: pairs of value and words. */
export function choice(options, value) {
  const select = made("select", "");
  for (const [known, words] of options) {
    const option = made("option", "", words);
    option.value = known;
    select.append(option);
  }
  // A value that is not among them is shown all the same.
  if (!options.some(([known]) => known === value)) {
    const option = made("option", "", value);
    option.value = value;
    select.append(option);
  }
  select.value = value;
  return select;
}

/** A moment as the bridge's language writes it. */
export const moment = (bridge, at) =>
  new Intl.DateTimeFormat(bridge.language, {
    dateStyle: "medium",
    timeStyle: "short",
  }).format(at);
