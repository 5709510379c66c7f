// Reports that are made regularly: which there are, what came of them, and a new one.

import { button, find, make, options } from "./elements.js";
import { moment, text } from "./texts.js";

const FORMATS = ["pdf", "xlsx", "csv", "html", "json"];
const OFTEN = ["day", "workday", "week", "month"];

let context;
let place = {};

export function begin(given) {
  context = given;
  find("often").addEventListener("change", fields);
  find("schedule-form").addEventListener("submit", given.trying(keep));
  find("schedule-cancel").addEventListener("click", () =>
    context.open({ report: place.report, wanted: place.wanted }),
  );
}

/** Shows all of them, and the form for a new one when a report is named. */
export async function show(given) {
  place = given;
  const { bridge } = context;
  find("schedule-form").hidden = !place.report;
  if (place.report) {
    find("schedule-about").textContent = text(bridge, "schedule_about", {
      title: place.title ?? place.report,
    });
    find("schedule-name").value = place.title ?? "";
    options(
      find("often"),
      OFTEN.map((name) => [name, text(bridge, `often_${name}`)]),
      "week",
    );
    const name = new Intl.DateTimeFormat(bridge.language, {
      weekday: "long",
      timeZone: "UTC",
    });
    options(
      find("weekday"),
      // 1970-01-05 was a Monday.
      [0, 1, 2, 3, 4, 5, 6].map((day) => [
        String(day),
        name.format((day + 4) * 86_400_000),
      ]),
      "0",
    );
    options(
      find("format"),
      FORMATS.map((format) => [format, format.toUpperCase()]),
      "pdf",
    );
    fields();
    find("schedule-name").focus();
  } else find("schedules-title").focus();
  await draw();
}

function fields() {
  const often = find("often").value;
  find("weekday-field").hidden = often !== "week";
  find("day-field").hidden = often !== "month";
}

async function keep() {
  const { bridge, ask } = context;
  const [hours, minutes] = find("at").value.split(":").map(Number);
  const wanted = { ...place.wanted };
  // A schedule has a period that moves with it.
  if (wanted.from) {
    delete wanted.from;
    delete wanted.to;
    wanted.period = "last-7-days";
  }
  const name = find("schedule-name").value.trim();
  await ask("/schedules", {
    method: "POST",
    json: {
      name,
      report: place.report,
      wanted,
      format: find("format").value,
      often: find("often").value,
      weekday: Number(find("weekday").value),
      day: Number(find("day").value),
      minute: hours * 60 + minutes,
      until: find("until").value || null,
      mail: find("mail").checked,
    },
  });
  bridge.toast(text(bridge, "is_scheduled", { name }));
  context.open({ schedules: true });
}

async function draw() {
  const { bridge, ask } = context;
  const schedules = await ask("/schedules");
  find("no-schedules").hidden = schedules.length > 0 || Boolean(place.report);
  find("schedule-list").replaceChildren(
    ...schedules.map((one) => item(bridge, one)),
  );
}

function item(bridge, one) {
  const { ask, trying, list } = context;
  const report = list.reports.find(({ id }) => id === one.report);
  const when = one.due
    ? text(bridge, "due_next", { when: moment(bridge, one.due) })
    : text(bridge, "over");
  const about = [
    report?.title ?? one.report,
    text(bridge, `often_${one.often}`),
    one.format.toUpperCase(),
    when,
  ];
  const remove = trying(async () => {
    const sure = await bridge.confirm({
      title: text(bridge, "delete_schedule", { name: one.name }),
      text: text(bridge, "delete_schedule_text"),
      act: text(bridge, "forget"),
    });
    if (!sure) return;
    await ask(`/schedules/${one.id}`, { method: "DELETE" });
    await draw();
    find("schedules-title").focus();
  });
  const runs = make("ul", "stack");
  for (const run of one.runs) {
    const at = moment(bridge, run.due);
    if (run.error) {
      runs.append(
        make(
          "li",
          "error-text",
          text(bridge, "run_failed", { when: at, why: run.error }),
        ),
      );
      continue;
    }
    const letter = run.mail_error
      ? text(bridge, "not_mailed", { why: run.mail_error })
      : run.mailed
        ? text(bridge, "mailed")
        : "";
    const words = text(bridge, "run", {
      when: at,
      period: run.period,
      count: run.rows,
    });
    const fetch = trying(() =>
      bridge.download(
        `/schedules/${one.id}/runs/${run.due}`,
        `${one.name}-${run.due}.${one.format}`,
      ),
    );
    runs.append(
      make(
        "li",
        "row",
        make("span", "", words),
        button(one.format.toUpperCase(), "small", fetch, words),
        make("span", "muted small", letter),
      ),
    );
  }
  if (one.runs.length === 0)
    runs.append(make("li", "muted", text(bridge, "no_runs")));
  return make(
    "li",
    "item",
    make(
      "div",
      "row spread",
      make("h3", "", one.name),
      button(text(bridge, "forget"), "small quiet danger", remove, one.name),
    ),
    make("p", "muted small", about.join(" · ")),
    runs,
  );
}
