import { connect } from "/plugin-ui/kit/1/bridge.js";
import { find } from "./elements.js";
import * as received from "./received.js";
import * as sent from "./sent.js";
import { fillIn, text } from "./texts.js";

const POLL_MS = 5_000;
/** Largest file that the page may hand in. */
const LARGEST = 1024 * 1024;

const bridge = await connect();
let faxes;
/** What was drawn last: a list that has not changed keeps its focus. */
let drawn = "";

/** Does something, says so when it fails, and looks again. */
const acting = (act) => async (event) => {
  event.preventDefault();
  try {
    const answer = await act();
    if (answer?.status === 422)
      bridge.toast(await answer.text(), "failed");
    else if (answer && !answer.ok) throw new Error(await answer.text());
  } catch {
    bridge.toast(text(bridge, "failed"), "failed");
  }
  await load();
};

fillIn(bridge);
bridge.addEventListener("language", draw);
bridge.addEventListener("user", load);
find("retry").addEventListener("click", load);
find("send").addEventListener("submit", send);
setInterval(() => {
  if (!document.hidden) load();
}, POLL_MS);
await load();

async function load() {
  try {
    const answer = await bridge.fetch("/faxes");
    if (!answer.ok) throw new Error(await answer.text());
    faxes = await answer.json();
    find("unread").hidden = true;
    find("none").hidden = Boolean(faxes.extension);
    find("faxes").hidden = !faxes.extension;
    draw();
  } catch {
    find("unread").hidden = false;
  }
}

function draw() {
  const now = JSON.stringify([faxes, bridge.language]);
  if (!faxes?.extension || now === drawn) return;
  // Whoever types is not interrupted.
  if (document.activeElement?.closest("form.address")?.querySelector("input").value) return;
  drawn = now;
  received.draw(bridge, faxes.boxes, acting);
  sent.draw(bridge, faxes.jobs, acting);
}

/** Hands a document in. */
async function send(event) {
  event.preventDefault();
  const [file, to] = [find("file"), find("to")];
  const document = file.files[0];
  const numbers = to.value
    .split(/[\n,;]/)
    .map((line) => line.trim())
    .filter(Boolean);
  say(file, "");
  say(to, "");
  if (!document) return say(file, text(bridge, "no_document"));
  if (document.size > LARGEST) return say(file, text(bridge, "too_large"));
  if (numbers.length === 0) return say(to, text(bridge, "no_recipients"));
  const query = new URLSearchParams({
    to: numbers.join(","),
    name: document.name,
  });
  find("go").disabled = true;
  try {
    const answer = await bridge.fetch(`/documents?${query}`, {
      method: "POST",
      body: await document.arrayBuffer(),
      headers: { "content-type": "application/octet-stream" },
    });
    if (answer.status === 422) {
      const why = await answer.text();
      return say(why.includes("number") || why.includes("recipients") ? to : file, why);
    }
    if (!answer.ok) throw new Error(await answer.text());
    find("send").reset();
    bridge.toast(text(bridge, "accepted"));
    await load();
    find("sent-title").focus();
  } catch {
    bridge.toast(text(bridge, "failed"), "failed");
  } finally {
    find("go").disabled = false;
  }
}

/** Says what is wrong with a field, or that nothing is. */
function say(field, why) {
  find(`${field.id}-error`).textContent = why;
  field.setAttribute("aria-invalid", String(Boolean(why)));
  if (why) field.focus();
}
