// The plan as a form: who is received how at which case, menus as cards, and opening hours. Each control names its place in the
// plan by a JSON pointer, so that what is wrong shows where it is.
import { button, choice, find, labelled, made } from "./elements.js";

const CASES = ["day", "night", "weekend", "holiday", "exception"];
/** As the plan names them. */
export const DAYS = [
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
  "sunday",
];
const KEYS = [..."1234567890*#"];
const RECEPTIONS = ["menu", "transfer", "operator", "announce", "hang-up"];
const ACTIONS = [
  "transfer",
  "operator",
  "menu",
  "announce",
  "hours",
  "language",
  "name",
  "repeat",
  "back",
  "hang-up",
];

let context;
let plan;
/** Told of every change; `true` when the form has other fields than before. */
let changed;

export function draw(shared, shown, faults, whenChanged) {
  [context, plan, changed] = [shared, shown, whenChanged];
  const focus = document.activeElement?.dataset?.path;
  find("form").replaceChildren(
    prompts(),
    general(),
    cases(),
    ...(plan.schedule ? [] : [hours(), exceptions()]),
    menus(),
  );
  mark(context, faults);
  if (focus)
    find("form")
      .querySelector(`[data-path="${CSS.escape(focus)}"]`)
      ?.focus();
}

/** Shows at each control what is wrong with it. */
export function mark(shared, faults) {
  for (const old of find("form").querySelectorAll(".fault")) old.remove();
  for (const control of find("form").querySelectorAll("[data-path]")) {
    const fault = faults.find(({ path }) => path === control.dataset.path);
    control.removeAttribute("aria-describedby");
    control.toggleAttribute("aria-invalid", false);
    if (!fault) continue;
    const told = made(
      "span",
      "fault error-text small",
      shared.say(`fault_${fault.code}`, { about: fault.about }),
    );
    told.id = `${control.id}-fault`;
    control.setAttribute("aria-invalid", "true");
    control.setAttribute("aria-describedby", told.id);
    control.after(told);
  }
}

const say = (key, values) => context.say(key, values);

/** Names to choose prompts from. */
function prompts() {
  const list = made("datalist", "");
  list.id = "prompts";
  for (const name of context.prompts) {
    const option = made("option", "");
    option.value = name;
    list.append(option);
  }
  return list;
}

/** A text of the plan at a place: `object[field]`. */
function textField(path, object, field, words, more = {}) {
  const input = made("input", "");
  Object.assign(input, {
    value: object[field] ?? "",
    autocomplete: "off",
    spellcheck: false,
    ...more.attributes,
  });
  if (more.list) input.setAttribute("list", more.list);
  input.dataset.path = path;
  input.addEventListener("input", () => {
    const value = more.read ? more.read(input.value) : input.value;
    if (more.leftOut && value === "") delete object[field];
    else object[field] = value;
    changed(false);
  });
  return labelled(words, input, more.bare);
}

/** Names of prompts, with commas between them. */
const promptsField = (path, object, field, words) =>
  textField(path, object, field, words, {
    attributes: { value: (object[field] ?? []).join(", ") },
    list: "prompts",
    read: (text) =>
      text
        .split(/[,;]/)
        .map((name) => name.trim())
        .filter(Boolean),
  });

function choiceField(
  path,
  object,
  field,
  words,
  options,
  after = () => changed(true),
  bare = false,
) {
  const select = choice(options, object[field] ?? "");
  select.dataset.path = path;
  select.addEventListener("change", () => {
    object[field] = select.value;
    after();
  });
  return labelled(words, select, bare);
}

const numberField = (path, object, field, words, most) =>
  textField(path, object, field, words, {
    attributes: { type: "number", min: 1, max: most, value: object[field] },
    read: (text) => Math.trunc(Number(text)) || 0,
  });

function panel(key, ...content) {
  const title = made("h2", "", say(key));
  title.id = `title-${key}`;
  const section = made(
    "section",
    "panel",
    made("header", "", title),
    made("div", "body stack", ...content),
  );
  section.setAttribute("aria-labelledby", title.id);
  return section;
}

