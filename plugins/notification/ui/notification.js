import { connect } from "/plugin-ui/kit/1/bridge.js";
import { fillIn, text } from "./texts.js";

const KINDS = ["voicemail", "missed"];
const WAYS = ["mail", "sms"];

const bridge = await connect();
const find = (id) => document.getElementById(id);

/** What the plugin has said. */
let shown;
/** Whether something was changed on the page and not saved yet: it is not drawn over. */
let touched = false;
/** What came of a letter to try it out: the key of a text, and what goes into it. */
let tried;
/** The same of an SMS. */
let triedSms;
/** What is wrong with the quiet hours: the key of a text. */
let wrong;
/** What is wrong with the mobile number: the key of a text. */
let wrongNumber;

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
find("wishes").addEventListener("input", () => (touched = true));
find("try").addEventListener("click", trying(tryOut));
find("try-sms").addEventListener("click", trying(trySms));
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
    const read = await answer.json();
    if (touched) return;
    shown = read;
    find("unread").hidden = true;
    find("wishes").hidden = !shown.wishes;
    find("none").hidden = Boolean(shown.wishes);
    if (shown.wishes) draw();
  } catch {
    find("unread").hidden = false;
  }
}

function draw() {
  const { wishes, states, attach_allowed, sms_offered } = shown;
  find("sms-panel").hidden = !sms_offered;
  find("mobile").value = wishes.sms.number;
  find("ways").hidden = !sms_offered;
  find("ways").replaceChildren(
    ...KINDS.flatMap((kind) => ways().map(heading(kind))),
  );
  for (const kind of KINDS) find(`kind-${kind}`).colSpan = ways().length;
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
  find("try-sms").disabled = !shown.sms_reaches;
  for (const made of document.querySelectorAll("[data-state]")) {
    made.textContent = text(bridge, `is_${made.dataset.state}`);
  }
  for (const made of document.querySelectorAll("[data-way]")) {
    made.textContent = text(bridge, `by_${made.dataset.way}`);
  }
  find("tried").textContent = tried ? text(bridge, tried.key, tried) : "";
  find("tried-sms").textContent = triedSms
    ? text(bridge, triedSms.key, triedSms)
    : "";
  find("mobile-error").textContent = wrongNumber
    ? text(bridge, wrongNumber)
    : "";
  find("quiet-error").textContent = wrong ? text(bridge, wrong) : "";
}

/** The ways in which people are told here. */
function ways() {
  return shown.sms_offered ? WAYS : WAYS.slice(0, 1);
}

/** The head of a column: a way of one kind. */
function heading(kind) {
  return (way) => {
    const made = document.createElement("th");
    made.scope = "col";
    made.id = `way-${kind}-${way}`;
    made.dataset.way = way;
    made.setAttribute("aria-describedby", `kind-${kind}`);
    return made;
  };
}

/** The states in which somebody is told about a kind in a way. */
function wished(kind, way) {
  return way === "sms" ? shown.wishes.sms[kind] : shown.wishes[kind];
}

/** One state: its name, and a tick for each way of each kind. */
function row(state) {
  const made = document.createElement("tr");
  const name = document.createElement("th");
  name.scope = "row";
  name.id = `state-${state}`;
  name.dataset.state = state.replaceAll("-", "_");
  made.append(name);
  for (const kind of KINDS) {
    for (const way of ways()) {
      const [cell, label, tick] = ["td", "label", "input"].map((tag) =>
        document.createElement(tag),
      );
      tick.type = "checkbox";
      tick.id = `${kind}-${way}-${state}`;
      tick.checked = wished(kind, way).includes(state);
      const named = `kind-${kind} way-${kind}-${way} state-${state}`;
      tick.setAttribute("aria-labelledby", named);
      label.append(tick);
      cell.append(label);
      made.append(cell);
    }
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
  const number = find("mobile").value.trim();
  wrongNumber = undefined;
  if (shown.sms_offered && number && !isNumber(number))
    wrongNumber = "no_number";
  else if (shown.sms_offered && !number && chosenAny("sms")) {
    wrongNumber = "number_missing";
  }
  if (wrongNumber) find("mobile").setAttribute("aria-invalid", "true");
  else find("mobile").removeAttribute("aria-invalid");
  drawWords();
  if (wrongNumber) return find("mobile").focus();
  if (wrong) return find("from").focus();
  const choice = find("digest").value;
  const digest =
    choice === "daily" ? { daily: minutes("daily") ?? 8 * 60 } : choice || null;
  const answer = await bridge.fetch("/wishes", {
    method: "PUT",
    json: {
      voicemail: chosen("voicemail", "mail"),
      missed: chosen("missed", "mail"),
      sms: shown.sms_offered
        ? {
            number,
            voicemail: chosen("voicemail", "sms"),
            missed: chosen("missed", "sms"),
          }
        : shown.wishes.sms,
      attach: find("attach").checked,
      quiet,
      digest,
    },
  });
  if (!answer.ok) throw new Error(await answer.text());
  shown = await answer.json();
  touched = false;
  draw();
  bridge.toast(text(bridge, "saved"));
}

/** The states that are ticked for a kind in a way. */
function chosen(kind, way) {
  return shown.states.filter(
    (state) => find(`${kind}-${way}-${state}`).checked,
  );
}

function chosenAny(way) {
  return KINDS.some((kind) => chosen(kind, way).length > 0);
}

/** Whether this is a number with its country. The plugin looks again. */
function isNumber(number) {
  const digits = number.replaceAll(/[ \-/.()]/g, "");
  return /^(\+|00)[1-9][0-9]{5,14}$/.test(digits);
}

async function trySms() {
  const answer = await bridge.fetch("/try-sms", { method: "POST" });
  if (!answer.ok) throw new Error(await answer.text());
  const { reason } = await answer.json();
  triedSms = reason
    ? { key: "not_tried_sms", reason }
    : { key: "tried_sms", number: shown.wishes.sms.number };
  drawWords();
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
