import { connect } from "/plugin-ui/kit/1/bridge.js";
import { find } from "./elements.js";
import * as messages from "./messages.js";
import * as settings from "./settings.js";
import { fillIn, text } from "./texts.js";

const bridge = await connect();

/** Does something and says so when it fails. */
const trying = (act) => async (event) => {
  event.preventDefault();
  try {
    await act();
  } catch {
    bridge.toast(text(bridge, "failed"), "failed");
  }
};

let mailbox;

fillIn(bridge);
messages.begin(bridge, trying);
settings.begin(bridge, trying);
bridge.addEventListener("language", () => {
  if (!mailbox?.open) return drawNone();
  messages.draw();
  settings.draw();
});
bridge.addEventListener("user", load);
find("retry").addEventListener("click", load);
await load();

async function load() {
  try {
    mailbox = await messages.reload();
    if (mailbox.open) messages.rules(await settings.reload());
    find("unread").hidden = true;
    find("mailbox").hidden = !mailbox.open;
    drawNone();
  } catch {
    find("unread").hidden = false;
  }
}

/** Why there is no mailbox, when there is none. */
function drawNone() {
  find("none").hidden = !mailbox || mailbox.open;
  if (!mailbox || mailbox.open) return;
  const why = mailbox.extension ? "without" : "no_extension";
  find("none-title").textContent = text(bridge, why);
  find("none-text").textContent = text(bridge, `${why}_more`, {
    extension: mailbox.extension,
  });
}
