import { connect } from "/plugin-ui/kit/1/bridge.js";
import { find, setClock, tick } from "./elements.js";
import { drawHistory, drawKnown } from "./history.js";
import { drawAgents, drawContacts, drawDone, drawTeam } from "./overview.js";
import { drawQueues } from "./queues.js";
import { drawLinks } from "./links.js";
import { drawSeat } from "./seat.js";
import { drawLists, drawNotice } from "./supervise.js";
import { fillIn, text } from "./texts.js";

/** What is seen is so old at most. */
const POLL_MS = 1_000;
const PLUGIN = "org.jackfield.contact-centre";

const bridge = await connect();
let desk;
let overview;
let asking = false;
/** The caller in hand, and what is known of that number. */
let caller = "";
let known;

fillIn(bridge);
bridge.addEventListener("language", () => {
  fillIn(bridge);
  draw();
});
bridge.addEventListener("user", load);
find("retry").addEventListener("click", load);
setInterval(tick, 1_000);
setInterval(() => {
  if (!document.hidden) load();
}, POLL_MS);
await load();

async function load() {
  // A slow answer is waited for, not asked for again.
  if (asking) return;
  asking = true;
  try {
    desk = await get("/desk");
    overview = desk.supervisor ? await get("/overview") : undefined;
    find("unread").hidden = true;
    await look();
    draw();
  } catch {
    find("unread").hidden = false;
  } finally {
    asking = false;
  }
}

async function get(path) {
  const answer = await bridge.fetch(path);
  if (!answer.ok) throw new Error(await answer.text());
  const said = await answer.json();
  setClock(said.now);
  for (const queue of said.queues) queue.at = said.now;
  return said;
}

/** Looks up whom the agent speaks with, when that is somebody else than before. */
async function look() {
  const { me } = desk;
  const number = me?.contact?.number || me?.wrap?.number || "";
  if (number === caller) return;
  caller = number;
  known = undefined;
  if (number) await learn();
}

async function learn() {
  const asked = caller;
  const answer = await bridge.fetch(`/callers/${encodeURIComponent(asked)}`);
  // Without it agents work all the same.
  if (answer.ok && asked === caller) known = await answer.json();
}

async function keep(note) {
  if (await post("/notes", note)) {
    bridge.toast(text(bridge, "note_kept"), "done");
    await learn();
    draw();
  }
}

/** Visits that were looked for. */
async function visits(wanted) {
  const answer = await bridge.fetch(`/history?${new URLSearchParams(wanted)}`);
  if (answer.ok) return answer.json();
  bridge.toast(text(bridge, "failed"), "failed");
}

/** What is missing before there is anything to see. */
function drawNone() {
  const stranger = !desk.agent && !desk.supervisor;
  const empty = overview?.queues.length === 0;
  const unknown = desk.extension === null && !bridge.user.extension;
  const more = unknown ? "no_extension" : "no_agent_more";
  find("none").hidden = !stranger && !empty;
  find("none-title").textContent = text(
    bridge,
    stranger ? "no_agent" : "no_queues",
  );
  find("none-text").textContent = text(
    bridge,
    stranger ? more : "no_queues_more",
  );
}

function draw() {
  if (!desk) return;
  drawNone();
  drawSeat(bridge, desk, (wish) => post("/desk", wish));
  drawKnown(bridge, caller, known, keep);
  const order = overview && ((wanted) => post("/overview", wanted));
  const shown = overview ?? desk;
  drawQueues(bridge, shown.queues, order);
  if (overview) drawAgents(bridge, overview, order);
  else drawTeam(bridge, desk.team);
  drawContacts(
    bridge,
    overview ? overview.waiting : desk.callbacks,
    shown.queues,
    order,
  );
  drawDone(bridge, overview?.done ?? []);
  drawNotice(bridge, overview?.supervision);
  drawLists(bridge, overview, order);
  const make = (link) => post("/links", link);
  drawLinks(bridge, PLUGIN, overview, { make, order });
  const may = desk.agent || desk.supervisor;
  drawHistory(bridge, may && shown.queues.map(({ name }) => name), visits);
}

/** Says what is wanted; what the plugin does not grant is said in its own words. Whether it was granted. */
async function post(path, json) {
  try {
    const answer = await bridge.fetch(path, { method: "POST", json });
    if (answer.status === 409) bridge.toast(await answer.text(), "failed");
    else if (!answer.ok) throw new Error(await answer.text());
    asking = false;
    await load();
    return answer.ok;
  } catch {
    bridge.toast(text(bridge, "failed"), "failed");
  }
}
