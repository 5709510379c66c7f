// One report: what is wanted of it, its figures, and where they lead.

import * as chart from "./chart.js";
import { button, find, make, options } from "./elements.js";
import * as explorer from "./explorer.js";
import { text } from "./texts.js";

const FORMATS = ["csv", "xlsx", "pdf", "html", "json"];
const INTERVALS = ["quarter-hour", "half-hour", "hour", "day", "week", "month"];
const CHOICES = ["queue", "agent"];
const CUSTOM = "custom";

let context;
let place = {};
let report;
let offset = 0;
/** Rises with every question: an answer that comes late is not shown. */
let turn = 0;

export function begin(given) {
  context = given;
  const { trying } = given;
  find("parameters").addEventListener("change", changed);
  find("parameters").addEventListener("submit", (event) =>
    event.preventDefault(),
  );
  find("previous").addEventListener("click", () => page(-1));
  find("next").addEventListener("click", () => page(1));
  find("save-form").addEventListener("submit", trying(save));
  find("schedule-this").addEventListener("click", () =>
    context.open({
      schedules: true,
      report: place.report,
      title: report?.title,
      wanted: place.wanted ?? {},
    }),
  );
}

/** Shows the report that a place names. */
export async function show(given) {
  const followed = find("table").contains(document.activeElement);
  place = given;
  offset = 0;
  parameters();
  await load();
  // Whoever has followed a number goes on reading where it led.
  if (followed) find("title").focus();
}

const wanted = () => place.wanted ?? {};

/** The form as the place has it. */
function parameters() {
  const { bridge, list, choices } = context;
  const { period, from, interval, by_end, filters = {} } = wanted();
  const listed = list.reports.find((one) => one.id === place.report);
  options(
    find("period"),
    [
      ...list.periods.map((name) => [name, text(bridge, `p_${name}`)]),
      [CUSTOM, text(bridge, "custom")],
    ],
    from ? CUSTOM : (period ?? "last-7-days"),
  );
  const custom = Boolean(from);
  find("from-field").hidden = find("to-field").hidden = !custom;
  find("from").value = from ?? "";
  find("to").value = wanted().to ?? "";
  find("interval-field").hidden = !listed?.interval;
  options(
    find("interval"),
    INTERVALS.map((name) => [name, text(bridge, `i_${name}`)]),
    interval ?? "day",
  );
  for (const field of CHOICES) {
    const known = choices[field];
    find(`${field}-field`).hidden = known.length === 0;
    options(
      find(field),
      [["", text(bridge, "any")], ...known.map((name) => [name, name])],
      typeof filters[field] === "string" ? filters[field] : "",
    );
  }
  find("by-end-field").hidden = !listed;
  find("by-end").checked = Boolean(by_end);
}

/** Somebody has changed the form. */
function changed(event) {
  const next = { ...wanted() };
  const filters = { ...next.filters };
  const period = find("period").value;
  if (event.target.id === "period") {
    delete next.from;
    delete next.to;
    delete filters.interval;
    if (period === CUSTOM) {
      next.from = next.to = context.list.today;
      delete next.period;
    } else next.period = period;
  } else if (["from", "to"].includes(event.target.id)) {
    next.from = find("from").value || context.list.today;
    next.to = find("to").value || next.from;
    if (next.to < next.from) next.to = next.from;
  } else if (event.target.id === "interval") {
    next.interval = find("interval").value;
  } else if (event.target.id === "by-end") {
    next.by_end = find("by-end").checked;
  } else {
    const { id, value } = event.target;
    if (value) filters[id] = value;
    else delete filters[id];
  }
  next.filters = filters;
  context.open({ ...place, wanted: next });
}

const query = () => `wanted=${encodeURIComponent(JSON.stringify(wanted()))}`;

async function load() {
  const mine = ++turn;
  const { bridge } = context;
  find("problem").hidden = true;
  find("busy").hidden = false;
  try {
    const answer = await bridge.fetch(
      `/reports/${place.report}?${query()}&offset=${offset}`,
    );
    if (mine !== turn) return;
    find("busy").hidden = true;
    if (!answer.ok) throw new Error(await answer.text());
    report = await answer.json();
    draw();
  } catch (error) {
    if (mine !== turn) return;
    find("busy").hidden = true;
    find("problem").hidden = false;
    find("problem").textContent = error.message;
  }
}

async function page(step) {
  offset = Math.max(0, offset + step * 100);
  await load();
  find("scroll").focus();
}

function draw() {
  const { bridge } = context;
  const { title, rows, columns } = report;
  find("title").textContent = title;
  find("about").textContent = `${report.period} · ${report.zone}`;
  if (!find("interval-field").hidden) find("interval").value = report.interval;
  // A report may have a period of its own.
  if (report.named) find("period").value = report.named;
  find("empty").hidden = rows.length > 0;
  find("scroll").hidden = rows.length === 0;
  find("scroll").setAttribute("aria-label", text(bridge, "table", { title }));
  find("figure").hidden = !chart.draw(
    find("figure"),
    report,
    text(bridge, "chart", { title }),
  );
  table();
  chips();
  find("pages").hidden = offset === 0 && !report.more;
  find("previous").disabled = offset === 0;
  find("next").disabled = !report.more;
  find("place").textContent = text(bridge, "place", {
    from: offset + 1,
    to: offset + rows.length,
  });
  find("formulas").replaceChildren(
    ...columns.flatMap((column) => [
      make("dt", "", column.label),
      make("dd", "", column.definition),
    ]),
  );
  files();
}

