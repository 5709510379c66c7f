// What supervisors do about agents: take part in their conversations, send them on breaks, name codes, change both lists.

import { badge, button, draw, find, made } from "./elements.js";
import { kindOf } from "./seat.js";
import { text } from "./texts.js";

/** How to take part, and the digit that says so behind the number. */
const PARTS = [
  ["listen_in", 1],
  ["whisper", 2],
  ["join_in", 3],
];

/** Buttons to take part in what this agent speaks; none when that is not allowed now. */
export function takePart(bridge, agent, supervision, order) {
  const { seat, extension, name } = agent;
  const talks = seat && kindOf(seat.state) === "talking";
  const asked = seat?.help || seat?.helper;
  if (!talks || !supervision.number) return [];
  if (supervision.when === "help" && !asked) return [];
  return PARTS.map(([key, digit]) =>
    button(bridge, key, text(bridge, "listen_in_hint", { name }), async () => {
      const called = await bridge.call(
        `${supervision.number}${digit}${extension}`,
      );
      // The agent sees who comes.
      if (called && seat.help) order({ helped: { agent: extension } });
    }),
  );
}

/** What is said about listening, before anybody does. */
export function drawNotice(bridge, supervision) {
  const shown = supervision?.number ? supervision : undefined;
  const place = find("supervision");
  place.hidden = !shown;
  draw(place, [shown, bridge.language], () =>
    shown
      ? [
          shown.basis && text(bridge, "basis", { basis: shown.basis }),
          shown.when === "help" && text(bridge, "supervision_help"),
          text(bridge, "supervision_tone"),
        ]
          .filter(Boolean)
          .map((line) => made("span", "", `${line} `))
      : [],
  );
}

/** Things to choose from behind a word; the choice closes it. */
function choice(bridge, key, about, names, chosen, choose) {
  const it = made("details", "assign");
  const summary = made(
    "summary",
    "",
    text(bridge, key),
    made("span", "hidden-text", `: ${about}`),
  );
  summary.dataset.act = `${key}/${about}`;
  const row = made("div", "row choices");
  for (const name of names) {
    const each = made("button", "button small", name);
    each.type = "button";
    if (chosen !== undefined)
      each.setAttribute("aria-pressed", String(chosen === name));
    each.addEventListener("click", () => {
      it.open = false;
      choose(name);
    });
    row.append(each);
  }
  it.append(summary, row);
  return it;
}

/** Breaks to send an agent on, at once or after the contact in hand. */
export const breakChoice = (bridge, agent, breaks, order) =>
  choice(
    bridge,
    "send_to",
    agent.name,
    breaks.map(({ name }) => name),
    undefined,
    (name) => order({ break: { agent: agent.extension, name } }),
  );

/** Codes for the contact whose notes an agent writes. */
export const codeChoice = (bridge, agent, codes, order) =>
  choice(
    bridge,
    "code_for",
    agent.name,
    codes,
    agent.seat.wrap.code ?? "",
    (code) => order({ code: { agent: agent.extension, code } }),
  );

/** Who comes to help. */
export const helperBadge = (bridge, who) =>
  badge(text(bridge, "helper", { who }), "good");

/** The lists of breaks and codes, for supervisors to change. */
export function drawLists(bridge, overview, order) {
  find("lists").hidden = !overview;
  if (!overview) return;
  const { breaks, codes, own_breaks, own_codes } = overview;
  draw(
    find("lists-body"),
    [breaks, codes, own_breaks, own_codes, bridge.language],
    () => [
      list(
        bridge,
        "breaks_list",
        breaks.map(({ name, minutes }) =>
          minutes ? `${name}, ${minutes}` : name,
        ),
        own_breaks,
        (lines) => order({ breaks: { list: lines?.map(readBreak) ?? null } }),
      ),
      list(bridge, "codes_list", codes, own_codes, (lines) =>
        order({ codes: { list: lines ?? null } }),
      ),
    ],
  );
}

function readBreak(line) {
  const [, name, minutes] = /^(.*?)(?:\s*,\s*(\d+))?$/.exec(line);
  return { name, minutes: Number(minutes ?? 0) };
}

function list(bridge, key, lines, own, save) {
  const form = made("form", "field");
  const label = made("label", "", text(bridge, key));
  const box = made("textarea");
  box.id = label.htmlFor = key;
  box.rows = Math.min(Math.max(lines.length, 3), 12);
  box.value = lines.join("\n");
  const button_ = button(bridge, "save", text(bridge, key), () => {});
  button_.type = "submit";
  const row = made("div", "row", button_);
  if (own)
    row.append(
      button(
        bridge,
        "as_set",
        text(bridge, key),
        () => save(undefined),
        "quiet",
      ),
    );
  form.append(label, box, row);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save(
      box.value
        .split("\n")
        .map((line) => line.trim())
        .filter(Boolean),
    );
  });
  return form;
}
