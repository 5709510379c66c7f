// The wallboard: what the queues are like now, large enough for the other end of the room. It asks at its own address, where the word
// of its link stands.

import { language, number, text, time } from "./texts.js";

const POLL_MS = 2_000;
/** Whoever is not answered asks less often. */
const SLOWEST_MS = 30_000;
/** A link that is not valid may be valid again after a restart of the house. */
const INVALID_MS = 60_000;
/** Queues on one page, and how long it is shown when there are several. */
const ROWS = 3;
const TURN_MS = 15_000;
/** Without an answer for so long the figures are old. */
const OLD_MS = 8_000;

const find = (id) => document.getElementById(id);
const theme = new URLSearchParams(location.search).get("theme");
if (theme === "dark" || theme === "light")
  document.documentElement.dataset.theme = theme;
document.documentElement.lang = language;
document.title = text("title");

let board;
/** When the last answer came, by this screen's clock, and how far the house's clock is ahead. */
let heard = Date.now();
let ahead = 0;
let pause = POLL_MS;
let page = 0;
let turns = true;

find("pause").addEventListener("click", () => {
  turns = !turns;
  draw();
});
setInterval(tick, 1_000);
setInterval(() => {
  if (!turns) return;
  page += 1;
  draw();
}, TURN_MS);
ask();

async function ask() {
  try {
    const answer = await fetch("data", { cache: "no-store" });
    if (answer.status === 404) {
      board = undefined;
      pause = INVALID_MS;
      trouble(text("invalid"));
      find("queues").replaceChildren();
    } else if (answer.ok) {
      board = await answer.json();
      heard = Date.now();
      ahead = board.now - heard;
      pause = POLL_MS;
      trouble();
    } else {
      throw new Error(answer.statusText);
    }
  } catch {
    pause = Math.min(pause * 2, SLOWEST_MS);
  }
  draw();
  setTimeout(ask, pause);
}

function trouble(said) {
  const place = find("trouble");
  place.hidden = !said;
  if (said && place.textContent !== said) place.textContent = said;
}

function tick() {
  find("clock").textContent = time(Date.now() + ahead);
  if (board && Date.now() - heard > OLD_MS)
    trouble(text("lost", { time: time(heard + ahead) }));
  for (const it of document.querySelectorAll("[data-since]"))
    it.textContent = clock(Date.now() + ahead - Number(it.dataset.since));
}

function draw() {
  if (!board) return;
  find("name").textContent = board.name;
  find("message").textContent = board.message;
  const pages = Math.max(1, Math.ceil(board.queues.length / ROWS));
  page %= pages;
  const shown = board.queues.slice(page * ROWS, (page + 1) * ROWS);
  find("queues").replaceChildren(
    ...(shown.length ? shown.map(queue) : [made("p", "", text("none"))]),
  );
  find("turn").hidden = pages === 1;
  find("pause").textContent = text(turns ? "stop" : "go_on");
  find("page").textContent = text("page", { at: page + 1, of: pages });
  tick();
}

function made(tag, className, ...content) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content.filter((each) => each !== undefined));
  return element;
}

function queue(it) {
  const row = made("section", "queue", made("h2", "", it.name));
  const tiles = made("dl", "tiles");
  const given_up = it.today.abandoned - it.today.abandoned_short;
  tiles.append(
    tile("waiting", number(it.waiting), {
      tone: over(it.waiting, it.alarm_waiting),
    }),
    longest(it),
    level(it),
    tile("free", number(it.ready), {
      tone: it.waiting > 0 && it.ready === 0 ? "warn" : undefined,
      more: `${text("busy")} ${number(it.busy)} · ${text("away")} ${number(it.away)}`,
    }),
    tile("given_up", number(given_up), {
      more: `${text("answered")} ${number(it.today.answered)}`,
    }),
    tile("callbacks", number(it.callbacks)),
  );
  row.append(tiles);
  if (it.alarm) row.classList.add("alarm");
  return row;
}

/** A figure beside the limit at which an alarm is raised; from half of it on it is to be watched. */
function over(value, limit) {
  if (!limit) return undefined;
  if (value >= limit) return "bad";
  return value * 2 >= limit ? "warn" : "good";
}

function longest(it) {
  const tone = over(it.longest, it.alarm_seconds * 1_000);
  if (!it.longest) return tile("longest", "–", { tone });
  const value = made("span");
  value.dataset.since = board.now - it.longest;
  return tile("longest", value, { tone });
}

function level(it) {
  const goal = { percent: it.goal_percent, seconds: it.goal_seconds };
  const more = text("goal", goal);
  if (it.service_level === null) return tile("level", "–", { more });
  const reached = it.service_level >= it.goal_percent;
  return tile("level", `${number(it.service_level)} %`, {
    tone: reached ? "good" : "bad",
    more,
  });
}

/** A figure; how it stands is said by a sign and a word too, not by colour alone. */
function tile(key, value, { tone, more } = {}) {
  const signs = { good: "●", warn: "▲", bad: "■" };
  const term = made("dt", "", text(key));
  const figure = made("dd", "figure num", value);
  const it = made("div", `tile ${tone ?? ""}`, term, figure);
  if (tone) {
    const sign = made("span", "sign", signs[tone]);
    sign.setAttribute("aria-hidden", "true");
    it.append(made("dd", "tone", sign, ` ${text(tone)}`));
  }
  if (more) it.append(made("dd", "more", more));
  return it;
}

/** Milliseconds as people read them on a clock. */
function clock(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const two = (n) => String(n).padStart(2, "0");
  const [h, m, s] = [
    Math.floor(seconds / 3_600),
    Math.floor((seconds % 3_600) / 60),
    seconds % 60,
  ];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
