// What supervisors see: every agent and every contact. Agents see those of their own queues, without what changes them.

import { badge, button, draw, find, made, since } from "./elements.js";
import { kindOf, stateBadge } from "./seat.js";
import { breakChoice, codeChoice, helperBadge, takePart } from "./supervise.js";
import { number, text } from "./texts.js";

/** Agents as a supervisor sees them. */
export function drawAgents(bridge, overview, order) {
  const { agents, breaks, codes, supervision } = overview;
  find("agents").hidden = agents.length === 0;
  const shown = [agents, breaks, codes, supervision, bridge.language];
  draw(find("agents-body"), shown, () =>
    agents.map((agent) => member(bridge, agent, overview, order)),
  );
}

/** Colleagues as an agent sees them. */
export function drawTeam(bridge, team) {
  find("agents").hidden = team.length === 0;
  draw(find("agents-body"), [team, bridge.language], () =>
    team.map((seat) =>
      made(
        "li",
        "item",
        made(
          "div",
          "row",
          made("span", "who", seat.name),
          made("span", "muted num", seat.extension),
          stateBadge(bridge, seat.state),
          since(seat.since),
        ),
      ),
    ),
  );
}

function member(bridge, agent, overview, order) {
  const { queues } = overview;
  const { seat, extension, name } = agent;
  const line = made(
    "div",
    "row",
    made("span", "who", name),
    made("span", "muted num", extension),
  );
  if (seat) line.append(stateBadge(bridge, seat.state), since(seat.since));
  else line.append(badge(text(bridge, "is_logged_out")));
  if (seat?.help)
    line.append(badge(text(bridge, "wants_help"), "bad"), since(seat.help));
  if (seat?.helper) line.append(helperBadge(bridge, seat.helper));
  const named = (number) =>
    queues.find((queue) => queue.number === number)?.name ?? number;
  const where = agent.bindings.map(
    ({ queue, level, overflow }) =>
      `${named(queue)} ${level}${overflow ? ` (${text(bridge, "overflow")})` : ""}`,
  );
  const what = made(
    "p",
    "muted small num",
    [
      text(bridge, "today_done", {
        answered: number(bridge, agent.today.answered),
        missed: number(bridge, agent.today.missed),
      }),
      where.join(", ") || text(bridge, "no_queue"),
      seat?.contact && (seat.contact.name || seat.contact.number),
    ]
      .filter(Boolean)
      .join(" · "),
  );
  return made(
    "li",
    "item",
    made("div", "what", line, what),
    acts(bridge, agent, overview, order),
  );
}

function acts(bridge, agent, overview, order) {
  const { breaks, codes, queues, supervision } = overview;
  const { seat, extension, name } = agent;
  const row = made("div", "row acts");
  if (!seat) {
    row.append(
      button(bridge, "log_in", name, () =>
        order({ log_in: { agent: extension, phone: extension } }),
      ),
    );
  } else {
    const kind = kindOf(seat.state);
    if (seat.help)
      row.append(
        button(bridge, "helped", name, () =>
          order({ helped: { agent: extension } }),
        ),
      );
    if (kind === "not_ready" || kind === "break")
      row.append(
        button(bridge, "be_ready", name, () =>
          order({ ready: { agent: extension } }),
        ),
      );
    row.append(...takePart(bridge, agent, supervision, order));
    if (kind === "wrap_up") {
      row.append(
        button(bridge, "done_ready", name, () =>
          order({ ready: { agent: extension } }),
        ),
      );
      if (seat.wrap && codes.length)
        row.append(codeChoice(bridge, agent, codes, order));
    }
    if (breaks.length) row.append(breakChoice(bridge, agent, breaks, order));
    if (kind !== "talking" && kind !== "offered")
      row.append(
        button(
          bridge,
          "log_out",
          name,
          () => order({ log_out: { agent: extension } }),
          "quiet",
        ),
      );
  }
  row.append(assignment(bridge, agent, queues, order));
  return row;
}

