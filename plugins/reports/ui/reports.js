import { connect } from "/plugin-ui/kit/1/bridge.js";
import { find } from "./elements.js";
import * as explorer from "./explorer.js";
import * as report from "./report.js";
import * as schedules from "./schedules.js";
import { fillIn, text } from "./texts.js";

const bridge = await connect();

/** Does something and says so when it fails. */
const trying =
  (act) =>
  async (...given) => {
    given[0]?.preventDefault?.();
    try {
      await act(...given);
    } catch {
      bridge.toast(text(bridge, "failed"), "failed");
    }
  };

/** Asks the plugin for JSON. */
export async function ask(path, request) {
  const answer = await bridge.fetch(path, request);
  if (!answer.ok) throw new Error(await answer.text());
  return answer.status === 204 ? undefined : answer.json();
}

/** What the page shows stands behind its address, so that “back” leads back. */
const places = {
  read() {
    try {
      return JSON.parse(decodeURIComponent(location.hash.slice(1)));
    } catch {
      return undefined;
    }
  },
  write(place) {
    const hash = `#${encodeURIComponent(JSON.stringify(place))}`;
    if (hash !== location.hash) location.hash = hash;
    else go();
  },
};

const context = { bridge, ask, trying, open: places.write };
fillIn(bridge);
explorer.begin(context);
report.begin(context);
schedules.begin(context);
addEventListener("hashchange", go);
bridge.addEventListener("language", load);
bridge.addEventListener("user", load);
find("retry").addEventListener("click", load);
await load();

async function load() {
  try {
    const [list, choices] = await Promise.all([
      ask("/reports"),
      ask("/choices"),
    ]);
    context.list = list;
    context.choices = choices;
    await explorer.reload();
    find("unread").hidden = true;
    find("none").hidden = list.reports.length > 0;
    find("all").hidden = list.reports.length === 0;
    if (list.reports.length > 0) go();
  } catch {
    find("unread").hidden = false;
  }
}

/** Shows what the address names, and the first report without one. */
function go() {
  const place = places.read() ?? { report: context.list.reports[0].id };
  const listed = Boolean(place.schedules);
  find("report").hidden = listed;
  find("schedules").hidden = !listed;
  explorer.mark(place.report);
  if (listed) schedules.show(place);
  else report.show(place);
}
