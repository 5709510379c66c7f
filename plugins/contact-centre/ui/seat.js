// What an agent sees of the own seat: the state, the contact in hand, and what can be done now.

import { badge, button, draw, find, made, since } from "./elements.js";
import { number, text } from "./texts.js";

const TONES = {
  ready: "good",
  offered: "accent",
  talking: "accent",
  wrap_up: "warn",
  break: "warn",
  not_ready: "bad",
};

/** The word for a state, whatever it is about. */
export const kindOf = (state) =>
  typeof state === "string" ? state : Object.keys(state)[0];

/** A state as a badge: the name of a break too. */
export function stateBadge(bridge, state) {
  const kind = kindOf(state);
  const word = text(bridge, `is_${kind}`);
  const said = kind === "break" ? `${word}: ${state.break}` : word;
  return badge(said, TONES[kind]);
}

export function drawSeat(bridge, desk, wish) {
  find("seat").hidden = !desk.agent;
  if (!desk.agent) return;
  find("today").textContent = text(bridge, "today_done", {
    answered: number(bridge, desk.today.answered),
    missed: number(bridge, desk.today.missed),
  });
  const shown = [desk.me, desk.breaks, desk.codes, bridge.language];
  draw(find("seat-body"), shown, () =>
    desk.me
      ? [
          standing(bridge, desk.me),
          ...contact(bridge, desk, wish),
          acts(bridge, desk, wish),
        ]
      : loggedOut(bridge, desk, wish),
  );
}

function loggedOut(bridge, desk, wish) {
  const form = made("form", "row");
  const label = made("label", "", text(bridge, "telephone"));
  const phone = made("input", "phone num");
  phone.id = label.htmlFor = "phone";
  phone.inputMode = "tel";
  phone.autocomplete = "off";
  phone.required = true;
  phone.pattern = "[0-9*#+]{1,32}";
  phone.value = desk.extension;
  const log = button(bridge, "log_in", undefined, () => {}, "primary");
  log.type = "submit";
  form.append(label, phone, log);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    wish({ log_in: { phone: phone.value.trim() } });
  });
  return [made("p", "muted", text(bridge, "logged_out")), form];
}

function standing(bridge, me) {
  const line = made(
    "div",
    "row standing",
    stateBadge(bridge, me.state),
    since(me.since),
  );
  if (me.then) {
    line.append(
      made(
        "span",
        "muted",
        `${text(bridge, "then")} ${me.then.break ?? text(bridge, `is_${kindOf(me.then)}`)}`,
      ),
    );
  }
  if (me.helper)
    line.append(badge(text(bridge, "helper", { who: me.helper }), "good"));
  line.append(
    made(
      "span",
      "muted num",
      text(bridge, "at_telephone", { phone: me.phone }),
    ),
  );
  return line;
}

/** Whom the agent speaks with, or whose notes are written. */
function contact(bridge, desk, wish) {
  const { me, codes } = desk;
  const parts = [];
  if (me.contact) {
    const who = made(
      "p",
      "who",
      me.contact.name || me.contact.number || text(bridge, "unknown"),
    );
    const queue = desk.queues.find((each) => each.number === me.contact.queue);
    const more = made(
      "p",
      "muted num",
      [me.contact.name && me.contact.number, queue?.name]
        .filter(Boolean)
        .join(" · "),
    );
    const waited = made(
      "p",
      "muted",
      `${text(bridge, "came")} `,
      since(me.contact.entered),
    );
    parts.push(made("div", "contact", who, more, waited));
  }
  if (me.wrap) {
    const left = made(
      "p",
      "",
      `${text(bridge, "notes_for", { number: me.wrap.number || text(bridge, "unknown") })} `,
      since(me.wrap.until),
    );
    parts.push(left);
    if (codes.length) {
      const group = made("div", "row codes");
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", text(bridge, "codes"));
      for (const code of codes) {
        const it = made("button", "button small", code);
        it.type = "button";
        it.dataset.act = `code/${code}`;
        it.setAttribute("aria-pressed", String(me.wrap.code === code));
        it.addEventListener("click", () => wish({ code: { code } }));
        group.append(it);
      }
      parts.push(group);
    }
  }
  return parts;
}

function acts(bridge, { me, breaks }, wish) {
  const kind = kindOf(me.state);
  const busy = kind === "talking" || kind === "offered";
  const row = made("div", "row acts");
  if (!busy && kind !== "ready") {
    row.append(
      button(
        bridge,
        kind === "wrap_up" ? "done_ready" : "be_ready",
        undefined,
        () => wish("ready"),
        "primary",
      ),
    );
  }
  if (busy && me.then)
    row.append(button(bridge, "no_break", undefined, () => wish("ready")));
  if (kind === "wrap_up")
    row.append(
      button(bridge, "more_time", undefined, () =>
        wish({ extend: { seconds: 60 } }),
      ),
    );
  if (kind === "talking") {
    row.append(
      button(bridge, me.help ? "no_help" : "help", undefined, () =>
        wish({ help: { wanted: !me.help } }),
      ),
    );
  }
  for (const { name } of breaks) {
    const it = made("button", "button small quiet", name);
    it.type = "button";
    it.dataset.act = `break/${name}`;
    it.addEventListener("click", () => wish({ break: { name } }));
    row.append(it);
  }
  if (!busy)
    row.append(
      button(
        bridge,
        "log_out",
        undefined,
        () => wish("log_out"),
        "quiet danger",
      ),
    );
  return row;
}
