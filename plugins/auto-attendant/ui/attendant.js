import { connect } from "/plugin-ui/kit/1/bridge.js";
import * as editor from "./editor.js";
import { find } from "./elements.js";
import { fillIn, text } from "./texts.js";
import * as recordings from "./recordings.js";
import * as tracer from "./tracer.js";
import * as versions from "./versions.js";

const bridge = await connect();
const tabs = [...document.querySelectorAll("[role=tab]")];

/** Asks the plugin; what it answers, whatever its status. */
async function ask(path, request) {
  const answer = await bridge.fetch(path, request);
  if (!answer.ok && ![409, 422].includes(answer.status))
    throw new Error(await answer.text());
  return answer;
}

/** Does something and says so when it fails. */
const trying =
  (act) =>
  async (...given) => {
    given[0]?.preventDefault?.();
    try {
      await act(...given);
    } catch {
      bridge.toast(text(bridge, "failed"), "failed");
    }
  };

/** What the parts of the page share. */
const context = {
  bridge,
  ask,
  trying,
  say: (key, values) => text(bridge, key, values),
  /** The version that callers are led by, and what is offered in fields. */
  number: 0,
  published: "",
  schedules: [],
  prompts: [],
  /** The text in the editor. */
  draft: () => editor.written(),
  /** The plugin has told of a newly published plan. */
  take,
};

fillIn(bridge);
editor.begin(context);
recordings.begin(context);
tracer.begin(context);
versions.begin(context);
tabs.forEach((tab, place) => {
  tab.addEventListener("click", () => show(tab));
  tab.addEventListener("keydown", (event) => {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!move) return;
    const next = tabs[(place + move + tabs.length) % tabs.length];
    show(next);
    next.focus();
  });
});
bridge.addEventListener("language", () => {
  editor.draw();
  versions.load();
  recordings.load();
});
find("retry").addEventListener("click", load);
show(tabs[0]);
await load();

async function load() {
  try {
    take(await (await ask("/plan")).json(), true);
    find("unread").hidden = true;
    find("all").hidden = false;
    await Promise.all([versions.load(), recordings.load()]);
  } catch {
    find("unread").hidden = false;
  }
}

function take(view, first = false) {
  context.number = view.number;
  context.published = view.text;
  context.schedules = view.schedules;
  context.prompts = view.prompts;
  editor.take(view.draft ?? { text: view.text, based_on: view.number }, first);
  if (!first) versions.load();
}

function show(chosen) {
  for (const tab of tabs) {
    const on = tab === chosen;
    tab.setAttribute("aria-selected", String(on));
    tab.tabIndex = on ? 0 : -1;
    find(tab.getAttribute("aria-controls")).hidden = !on;
  }
}
