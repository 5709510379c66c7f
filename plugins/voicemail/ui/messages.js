// The list of messages, the deleted ones below it, and what can be done with each.

import { badge, button, find } from "./elements.js";
import { play, stop } from "./player.js";
import { days, number, text } from "./texts.js";

const POLL_MS = 30_000;

let bridge;
let trying;
let messages = [];
let settings = {};
/** The message that was deleted last: its row stays, with a way back. */
let undoable;
/** Rows stay while their messages do, so that neither the focus nor what plays is lost when the list is drawn again. */
const rows = new Map();

export function begin(ofBridge, ofTrying) {
  [bridge, trying] = [ofBridge, ofTrying];
  setInterval(() => {
    if (!document.hidden) reload().catch(() => {});
  }, POLL_MS);
}

/** Asks for the messages; gives what the plugin says about the mailbox. */
export async function reload() {
  const answer = await bridge.fetch("/messages");
  if (!answer.ok) throw new Error(await answer.text());
  const mailbox = await answer.json();
  messages = mailbox.messages;
  draw();
  return mailbox;
}

/** The house's rules have come. */
export function rules(those) {
  settings = those;
  draw();
}

export function draw() {
  const kept = messages.filter((message) => !message.deleted);
  const deleted = messages.filter(
    (message) => message.deleted && message.id !== undoable,
  );
  const fresh = kept.filter((message) => !message.heard).length;
  find("counts").textContent = text(bridge, "counts", {
    fresh: number(bridge, fresh),
    heard: number(bridge, kept.length - fresh),
  });
  const full = settings.most_messages && kept.length >= settings.most_messages;
  find("full").hidden = !full;
  if (full) find("full").textContent = text(bridge, "full");
  const listed = messages.filter(
    (message) => !message.deleted || message.id === undoable,
  );
  find("empty").hidden = listed.length > 0;
  place(find("messages"), listed);
  find("trash").hidden = deleted.length === 0;
  find("trash-title").textContent = text(bridge, "deleted_ones", {
    count: number(bridge, deleted.length),
  });
  find("trash-hint").textContent = text(bridge, "trash_hint", {
    days: days(bridge, settings.trash_days ?? 0),
  });
  place(find("deleted"), deleted);
  find("keep-hint").hidden = !settings.keep_days || kept.length === 0;
  find("keep-hint").textContent = text(bridge, "keep_hint", {
    days: days(bridge, settings.keep_days ?? 0),
  });
  for (const [id, row] of rows) {
    if (messages.some((message) => message.id === id)) continue;
    stop(row);
    row.remove();
    rows.delete(id);
  }
}

/** Puts the rows of these messages into a list. Rows that are there already are not moved: what plays would stop. */
function place(list, these) {
  const wanted = new Set(these.map(({ id }) => rows.get(id)));
  for (const row of [...list.children]) {
    if (!wanted.has(row)) row.remove();
  }
  these.forEach((message, at) => {
    if (!rows.has(message.id)) rows.set(message.id, makeRow());
    const row = rows.get(message.id);
    if (list.children[at] !== row) {
      list.insertBefore(row, list.children[at] ?? null);
    }
    fill(row, message);
  });
}

function makeRow() {
  const row = document.createElement("li");
  row.className = "item";
  const [what, acts] = [
    document.createElement("div"),
    document.createElement("div"),
  ];
  what.className = "what";
  acts.className = "row acts";
  row.append(what, acts);
  return row;
}

/** Draws a row, when what it says or does has changed. */
function fill(row, message) {
  const undo = message.deleted && message.id === undoable;
  const drawn = JSON.stringify([message, undo, bridge.language]);
  if (row.dataset.drawn === drawn) return;
  const focus = row.contains(document.activeElement)
    ? document.activeElement.dataset.act
    : undefined;
  row.dataset.drawn = drawn;
  row.classList.toggle("new", !message.heard && !message.deleted);
  row.classList.toggle("gone", undo);
  const [what, acts] = row.children;
  if (undo) {
    stop(row);
    const note = document.createElement("span");
    note.textContent = text(bridge, "is_deleted", { who: who(message.from) });
    what.replaceChildren(note);
  } else {
    what.replaceChildren(heading(message), details(message));
  }
  acts.replaceChildren(...actsOf(row, message));
  if (focus) {
    const again = acts.querySelector(`[data-act="${focus}"]`);
    (again ?? acts.querySelector("button"))?.focus();
  }
}

