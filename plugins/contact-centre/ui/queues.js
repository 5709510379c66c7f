// The queues as they are now, a row each; alarms above them.

import { badge, button, clock, draw, find, made, since } from "./elements.js";
import { number, text } from "./texts.js";

const COLUMNS = [
  "queue",
  "waiting",
  "longest",
  "ready",
  "busy",
  "away",
  "level",
  "mean_wait",
  "mean_talk",
  "given_up",
];

export function drawQueues(bridge, queues, order) {
  find("queues").hidden = queues.length === 0;
  // The longest wait goes on by the second: only its beginning counts as a change.
  draw(
    find("queues-body"),
    [
      queues.map((queue) => ({ ...queue, longest: begin(queue) })),
      bridge.language,
    ],
    () => [table(bridge, queues)],
  );
  const raised = queues.filter((queue) => queue.alarm);
  draw(
    find("alarms"),
    [raised.map(({ name, alarm }) => [name, alarm]), bridge.language],
    () => raised.map((queue) => alarm(bridge, queue, order)),
  );
}

const begin = ({ longest, at }) =>
  longest ? Math.round((at - longest) / 1000) : 0;

function table(bridge, queues) {
  const it = made("table", "table");
  const head = made(
    "tr",
    "",
    ...COLUMNS.map((key, at) => {
      const cell = made("th", at ? "num" : "", text(bridge, `col_${key}`));
      cell.scope = "col";
      return cell;
    }),
  );
  it.append(
    made("thead", "", head),
    made("tbody", "", ...queues.map((queue) => row(bridge, queue))),
  );
  return it;
}

function row(bridge, queue) {
  const of = (key, value) => {
    const cell = made("td", "num", value);
    cell.dataset.label = text(bridge, `col_${key}`);
    return cell;
  };
  const count = (key, value) => of(key, number(bridge, value));
  const time = (key, value) => of(key, value === null ? "–" : clock(value));
  const name = made(
    "th",
    "name",
    queue.name,
    made("span", "muted num small", ` ${queue.number}`),
  );
  name.scope = "row";
  const waiting = count("waiting", queue.waiting);
  if (queue.callbacks) {
    const more = text(bridge, "callbacks", {
      count: number(bridge, queue.callbacks),
    });
    waiting.append(made("span", "muted small", ` + ${more}`));
  }
  return made(
    "tr",
    "",
    name,
    waiting,
    of("longest", queue.longest ? since(queue.at - queue.longest) : "–"),
    count("ready", queue.ready),
    count("busy", queue.busy),
    count("away", queue.away),
    of("level", level(bridge, queue)),
    time("mean_wait", queue.average_wait),
    time("mean_talk", queue.average_talk),
    count("given_up", queue.today.abandoned - queue.today.abandoned_short),
  );
}

/** How many were answered in time, beside what is promised: told by a word too, not by colour alone. */
function level(bridge, queue) {
  if (queue.service_level === null) return "–";
  const reached = queue.service_level >= queue.goal_percent;
  const it = badge(
    `${number(bridge, queue.service_level)} %`,
    reached ? "good" : "bad",
  );
  const goal = { percent: queue.goal_percent, seconds: queue.goal_seconds };
  it.append(
    made(
      "span",
      "hidden-text",
      ` ${text(bridge, reached ? "goal_reached" : "goal_missed", goal)}`,
    ),
  );
  it.title = text(bridge, "goal", goal);
  return it;
}

function alarm(bridge, queue, order) {
  const it = made(
    "div",
    "note bad row spread",
    made(
      "span",
      "",
      `${text(bridge, "alarm", { queue: queue.name })} `,
      since(queue.alarm.since),
    ),
  );
  if (queue.alarm.by)
    it.append(
      made("span", "", text(bridge, "seen_by", { who: queue.alarm.by })),
    );
  else if (order)
    it.append(
      button(bridge, "seen", queue.name, () =>
        order({ acknowledge: { queue: queue.number } }),
      ),
    );
  return it;
}