/** Whether what is in a column stands in figures below each other. */
const numeric = ({ name, unit }) =>
  ["count", "number", "percent", "duration"].includes(unit) &&
  !["weekday", "hour"].includes(name);

function table() {
  const { bridge } = context;
  const { columns, rows, total, drill } = report;
  const leads =
    drill && (!report.list || columns.some(({ name }) => name === "call"));
  const head = make("tr");
  if (leads)
    head.append(
      make("th", "", make("span", "hidden-text", text(bridge, "show"))),
    );
  for (const column of columns) {
    const cell = make("th", numeric(column) ? "num" : "", heading(column));
    cell.scope = "col";
    cell.title = column.definition;
    head.append(cell);
  }
  const line = (row, name) => {
    const made = make("tr");
    if (leads) {
      const to = target(row);
      const open = () => context.open(to);
      const way = to
        ? button(text(bridge, "show"), "small quiet", open, name)
        : "";
      made.append(make("td", "", way));
    }
    row.texts.forEach((shown, at) =>
      made.append(make("td", numeric(columns[at]) ? "num" : "", shown)),
    );
    return made;
  };
  const named = (row) => {
    const words = row.texts.filter((_, at) => !columns[at].measure);
    return text(bridge, "show_of", { row: words.slice(0, 3).join(", ") });
  };
  const made = [
    make("thead", "", head),
    make("tbody", "", ...rows.map((row) => line(row, named(row)))),
  ];
  if (total)
    made.push(make("tfoot", "", line(total, text(bridge, "show_all"))));
  find("table").replaceChildren(...made);
}

const heading = ({ label, unit }) =>
  unit === "percent" ? `${label} (%)` : label;

/** Where a row leads: a list's row to its call, a figure's row to the rows that it counts. */
function target(row) {
  const { columns, drill, list } = report;
  if (list) {
    const at = columns.findIndex(({ name }) => name === "call");
    const call = row.values[at];
    if (!call) return undefined;
    return {
      report: drill,
      wanted: { ...period(), filters: { call } },
    };
  }
  const filters = { ...wanted().filters };
  const words = { ...place.words };
  if (row !== report.total) {
    columns.forEach((column, at) => {
      if (column.measure) return;
      filters[column.name] = row.values[at];
      words[column.name] = [column.label, row.texts[at]];
    });
  }
  return {
    report: drill,
    words,
    wanted: {
      ...period(),
      interval: report.interval,
      by_end: wanted().by_end,
      filters,
      via: report.id,
    },
  };
}

/** The period that is shown now, also where the report has one of its own. */
function period() {
  const { from, to } = wanted();
  return from ? { from, to } : { period: report.named };
}

/** The conditions that the form has no field for; each can be taken away. */
function chips() {
  const { bridge } = context;
  const filters = wanted().filters ?? {};
  const inForm = (field) =>
    CHOICES.includes(field) && find(field).value === filters[field];
  const extra = Object.keys(filters).filter((field) => !inForm(field));
  find("chips").hidden = extra.length === 0;
  find("chips").replaceChildren(
    ...extra.map((field) => {
      const [label, word] = place.words?.[field] ?? [
        report.columns.find(({ name }) => name === field)?.label ?? field,
        filters[field],
      ];
      const value = word || text(bridge, "nothing");
      const shown = text(bridge, "condition", { field: label, value });
      const remove = () => {
        const rest = { ...filters };
        delete rest[field];
        context.open({ ...place, wanted: { ...wanted(), filters: rest } });
        find("title").focus();
      };
      return make(
        "li",
        "row",
        make("span", "badge accent", shown),
        button(text(bridge, "remove"), "small quiet", remove, shown),
      );
    }),
  );
}

function files() {
  const { bridge, trying } = context;
  const label = make("span", "muted", text(bridge, "download"));
  const buttons = FORMATS.map((format) =>
    button(
      format.toUpperCase(),
      "small",
      trying(() =>
        bridge.download(
          `/reports/${place.report}/file?format=${format}&${query()}`,
          `${place.report}.${format}`,
        ),
      ),
      report.title,
    ),
  );
  find("files").replaceChildren(label, ...buttons);
}

async function save() {
  const { bridge, ask } = context;
  const name = find("save-name").value.trim();
  if (!name) return find("save-name").focus();
  await ask("/saved", {
    method: "POST",
    json: { name, report: place.report, wanted: wanted() },
  });
  find("save-name").value = "";
  await explorer.reload();
  bridge.toast(text(bridge, "is_saved", { name }));
}