function general() {
  const schedules = [
    ["", say("own_hours")],
    ...context.schedules.map((name) => [name, name]),
  ];
  const languages = ["en", "fr", "de"].map((tag) => [
    tag,
    say(`language_${tag}`),
  ]);
  return panel(
    "general",
    made(
      "div",
      "abreast",
      choiceField("/language", plan, "language", say("language"), languages),
      choiceField("/schedule", plan, "schedule", say("schedule"), schedules),
      textField("/operator", plan, "operator", say("operator"), {
        attributes: { inputMode: "tel", maxLength: 32 },
      }),
      textField("/time_zone", plan, "time_zone", say("time_zone"), {
        attributes: { maxLength: 64 },
      }),
    ),
  );
}

/** What is to follow needs a menu, a number, a prompt or a language, or nothing. */
function target(path, object, does, words) {
  const field = `${path}/to`;
  if (does === "menu") {
    const names = plan.menus.map(({ name }) => [name, name]);
    return choiceField(field, object, "to", words, names);
  }
  if (does === "language") {
    const tags = ["en", "fr", "de"].map((tag) => [tag, say(`language_${tag}`)]);
    return choiceField(field, object, "to", words, tags);
  }
  if (does === "transfer")
    return textField(field, object, "to", words, {
      attributes: { inputMode: "tel", maxLength: 32 },
    });
  return textField(field, object, "to", words, {
    list: "prompts",
    attributes: { maxLength: 64 },
  });
}

/** What follows a greeting, and what a key does, that needs something named. */
const NEEDY_RECEPTIONS = ["menu", "transfer"];
const NEEDY_ACTIONS = ["menu", "transfer", "announce", "language"];

/** After something else was chosen: what it needs to begin with. */
function fit(object, needy) {
  const first = { menu: plan.menus[0]?.name, language: "en" };
  if (needy.includes(object.does)) object.to = first[object.does] ?? "";
  else delete object.to;
  changed(true);
}

function cases() {
  const cards = CASES.map((name) => {
    const optional = !["day", "night"].includes(name);
    const reception = plan.cases[name];
    const title = made("legend", "", say(`case_${name}`));
    const card = made("fieldset", "card", title);
    if (optional) {
      const box = made("input", "");
      Object.assign(box, { type: "checkbox", checked: !reception });
      box.dataset.path = `/cases/${name}`;
      box.addEventListener("change", () => {
        if (box.checked) delete plan.cases[name];
        else plan.cases[name] = structuredClone(plan.cases.night);
        // In the order in which the plan is written.
        plan.cases = Object.fromEntries(
          CASES.filter((each) => plan.cases[each]).map((each) => [
            each,
            plan.cases[each],
          ]),
        );
        changed(true);
      });
      card.append(made("label", "row", box, say("as_night")));
    }
    if (reception) {
      const path = `/cases/${name}`;
      const options = RECEPTIONS.map((does) => [
        does,
        say(does === "announce" ? "does_opening" : `does_${does}`),
      ]);
      const needs = NEEDY_RECEPTIONS.includes(reception.does);
      const then = () => fit(reception, NEEDY_RECEPTIONS);
      card.append(
        made(
          "div",
          "abreast",
          promptsField(`${path}/play`, reception, "play", say("plays")),
          choiceField(
            `${path}/does`,
            reception,
            "does",
            say("then"),
            options,
            then,
          ),
          ...(needs
            ? [
                target(
                  path,
                  reception,
                  reception.does,
                  say(`to_${reception.does}`),
                ),
              ]
            : []),
        ),
      );
    }
    return card;
  });
  return panel("cases", made("p", "muted small", say("cases_hint")), ...cards);
}

