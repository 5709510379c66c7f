// What was recorded by telephone: heard and erased.
import { button, find, made, moment } from "./elements.js";

let context;
let playing;

export function begin(shared) {
  context = shared;
}

export async function load() {
  const listed = await (await context.ask("/recordings")).json();
  const rows = listed.map(({ name, by, at }) => {
    const acts = made("div", "row");
    const row = made(
      "li",
      "version",
      made("p", "", made("strong", "", name), " ", about(by, at)),
      acts,
    );
    acts.append(
      button(
        context.say("listen"),
        name,
        context.trying(() => listen(row, name)),
      ),
      button(
        context.say("erase"),
        name,
        context.trying(() => erase(name)),
        "danger quiet",
      ),
    );
    return row;
  });
  find("recordings").replaceChildren(
    ...(rows.length > 0
      ? rows
      : [made("li", "muted", context.say("no_recordings"))]),
  );
}

const about = (by, at) =>
  made(
    "span",
    "muted small",
    `${context.say("by_extension", { by })} · ${moment(context.bridge, at)}`,
  );

/** One at a time, below what it belongs to. */
async function listen(row, name) {
  playing?.remove();
  const audio = made("audio", "");
  audio.controls = true;
  audio.setAttribute("aria-label", name);
  audio.src = await context.bridge.audio(`/recordings/${name}`);
  playing = audio;
  row.append(audio);
  await audio.play();
}

async function erase(name) {
  const sure = await context.bridge.confirm({
    title: context.say("erase_title", { name }),
    text: context.say("erase_text"),
    act: context.say("erase"),
  });
  if (!sure) return;
  await context.ask(`/recordings/${name}`, { method: "DELETE" });
  await load();
  find("recordings-title").focus();
}
