// The PIN and the greetings.

import { button, find } from "./elements.js";
import { play, stop } from "./player.js";
import { text } from "./texts.js";

let bridge;
let trying;
let settings;
/** What is wrong with the fields of the PIN: the key of a text, by field. */
let wrong = {};

export function begin(ofBridge, ofTrying) {
  [bridge, trying] = [ofBridge, ofTrying];
  find("pin-form").addEventListener("submit", trying(save));
}

/** Asks for what is set; gives it, with the house's rules. */
export async function reload() {
  const answer = await bridge.fetch("/settings");
  if (!answer.ok) throw new Error(await answer.text());
  settings = await answer.json();
  draw();
  return settings;
}

export function draw() {
  if (!settings) return;
  const state = find("pin-state");
  state.textContent = text(bridge, settings.pin ? "pin_set" : "pin_unset");
  state.className = settings.pin ? "badge good" : "badge warn";
  find("pin-save").textContent = text(
    bridge,
    settings.pin ? "pin_change" : "pin_choose",
  );
  drawErrors();
  drawGreetings();
}

function drawErrors() {
  for (const field of ["pin", "again"]) {
    const key = wrong[field];
    find(`${field}-error`).textContent = key ? text(bridge, key) : "";
    if (key) find(field).setAttribute("aria-invalid", "true");
    else find(field).removeAttribute("aria-invalid");
  }
}

function drawGreetings() {
  const { recorded, access } = settings;
  const parts = [text(bridge, recorded.length ? "recorded" : "none_recorded")];
  if (access) parts.push(text(bridge, "record_by", { access }));
  find("greetings-hint").textContent = parts.join(" ");
  for (const row of find("greetings").children) stop(row);
  find("greetings").replaceChildren(...recorded.map(greetingRow));
}

function greetingRow(which) {
  const name = text(bridge, `is_${which.replaceAll("-", "_")}`);
  const row = document.createElement("li");
  row.className = "item";
  const what = document.createElement("span");
  what.textContent = name;
  const acts = document.createElement("div");
  acts.className = "row acts";
  const listen = button(bridge, "play", { who: name });
  listen.addEventListener(
    "click",
    trying(() => play(bridge, row, `/greetings/${which}`, name)),
  );
  const erase = button(bridge, "erase", { who: name }, "quiet danger");
  erase.addEventListener(
    "click",
    trying(() => eraseGreeting(which, name)),
  );
  acts.append(listen, erase);
  row.append(what, acts);
  return row;
}

async function eraseGreeting(which, name) {
  const sure = await bridge.confirm({
    title: text(bridge, "erase_title", { name }),
    text: text(bridge, which === "name" ? "erase_name" : "erase_greeting"),
    act: text(bridge, "erase"),
  });
  if (!sure) return;
  const answer = await bridge.fetch(`/greetings/${which}`, {
    method: "DELETE",
  });
  // Erased by telephone meanwhile is erased too.
  if (!answer.ok && answer.status !== 404) throw new Error(await answer.text());
  await reload();
  bridge.toast(text(bridge, "erased"));
  find("greetings-title").focus();
}

async function save() {
  const [pin, again] = [find("pin").value, find("again").value];
  const answer = await bridge.fetch("/pin", {
    method: "PUT",
    json: { pin, again },
  });
  if (answer.status === 422) {
    const { reason } = await answer.json();
    wrong = reason === "poor" ? { pin: "pin_poor" } : { again: "pin_differ" };
    drawErrors();
    find(Object.keys(wrong)[0]).focus();
    return;
  }
  if (!answer.ok) throw new Error(await answer.text());
  wrong = {};
  find("pin-form").reset();
  await reload();
  bridge.toast(text(bridge, "pin_saved"));
}