function menus() {
  const cards = plan.menus.map((menu, place) => card(menu, place));
  const add = button(say("add_menu"), "", () => {
    let n = plan.menus.length + 1;
    while (plan.menus.some(({ name }) => name === `menu-${n}`)) n += 1;
    const fresh = {
      name: `menu-${n}`,
      prompts: [],
      keys: [],
      wait_seconds: 5,
      tries: 3,
      when_lost: "hang-up",
    };
    plan.menus.push(fresh);
    changed(true);
    find("form")
      .querySelector(`[data-path="/menus/${plan.menus.length - 1}/name"]`)
      ?.focus();
  });
  return panel("menus", ...cards, made("div", "row", add));
}

/** One menu, with its keys. */
function card(menu, place) {
  const path = `/menus/${place}`;
  const keys = made("ul", "keys");
  menu.keys.forEach((key, at) =>
    keys.append(keyRow(menu, key, `${path}/keys/${at}`, at)),
  );
  const free = KEYS.find(
    (key) => !menu.keys.some((taken) => taken.key === key),
  );
  const addKey = button(say("add_key"), menu.name, () => {
    menu.keys.push({ key: free, does: "repeat" });
    changed(true);
    find("form")
      .querySelector(`[data-path="${path}/keys/${menu.keys.length - 1}/does"]`)
      ?.focus();
  });
  addKey.disabled = !free;
  const remove = button(say("remove"), menu.name, () => {
    plan.menus.splice(place, 1);
    changed(true);
    find("form")
      .querySelector(`[data-path="/menus/${Math.max(0, place - 1)}/name"]`)
      ?.focus();
  });
  remove.disabled = plan.menus.length === 1;
  const lost = [
    ["operator", say("does_operator")],
    ["hang-up", say("does_hang-up")],
  ];
  const name = textField(`${path}/name`, menu, "name", say("menu_name"), {
    attributes: { maxLength: 40 },
  });
  rename(name.querySelector("input"), menu.name);
  return made(
    "fieldset",
    "card",
    made("legend", "", menu.name),
    made(
      "div",
      "abreast",
      name,
      promptsField(`${path}/prompts`, menu, "prompts", say("plays")),
    ),
    keys,
    made("div", "row", addKey),
    made(
      "div",
      "abreast three",
      numberField(
        `${path}/wait_seconds`,
        menu,
        "wait_seconds",
        say("wait"),
        60,
      ),
      numberField(`${path}/tries`, menu, "tries", say("tries"), 10),
      choiceField(
        `${path}/when_lost`,
        menu,
        "when_lost",
        say("when_lost"),
        lost,
      ),
    ),
    extensionsBox(path, menu),
    made("div", "row", remove),
  );
}

/** Whether callers may dial an extension here. */
function extensionsBox(path, menu) {
  const box = made("input", "");
  Object.assign(box, { type: "checkbox", checked: Boolean(menu.extensions) });
  box.dataset.path = `${path}/extensions`;
  box.addEventListener("change", () => {
    if (box.checked) menu.extensions = true;
    else delete menu.extensions;
    changed(false);
  });
  return made("label", "row", box, say("extensions"));
}

/** Whatever leads to a menu follows when it gets another name. */
function rename(input, before) {
  input.addEventListener("change", () => {
    const all = [
      ...Object.values(plan.cases),
      ...plan.menus.flatMap(({ keys }) => keys),
    ];
    for (const one of all)
      if (one?.does === "menu" && one.to === before) one.to = input.value;
    changed(true);
  });
}

function keyRow(menu, key, path, at) {
  const free = KEYS.filter(
    (each) =>
      each === key.key || !menu.keys.some((taken) => taken.key === each),
  );
  const actions = ACTIONS.map((does) => [does, say(`does_${does}`)]);
  const needs = NEEDY_ACTIONS.includes(key.does);
  const row = made(
    "li",
    "key",
    choiceField(
      `${path}/key`,
      key,
      "key",
      say("key"),
      free.map((each) => [each, each]),
      undefined,
      true,
    ),
    choiceField(
      `${path}/does`,
      key,
      "does",
      say("does", { key: key.key }),
      actions,
      () => fit(key, NEEDY_ACTIONS),
      true,
    ),
    ...(needs
      ? [target(path, key, key.does, say(`to_${key.does}`))]
      : [made("span", "")]),
    button(
      "×",
      say("remove_key", { key: key.key }),
      () => {
        menu.keys.splice(at, 1);
        changed(true);
      },
      "quiet square",
    ),
  );
  row.querySelector(".field:nth-child(3) label")?.classList.add("hidden-text");
  return row;
}