/** In which queues the agent works, from the next call on. */
function assignment(bridge, agent, queues, order) {
  const it = made("details", "assign");
  const summary = made(
    "summary",
    "",
    text(bridge, "assign"),
    made("span", "hidden-text", `: ${agent.name}`),
  );
  summary.dataset.act = `assign/${agent.extension}`;
  const form = made("form", "stack");
  const boxes = queues.map((queue) => {
    const binding = agent.bindings.find((each) => each.queue === queue.number);
    const box = made("input");
    box.type = "checkbox";
    box.checked = Boolean(binding);
    form.append(made("label", "row", box, queue.name));
    return { box, binding: binding ?? { queue: queue.number, level: 50 } };
  });
  const save = button(bridge, "save", agent.name, () => {}, "primary");
  save.type = "submit";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    it.open = false;
    const bindings = boxes
      .filter(({ box }) => box.checked)
      .map(({ binding }) => binding);
    order({ assign: { agent: agent.extension, bindings } });
  });
  const row = made("div", "row", save);
  if (agent.assigned)
    row.append(
      button(
        bridge,
        "as_set",
        agent.name,
        () => {
          it.open = false;
          order({ assign: { agent: agent.extension, bindings: null } });
        },
        "quiet",
      ),
    );
  form.append(row);
  it.append(summary, form);
  return it;
}

/** Contacts that wait or are with an agent. */
export function drawContacts(bridge, contacts, queues, order) {
  find("waiting").hidden = contacts.length === 0;
  draw(find("waiting-body"), [contacts, bridge.language], () =>
    contacts.map((contact) => one(bridge, contact, queues, order)),
  );
}

function one(bridge, contact, queues, order) {
  const who = contact.name || contact.number || text(bridge, "unknown");
  const line = made("div", "row", made("span", "who", who));
  if (contact.name && contact.number)
    line.append(made("span", "muted num", contact.number));
  if (contact.callback) line.append(badge(text(bridge, "callback"), "accent"));
  line.append(
    badge(
      text(bridge, `place_${contact.place}`, { agent: contact.agent ?? "" }),
    ),
    since(contact.entered),
  );
  const queue = queues.find((each) => each.number === contact.queue);
  const more = [queue?.name ?? contact.queue];
  if (contact.tries)
    more.push(text(bridge, "tries", { count: number(bridge, contact.tries) }));
  const row = made("div", "row acts");
  if (contact.audio) {
    row.append(
      button(bridge, "listen", who, async (event) => {
        const audio = made("audio");
        audio.controls = audio.autoplay = true;
        audio.src = await bridge.audio(`/callbacks/${contact.id}/audio`);
        audio.setAttribute("aria-label", who);
        event.target.replaceWith(audio);
        audio.focus();
      }),
    );
  }
  if (contact.callback && contact.place === "waiting" && order) {
    row.append(
      button(
        bridge,
        "remove",
        who,
        async () => {
          const sure = {
            title: text(bridge, "remove_title", { who }),
            text: text(bridge, "remove_text"),
            act: text(bridge, "remove"),
          };
          if (await bridge.confirm(sure))
            order({ remove_callback: { contact: contact.id } });
        },
        "quiet danger",
      ),
    );
  }
  return made(
    "li",
    "item",
    made("div", "what", line, made("p", "muted small", more.join(" · "))),
    row,
  );
}

/** Call-backs that are over. */
export function drawDone(bridge, done) {
  find("done").hidden = done.length === 0;
  draw(find("done-body"), [done, bridge.language], () =>
    done.map((each) => {
      const when = new Intl.DateTimeFormat(bridge.language, {
        dateStyle: "short",
        timeStyle: "short",
      }).format(each.at);
      const tone = { answered: "good", unknown: "warn", expired: "bad" }[
        each.end
      ];
      return made(
        "li",
        "item",
        made(
          "div",
          "row",
          made("span", "who num", each.number),
          badge(text(bridge, `end_${each.end}`), tone),
          made("span", "muted small num", when),
        ),
      );
    }),
  );
}
