// Who has been in the queues: of one caller beside the contact in hand, and of a period for whoever looks for somebody.

import { badge, button, clock, draw, find, made } from "./elements.js";
import { text } from "./texts.js";

const COLUMNS = [
  "when",
  "who",
  "queue",
  "wait",
  "result",
  "agent",
  "talk",
  "code",
];
const MEDIA = ["voice", "callback", "fax", "mail", "chat"];
const DAY_MS = 86_400_000;

const moment = (bridge, at) =>
  new Intl.DateTimeFormat(bridge.language, {
    dateStyle: "short",
    timeStyle: "short",
  }).format(at);

/** What a visit came to, in a word. */
const result = (bridge, { reason }) =>
  badge(
    text(bridge, `reason_${reason}`),
    { answered: "good", abandoned: "bad" }[reason],
  );

/** What is known of the caller in hand, and a place to note more. */
export function drawKnown(bridge, number, known, keep) {
  find("known").hidden = !number;
  draw(find("known-body"), [number, known, bridge.language], () =>
    number
      ? [
          visits(bridge, known),
          ...notes(bridge, known),
          form(bridge, number, keep),
        ]
      : [],
  );
}

function visits(bridge, known) {
  // The visit that goes on now is no earlier one.
  const before = (known?.visits ?? []).filter(
    ({ reason, talk }) => reason && (reason !== "answered" || talk !== null),
  );
  if (!before.length) return made("p", "muted", text(bridge, "known_none"));
  const list = made("ul", "visits");
  for (const visit of before) {
    const more = [visit.queue, visit.agent, visit.code].filter(Boolean);
    list.append(
      made(
        "li",
        "row",
        made("span", "num", moment(bridge, visit.entered)),
        result(bridge, visit),
        made("span", "muted", more.join(" · ")),
      ),
    );
  }
  return list;
}

function notes(bridge, known) {
  if (!known?.notes.length) return [];
  const list = made("ul", "visits");
  for (const { at, agent, text: said } of known.notes) {
    list.append(
      made(
        "li",
        "",
        made("p", "said", said),
        made("p", "muted small num", `${moment(bridge, at)} · ${agent}`),
      ),
    );
  }
  return [made("h3", "small", text(bridge, "notes")), list];
}

function form(bridge, number, keep) {
  const it = made("form", "field");
  const label = made("label", "", text(bridge, "note"));
  const box = made("textarea");
  box.id = label.htmlFor = "note";
  box.rows = 2;
  box.maxLength = 1_000;
  box.required = true;
  const save = button(bridge, "note_save", undefined, () => {});
  save.type = "submit";
  it.append(label, box, made("div", "row", save));
  it.addEventListener("submit", (event) => {
    event.preventDefault();
    keep({ number, text: box.value });
  });
  return it;
}

/** The form that looks for visits, and what it finds. Drawn again when the language or the queues change. */
export function drawHistory(bridge, queues, ask) {
  find("history").hidden = !queues;
  if (!queues) return;
  draw(find("history-form"), [queues, bridge.language], () => [
    search(bridge, queues, async (wanted) => {
      const pages = [];
      const show = async () => {
        const page = await ask({ ...wanted, offset: pages.flat().length });
        if (!page) return;
        pages.push(page.visits);
        const rows = pages.flat();
        find("history-body").replaceChildren(
          rows.length
            ? table(bridge, rows)
            : made("p", "muted body", text(bridge, "history_none")),
          ...(page.more
            ? [
                made(
                  "div",
                  "body",
                  button(bridge, "history_more", undefined, show),
                ),
              ]
            : []),
        );
      };
      await show();
    }),
  ]);
}

function search(bridge, queues, show) {
  const it = made("form", "row search");
  const field = (key, control) => {
    const label = made("label", "", text(bridge, key));
    control.id = label.htmlFor = key;
    it.append(made("div", "field", label, control));
    return control;
  };
  const day = (key, at) => {
    const control = made("input");
    control.type = "date";
    control.required = true;
    control.value = localDay(at);
    return field(key, control);
  };
  const choice = (key, all, names) => {
    const control = made("select");
    control.append(new Option(text(bridge, all), ""));
    for (const [value, name] of names) control.append(new Option(name, value));
    return field(key, control);
  };
  const from = day("history_from", Date.now() - 6 * DAY_MS);
  const to = day("history_to", Date.now());
  const queue = choice(
    "history_queue",
    "history_all",
    queues.map((name) => [name, name]),
  );
  const media = choice(
    "history_media",
    "media_all",
    MEDIA.map((name) => [name, text(bridge, `media_${name}`)]),
  );
  const number = made("input", "num");
  number.inputMode = "tel";
  number.autocomplete = "off";
  number.maxLength = 64;
  field("history_number", number);
  const submit = button(bridge, "history_show", undefined, () => {}, "primary");
  submit.type = "submit";
  it.append(submit);
  it.addEventListener("submit", (event) => {
    event.preventDefault();
    show({
      from: new Date(`${from.value}T00:00`).getTime(),
      // A day of a change of the clocks has another length.
      to: new Date(new Date(`${to.value}T12:00`).getTime() + DAY_MS).setHours(
        0,
        0,
        0,
        0,
      ),
      queue: queue.value,
      media: media.value,
      number: number.value.trim(),
    });
  });
  return it;
}

/** The day at that moment, as `<input type="date">` has it. */
function localDay(at) {
  const day = new Date(at);
  const two = (n) => String(n).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

function table(bridge, rows) {
  const head = made(
    "tr",
    "",
    ...COLUMNS.map((key) => {
      const cell = made("th", "", text(bridge, `col_${key}`));
      cell.scope = "col";
      return cell;
    }),
  );
  const body = rows.map((visit) => {
    const shown = {
      when: made("span", "num", moment(bridge, visit.entered)),
      who: visit.name
        ? `${visit.name} ${visit.contact}`
        : visit.contact || text(bridge, "unknown"),
      queue: visit.queue,
      wait: visit.wait === null ? "–" : clock(visit.wait),
      result: result(bridge, visit),
      agent: visit.agent || "–",
      talk: visit.talk === null ? "–" : clock(visit.talk),
      code: visit.code || "–",
    };
    return made(
      "tr",
      "",
      ...COLUMNS.map((key) => {
        const cell = made("td", "", shown[key]);
        cell.dataset.label = text(bridge, `col_${key}`);
        return cell;
      }),
    );
  });
  return made(
    "table",
    "table",
    made("thead", "", head),
    made("tbody", "", ...body),
  );
}