const spans = (list) => list.map(({ from, to }) => `${from}-${to}`).join(", ");

/** `09:00-12:00, 14:00-18:00`. */
const readSpans = (text) =>
  text
    .split(/[,;]/)
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const [from = "", to = ""] = part
        .split(/[-–]/)
        .map((time) => time.trim());
      return { from, to };
    });

function hours() {
  const rows = plan.hours.map((one, place) => {
    const path = `/hours/${place}`;
    const days = made("div", "row days");
    days.setAttribute("role", "group");
    days.setAttribute("aria-label", say("days"));
    DAYS.forEach((day, n) => {
      const box = made("input", "");
      Object.assign(box, { type: "checkbox", checked: one.days.includes(day) });
      if (n === 0) box.dataset.path = `${path}/days`;
      box.addEventListener("change", () => {
        one.days = DAYS.filter((each) =>
          each === day ? box.checked : one.days.includes(each),
        );
        changed(false);
      });
      days.append(made("label", "row", box, dayName(n)));
    });
    const remove = button(say("remove"), `${one.from} – ${one.to}`, () => {
      plan.hours.splice(place, 1);
      changed(true);
    });
    return made(
      "fieldset",
      "card",
      made("legend", "", `${one.from} – ${one.to}`),
      days,
      made(
        "div",
        "abreast three",
        textField(`${path}/from`, one, "from", say("from"), {
          attributes: { maxLength: 5 },
        }),
        textField(`${path}/to`, one, "to", say("until"), {
          attributes: { maxLength: 5 },
        }),
      ),
      made("div", "row", remove),
    );
  });
  const add = button(say("add_hours"), "", () => {
    plan.hours.push({ days: DAYS.slice(0, 5), from: "09:00", to: "18:00" });
    changed(true);
  });
  return panel(
    "hours",
    made("p", "muted small", say("hours_hint")),
    ...rows,
    made("div", "row", add),
  );
}

function exceptions() {
  const rows = plan.exceptions.map((one, place) => {
    const path = `/exceptions/${place}`;
    const remove = button(say("remove"), one.name || one.from, () => {
      plan.exceptions.splice(place, 1);
      changed(true);
    });
    return made(
      "fieldset",
      "card",
      made("legend", "", one.name || one.from),
      made(
        "div",
        "abreast",
        textField(`${path}/name`, one, "name", say("name"), {
          attributes: { maxLength: 60 },
        }),
        textField(`${path}/from`, one, "from", say("first_day"), {
          attributes: { maxLength: 10 },
        }),
        textField(`${path}/to`, one, "to", say("last_day"), {
          attributes: { maxLength: 10 },
        }),
        textField(`${path}/hours/0/to`, one, "hours", say("open"), {
          attributes: { value: spans(one.hours) },
          read: readSpans,
        }),
      ),
      made("div", "row", remove),
    );
  });
  const add = button(say("add_exception"), "", () => {
    plan.exceptions.push({ name: "", from: "12-24", to: "", hours: [] });
    changed(true);
  });
  return panel(
    "exceptions",
    made("p", "muted small", say("exceptions_hint")),
    ...rows,
    made("div", "row", add),
  );
}

/** `Mon`, in the reader's language. */
const dayName = (n) =>
  new Intl.DateTimeFormat(context.bridge.language, {
    weekday: "short",
    timeZone: "UTC",
  }).format(
    // 1 January 2024 was a Monday.
    Date.UTC(2024, 0, 1 + n),
  );
