import { connect } from "/plugin-ui/kit/1/bridge.js";
import { fillIn, text } from "./texts.js";

const KINDS = ["voicemail", "missed"];

const bridge = await connect();
const find = (id) => document.getElementById(id);

/** What the plugin has said. */
let shown;
/** What came of a letter to try it out: the key of a text, and what goes into it. */
let tried;
/** What is wrong with the quiet hours: the key of a text. */
let wrong;

/** Does something and says so when it fails. */
const trying = (act) => async (event) => {
  event.preventDefault();
  try {
    await act();
  } catch {
    bridge.toast(text(bridge, "failed"), "failed");
  }
};

fillIn(bridge);
find("wishes").addEventListener("submit", trying(save));
find("try").addEventListener("click", trying(tryOut));
find("retry").addEventListener("click", load);
find("digest").addEventListener("change", reveal);
find("quiet").addEventListener("change", reveal);
bridge.addEventListener("language", drawWords);
bridge.addEventListener("user", load);
await load();

async function load() {
  try {
    const answer = await bridge.fetch("/wishes");
    if (!answer.ok) throw new Error(await answer.text());
    shown = await answer.json();
    find("unread").hidden = true;
    find("wishes").hidden = !shown.wishes;
    find("none").hidden = Boolean(shown.wishes);
    if (shown.wishes) draw();
  } catch {
    find("unread").hidden = false;
  }
}

function draw() {
  const { wishes, states, attach_allowed } = shown;
  find("states").replaceChildren(...states.map(row));
  find("attach").checked = wishes.attach;
  find("attach-row").hidden = !attach_allowed;
  const daily = wishes.digest?.daily;
  find("digest").value = daily === undefined ? (wishes.digest ?? "") : "daily";
  find("daily").value = clock(daily ?? 8 * 60);
  find("quiet").checked = Boolean(wishes.quiet);
  find("from").value = clock(wishes.quiet?.from ?? 20 * 60);
  find("to").value = clock(wishes.quiet?.to ?? 7 * 60);
  reveal();
  drawWords();
}

/** What is drawn anew in another language. */
function drawWords() {
  if (!shown?.wishes) return;
  find("address").textContent = shown.address ?? text(bridge, "no_address");
  find("address").className = shown.address ? "num" : "error";
  find("try").disabled = !shown.address;
  for (const made of document.querySelectorAll("[data-state]")) {
    made.textContent = text(bridge, `is_${made.dataset.state}`);
  }
  find("tried").textContent = tried ? text(bridge, tried.key, tried) : "";
  find("quiet-error").textContent = wrong ? text(bridge, wrong) : "";
}

/** One state: its name, and a tick for each kind. */
function row(state) {
  const made = document.createElement("tr");
  const name = document.createElement("th");
  name.scope = "row";
  name.id = `state-${state}`;
  name.dataset.state = state.replaceAll("-", "_");
  made.append(name);
  for (const kind of KINDS) {
    const [cell, label, tick] = ["td", "label", "input"].map((tag) =>
      document.createElement(tag),
    );
    tick.type = "checkbox";
    tick.id = `${kind}-${state}`;
    tick.checked = shown.wishes[kind].includes(state);
    tick.setAttribute("aria-labelledby", `kind-${kind} state-${state}`);
    label.append(tick);
    cell.append(label);
    made.append(cell);
  }
  return made;
}

/** Shows the fields that what is chosen needs. */
function reveal() {
  find("daily-field").hidden = find("digest").value !== "daily";
  find("quiet-fields").hidden = !find("quiet").checked;
}

async function save() {
  const quiet = find("quiet").checked
    ? { from: minutes("from"), to: minutes("to") }
    : null;
  wrong = undefined;
  if (quiet && (quiet.from === null || quiet.to === null)) wrong = "no_time";
  else if (quiet && quiet.from === quiet.to) wrong = "same_time";
  for (const id of ["from", "to"]) {
    if (wrong) find(id).setAttribute("aria-invalid", "true");
    else find(id).removeAttribute("aria-invalid");
  }
  drawWords();
  if (wrong) return find("from").focus();
  const choice = find("digest").value;
  const digest =
    choice === "daily" ? { daily: minutes("daily") ?? 8 * 60 } : choice || null;
  const chosen = (kind) =>
    shown.states.filter((state) => find(`${kind}-${state}`).checked);
  const answer = await bridge.fetch("/wishes", {
    method: "PUT",
    json: {
      voicemail: chosen("voicemail"),
      missed: chosen("missed"),
      attach: find("attach").checked,
      quiet,
      digest,
    },
  });
  if (!answer.ok) throw new Error(await answer.text());
  shown = await answer.json();
  draw();
  bridge.toast(text(bridge, "saved"));
}

async function tryOut() {
  const answer = await bridge.fetch("/try", { method: "POST" });
  if (!answer.ok) throw new Error(await answer.text());
  const { reason } = await answer.json();
  tried = reason
    ? { key: "not_tried", reason }
    : { key: "tried", address: shown.address };
  drawWords();
}

/** Minutes of the day as a field of time has them. */
function clock(minute) {
  const two = (n) => String(n).padStart(2, "0");
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

/** And back; null when there is none. */
function minutes(id) {
  const [hour, minute] = find(id).value.split(":").map(Number);
  return Number.isInteger(hour) && Number.isInteger(minute)
    ? hour * 60 + minute
    : null;
}