function heading(message) {
  const line = document.createElement("div");
  line.className = "row heading";
  const name = document.createElement("span");
  name.className = "who";
  name.textContent = who(message.from);
  line.append(name);
  if (message.from.name && message.from.number) {
    const digits = document.createElement("span");
    digits.className = "muted num";
    digits.textContent = message.from.number;
    line.append(digits);
  }
  if (!message.heard && !message.deleted) {
    line.append(badge(text(bridge, "new"), "accent"));
  }
  if (message.urgent) line.append(badge(text(bridge, "urgent"), "warn"));
  return line;
}

function details(message) {
  const line = document.createElement("p");
  line.className = "muted small num";
  const when = new Intl.DateTimeFormat(bridge.language, {
    dateStyle: "medium",
    timeStyle: "short",
  }).format(message.at);
  const parts = [when, length(message.length_ms)];
  if (message.forwarded_by) {
    parts.push(
      text(bridge, "forwarded_by", { who: who(message.forwarded_by) }),
    );
  }
  line.textContent = parts.join(" · ");
  return line;
}

function actsOf(row, message) {
  const named = { who: who(message.from) };
  const path = `/messages/${message.id}`;
  const act = (key, run, kind = "") => {
    const made = button(bridge, key, named, kind);
    made.addEventListener("click", trying(run));
    return made;
  };
  if (message.deleted) {
    const key = message.id === undoable ? "undo" : "restore";
    return [act(key, () => restore(row, message))];
  }
  const acts = [
    act("play", async () => {
      await play(bridge, row, `${path}/audio`, text(bridge, "play_of", named));
      if (!message.heard) await change(message, { heard: true });
    }),
  ];
  if (message.comment) {
    acts.push(
      act("comment", () =>
        play(bridge, row, `${path}/comment`, text(bridge, "comment_of", named)),
      ),
    );
  }
  if (message.from.number) {
    acts.push(act("call", () => bridge.call(message.from.number), "quiet"));
  }
  acts.push(
    act(
      message.heard ? "mark_new" : "mark_heard",
      () => change(message, { heard: !message.heard }),
      "quiet",
    ),
    act("delete", () => remove(row, message), "quiet danger"),
  );
  // The same place, whatever it is called: the focus stays there.
  acts.at(-2).dataset.act = "mark";
  return acts;
}

/** Tells the plugin what becomes of a message, and shows it. */
async function change(message, wanted) {
  const answer = await bridge.fetch(`/messages/${message.id}`, {
    method: "POST",
    json: wanted,
  });
  if (answer.status !== 404) {
    if (!answer.ok) throw new Error(await answer.text());
    const changed = await answer.json();
    messages = messages.map((each) =>
      each.id === changed.id ? changed : each,
    );
    draw();
    return;
  }
  // It has been erased elsewhere.
  await reload();
}

async function remove(row, message) {
  const before = undoable;
  undoable = message.id;
  try {
    await change(message, { deleted: true });
  } catch (error) {
    undoable = before;
    throw error;
  }
  (row.isConnected
    ? row.querySelector("button")
    : find("messages-title")
  ).focus();
}

async function restore(row, message) {
  const fromTrash = message.id !== undoable;
  await change(message, { deleted: false });
  if (!fromTrash) undoable = undefined;
  (row.isConnected
    ? row.querySelector("button")
    : find("messages-title")
  ).focus();
}

/** Somebody in words: the name, the number, or that it is not known. */
const who = ({ name, number }) => name || number || text(bridge, "unknown");

/** Minutes and seconds. */
function length(ms) {
  const seconds = Math.max(1, Math.round(ms / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
