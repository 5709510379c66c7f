// The tree of reports with its search, and what has been saved.

import { button, find, make } from "./elements.js";
import { text } from "./texts.js";

let context;
let saved = [];
let current;
/** Groups that have been opened. */
const opened = new Set();

export function begin(given) {
  context = given;
  find("search").addEventListener("input", draw);
  find("open-schedules").addEventListener("click", () =>
    context.open({ schedules: true }),
  );
}

/** Asks for what has been saved, and draws everything. */
export async function reload() {
  saved = await context.ask("/saved");
  draw();
}

/** The report that is shown. */
export function mark(id) {
  current = id;
  const group = context.list.reports.find((report) => report.id === id)?.group;
  if (group) opened.add(group);
  draw();
}

/** Letters without accents, so that “resume” finds “résumé”. */
const plain = (words) =>
  words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function draw() {
  const { bridge, list } = context;
  const wanted = plain(find("search").value).split(/\s+/);
  const fits = (report, group) =>
    wanted.every((word) =>
      plain(`${report.number} ${report.title} ${group.title}`).includes(word),
    );
  const groups = list.groups
    .map((group) => ({
      ...group,
      reports: list.reports.filter(
        (report) => report.group === group.id && fits(report, group),
      ),
    }))
    .filter((group) => group.reports.length > 0);
  const count = groups.reduce((sum, group) => sum + group.reports.length, 0);
  find("found").textContent = text(bridge, "found", { count });
  const searching = wanted.some((word) => word);
  const nav = find("groups");
  const focus = nav.contains(document.activeElement)
    ? document.activeElement.dataset.id
    : undefined;
  nav.replaceChildren();
  if (saved.length > 0 && !searching) {
    nav.append(
      folder("saved", text(bridge, "saved"), saved.map(savedRow), true),
    );
  }
  for (const group of groups) {
    nav.append(
      folder(
        group.id,
        group.title,
        group.reports.map(row),
        searching || opened.has(group.id),
      ),
    );
  }
  if (focus) nav.querySelector(`[data-id="${CSS.escape(focus)}"]`)?.focus();
}

function folder(id, title, rows, open) {
  const made = make(
    "details",
    "",
    make("summary", "", title),
    make("ul", "", ...rows),
  );
  made.open = open;
  made.querySelector("summary").dataset.id = `group ${id}`;
  made.addEventListener("toggle", () => {
    if (made.open) opened.add(id);
    else opened.delete(id);
  });
  return made;
}

function opener(label, id, open, shown) {
  const made = make("button", "", label);
  made.type = "button";
  made.dataset.id = id;
  if (shown) made.setAttribute("aria-current", "page");
  made.addEventListener("click", open);
  return made;
}

function row(report) {
  const open = () => context.open({ report: report.id });
  return make(
    "li",
    "",
    opener(report.title, report.id, open, report.id === current),
  );
}

function savedRow(one) {
  const { bridge, trying, ask } = context;
  const open = () => context.open({ report: one.report, wanted: one.wanted });
  const named = { name: one.name };
  const forget = trying(async () => {
    const sure = await bridge.confirm({
      title: text(bridge, "forget_title", named),
      text: text(bridge, "forget_text"),
      act: text(bridge, "forget"),
    });
    if (!sure) return;
    await ask(`/saved/${one.id}`, { method: "DELETE" });
    await reload();
    find("search").focus();
  });
  return make(
    "li",
    "",
    opener(one.name, `saved ${one.id}`, open, false),
    button(text(bridge, "forget"), "small quiet danger", forget, one.name),
  );
}
