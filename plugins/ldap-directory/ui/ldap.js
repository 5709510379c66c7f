import { connect } from "/plugin-ui/kit/1/bridge.js";
import { fillIn, moment, text } from "./texts.js";

/** While it synchronises, it is asked how it stands so often. */
const LOOK_MS = 1000;

const find = (id) => document.getElementById(id);
const bridge = await connect();
let standing;
let tried;
let looking;

fillIn(bridge);
bridge.addEventListener("language", () => {
  fillIn(bridge);
  draw();
  drawTried();
});
find("retry").addEventListener("click", load);
find("synchronise").addEventListener("click", () => act(synchronise));
find("test").addEventListener("click", () => act(test));
await load();

async function ask(path, method) {
  const answer = await bridge.fetch(path, { method });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

async function load() {
  try {
    standing = await ask("/status", "GET");
    find("unread").hidden = true;
    draw();
  } catch {
    find("unread").hidden = false;
  }
  clearTimeout(looking);
  if (standing?.running) looking = setTimeout(load, LOOK_MS);
}

async function act(what) {
  const buttons = [find("synchronise"), find("test")];
  buttons.forEach((button) => (button.disabled = true));
  try {
    await what();
  } catch {
    bridge.toast(text(bridge, "failed"), "failed");
  } finally {
    buttons.forEach((button) => (button.disabled = false));
  }
}

async function synchronise() {
  standing = await ask("/synchronise", "POST");
  draw();
  looking = setTimeout(load, LOOK_MS);
}

async function test() {
  tried = await ask("/test", "POST");
  drawTried();
  find("tried-title").focus();
}

function draw() {
  if (!standing) return;
  const { server, encrypted, running, error, at, good, next } = standing;
  find("none").hidden = server !== "";
  find("standing").hidden = server === "";
  const [state, tone] = running
    ? ["running", "accent"]
    : error
      ? ["has_failed", "bad"]
      : at
        ? ["well", "good"]
        : ["never", "warn"];
  find("state").textContent = text(bridge, state);
  find("state").className = `badge ${tone}`;
  show("error", error && !running ? error : "");
  show("clear", encrypted ? "" : text(bridge, "in_clear"));
  const when = (time) => (time ? moment(bridge, time) : text(bridge, "never"));
  const left = [
    standing.without_name &&
      text(bridge, "without_name", { count: standing.without_name }),
    standing.without_number &&
      text(bridge, "without_number", { count: standing.without_number }),
    standing.cut && text(bridge, "cut"),
  ].filter(Boolean);
  list("figures", [
    [text(bridge, "server"), server],
    [text(bridge, "last_good"), when(good)],
    ...(error ? [[text(bridge, "last_try"), when(at)]] : []),
    [text(bridge, "next"), next ? when(next) : text(bridge, "by_hand")],
    [text(bridge, "entries"), number(standing.entries)],
    [
      text(bridge, "contacts"),
      text(bridge, "of_which", {
        contacts: number(standing.contacts),
        added: number(standing.added),
        removed: number(standing.removed),
      }),
    ],
    ...(left.length ? [[text(bridge, "left_out"), left.join(" · ")]] : []),
  ]);
}

function drawTried() {
  find("tried").hidden = !tried;
  if (!tried) return;
  const { error, dn, attributes, contact, why_none } = tried;
  find("tried-state").textContent = text(bridge, error ? "has_failed" : "well");
  find("tried-state").className = `badge ${error ? "bad" : "good"}`;
  show("tried-error", error ?? "");
  find("found").hidden = Boolean(error);
  if (error) return;
  find("dn").textContent = dn;
  list(
    "attributes",
    Object.entries(attributes).map(([name, values]) => [
      name,
      values.join(", "),
    ]),
  );
  show("why-none", why_none ? text(bridge, why_none.replace(" ", "_")) : "");
  list(
    "contact",
    contact
      ? [
          [text(bridge, "name"), contact.name],
          [text(bridge, "company"), contact.company],
          ...contact.numbers.map(([kind, number]) => [
            text(bridge, kind),
            number,
          ]),
          [text(bridge, "mail"), contact.mail],
          [text(bridge, "remark"), contact.note],
        ].filter(([, value]) => value)
      : [],
  );
}

function show(id, content) {
  find(id).textContent = content;
  find(id).hidden = content === "";
}

/** A function, since the page is drawn before the end of this file is reached. */
function number(value) {
  return value.toLocaleString(bridge.language);
}

function list(id, rows) {
  find(id).replaceChildren(
    ...rows.flatMap(([term, value]) => {
      const [dt, dd] = ["dt", "dd"].map((tag) => document.createElement(tag));
      dt.textContent = term;
      dd.textContent = value;
      return [dt, dd];
    }),
  );
}
