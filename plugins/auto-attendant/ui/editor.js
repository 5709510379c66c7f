// A plan in two shapes, kept in step: the form beside its text. Whatever is changed in one is in the other at once, and kept as a
// draft until it is published.
import * as form from "./form.js";
import { button, find, made } from "./elements.js";

const CHECK_MS = 400;
const KEEP_MS = 1_000;

let context;
/** The plan in the form; none while the text cannot be read. */
let plan;
let basedOn = 0;
let faults = [];
let checking;
let keeping;
/** Counts what was asked for, so that a late answer is passed over. */
let asked = 0;

export const written = () => find("text").value;

export function begin(shared) {
  context = shared;
  find("text").addEventListener("input", () => {
    clearTimeout(checking);
    checking = setTimeout(context.trying(check), CHECK_MS);
    changed();
  });
  find("editor").addEventListener("submit", (event) => event.preventDefault());
  find("discard").addEventListener("click", context.trying(discard));
  find("publish").addEventListener("click", context.trying(askToPublish));
  find("go-on").addEventListener("click", context.trying(goOn));
  find("publishing").addEventListener("close", context.trying(publish));
}

/** Begin with a text. */
export function take(draft) {
  clearTimeout(keeping);
  basedOn = draft.based_on;
  find("text").value = draft.text;
  context.trying(check)();
  standing();
}

/** Draws the form anew, as after a change of the language. */
export function draw() {
  standing();
  tellFaults();
  if (plan) form.draw(context, plan, faults, formChanged);
  else
    find("form").replaceChildren(
      made("p", "note warn", context.say("unreadable")),
    );
}

/** Somebody has changed the form: the text follows. */
function formChanged(anew) {
  find("text").value = `${JSON.stringify(plan, null, 2)}\n`;
  if (anew) draw();
  clearTimeout(checking);
  checking = setTimeout(context.trying(check), CHECK_MS);
  changed();
}

/** Has the plugin read the text; the form follows, unless somebody is typing there. */
async function check() {
  const mine = (asked += 1);
  const text = written();
  const answer = await context.ask("/check", {
    method: "POST",
    json: { text },
  });
  const told = await answer.json();
  if (mine !== asked || text !== written()) return;
  faults = told.faults;
  const typing =
    find("form").contains(document.activeElement) && plan && told.plan;
  if (!typing || JSON.stringify(plan) !== JSON.stringify(told.plan)) {
    plan = told.plan;
    draw();
  } else {
    tellFaults();
    form.mark(context, faults);
  }
}

function changed() {
  standing();
  clearTimeout(keeping);
  keeping = setTimeout(context.trying(keep), KEEP_MS);
}

async function keep() {
  if (written() === context.published)
    await context.ask("/draft", { method: "DELETE" });
  else
    await context.ask("/draft", {
      method: "PUT",
      json: { text: written(), based_on: basedOn },
    });
}

/** Says which version is in force, and whether there is more than that. */
function standing() {
  const open = written() !== context.published;
  find("in-force").textContent = context.say("in_force", {
    number: context.number,
  });
  const badge = find("state");
  badge.textContent = context.say(open ? "is_draft" : "is_published");
  badge.className = `badge ${open ? "warn" : "good"}`;
  find("discard").disabled = find("publish").disabled = !open;
  const overtaken = open && basedOn !== context.number;
  find("overtaken").hidden = !overtaken;
  find("overtaken-text").textContent = overtaken
    ? context.say("overtaken", { number: context.number, based: basedOn })
    : "";
}

/** The faults, each with a way to its line. */
function tellFaults() {
  find("no-faults").hidden = faults.length > 0;
  find("faults").replaceChildren(
    ...faults.map((fault) => {
      const words = context.say(`fault_${fault.code}`, { about: fault.about });
      const to = button(context.say("line", { line: fault.line }), words, () =>
        goTo(fault.line),
      );
      return made("li", "row", to, made("span", "bad", words));
    }),
  );
  find("text").setAttribute("aria-invalid", String(faults.length > 0));
}

/** Puts the cursor into a line of the text. */
function goTo(line) {
  const area = find("text");
  const lines = area.value.split("\n");
  const begin = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  area.focus();
  area.setSelectionRange(begin, begin + (lines[line - 1]?.length ?? 0));
  area.scrollTop = (area.scrollHeight * (line - 4)) / lines.length;
}

async function discard() {
  const sure = await context.bridge.confirm({
    title: context.say("discard_title"),
    text: context.say("discard_text"),
    act: context.say("discard"),
  });
  if (!sure) return;
  clearTimeout(keeping);
  await context.ask("/draft", { method: "DELETE" });
  take({ text: context.published, based_on: context.number });
}

async function askToPublish() {
  clearTimeout(checking);
  await check();
  if (faults.length > 0) {
    context.bridge.toast(context.say("not_with_faults"), "failed");
    return goTo(faults[0].line);
  }
  find("note").value = "";
  find("publishing").returnValue = "cancel";
  find("publishing").showModal();
}

async function publish() {
  if (find("publishing").returnValue !== "publish") return;
  clearTimeout(keeping);
  const json = { text: written(), based_on: basedOn, note: find("note").value };
  const answer = await context.ask("/publish", { method: "POST", json });
  if (answer.status === 409) {
    context.number = Number(await answer.text());
    return standing();
  }
  const told = await answer.json();
  if (answer.status === 422) {
    faults = told.faults;
    return tellFaults();
  }
  context.take(told);
  context.bridge.toast(context.say("now_published", { number: told.number }));
}

/** The draft stays what it is, and is to follow the version that is in force now. */
async function goOn() {
  const view = await (await context.ask("/plan")).json();
  context.number = view.number;
  context.published = view.text;
  basedOn = view.number;
  await keep();
  standing();
}
