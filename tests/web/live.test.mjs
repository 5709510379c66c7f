// The live view against a server that the test plays: what happens when much happens, and when the line breaks.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { admin, closeBrowser, closePage, open, settled } from "./support.mjs";

let session;

before(async () => (session = await admin()));
after(closeBrowser);

const party = (number) => ({ number, name: "", extension: null });
const call = (id, state = "ringing") => ({
  id,
  direction: "inbound",
  caller: party(`+3312345${id.slice(2)}`),
  callee: party("500"),
  state,
  script: null,
  started: Date.now(),
  answered: null,
});
const phone = (n) => ({
  extension: String(1000 + n),
  contact: `sip:${1000 + n}@192.0.2.1:${5060 + n}`,
  source: `192.0.2.1:${5060 + n}`,
  transport: "udp",
  user_agent: "Test phone",
  since: Date.now(),
  expires: Date.now() + 3_600_000,
});
const snapshot = (
  seq,
  { calls = [], conferences = [], registrations = [] } = {},
) => ({
  type: "snapshot",
  data: {
    run: "test",
    seq,
    now: Date.now(),
    calls,
    conferences,
    registrations,
    plugins: [],
  },
});

const conference = (members, more = {}) => ({
  id: 3,
  title: "Monday round",
  plugin: "org.jackfield.conference",
  name: "600",
  since: Date.now() - 60_000,
  ends: null,
  max_members: 16,
  locked: false,
  waiting: false,
  ringing: 0,
  speaker: null,
  members: members.map((name, at) => ({
    id: at + 1,
    call: `c-${at}`,
    who: { number: String(100 + at), name, extension: null },
    since: Date.now() - 30_000,
    moderator: at === 0,
    muted: false,
    on_hold: false,
    gain: 100,
  })),
  ...more,
});

/** A page whose event stream is played by `serve`. */
async function played(serve, path = "/calls", heading = "Live view") {
  const page = await open({ path: "/login" });
  const [name, value] = session.cookie.split("=");
  await page.context().addCookies([{ name, value, url: page.url() }]);
  await page.routeWebSocket(/\/api\/v1\/events/, serve);
  await page.goto(new URL(path, page.url()).href);
  await settled(page, heading);
  return page;
}

const send = (socket, message) => socket.send(JSON.stringify(message));

test("a busy line is painted at most four times a second and ends up right", async () => {
  let socket;
  const phones = Array.from({ length: 500 }, (_, n) => phone(n));
  const page = await played((opened) => {
    socket = opened;
    send(socket, snapshot(1, { registrations: phones, calls: [call("c-1")] }));
  });
  await page
    .getByRole("cell", { name: "1499", exact: false })
    .first()
    .waitFor();
  await page.evaluate(() => {
    window.paints = 0;
    new MutationObserver(() => (window.paints += 1)).observe(
      document.querySelector('section[aria-labelledby="calls-now"] tbody'),
      {
        childList: true,
        subtree: true,
      },
    );
  });
  const begin = Date.now();
  for (let n = 0; n < 60; n++) {
    const id = `c-${2 + (n % 6)}`;
    send(socket, {
      seq: 2 + n,
      at: 0,
      type: n % 12 < 6 ? "call" : "call-ended",
      data: n % 12 < 6 ? call(id) : { id },
    });
    await new Promise((done) => setTimeout(done, 50));
  }
  // The last event of all tells that the others have been painted.
  send(socket, { seq: 62, at: 0, type: "call", data: call("c-1", "talking") });
  await page.getByText("Talking").waitFor();
  const seconds = (Date.now() - begin) / 1000;
  const paints = await page.evaluate(() => window.paints);
  assert.ok(paints > 2, `${paints} paints`);
  assert.ok(paints <= seconds * 4 + 2, `${paints} paints in ${seconds} s`);
  assert.equal(await page.getByRole("button", { name: /^Hang up/ }).count(), 1);
  await closePage(page);
});

test("after a break the page asks for what it missed", async () => {
  const asked = [];
  const page = await played((socket) => {
    asked.push(new URL(socket.url()).search);
    if (asked.length === 1) {
      send(socket, snapshot(7, { calls: [call("c-1")] }));
      setTimeout(() => socket.close(), 600);
    } else {
      send(socket, {
        seq: 8,
        at: 0,
        type: "call",
        data: call("c-1", "talking"),
      });
    }
  });
  await page.getByText("Talking").waitFor();
  assert.deepEqual(asked.slice(0, 2), ["", "?since=7&run=test"]);
  await closePage(page);
});

test("while the line is down the page says that what it shows may be old", async () => {
  let down = false;
  const page = await played((socket) => {
    if (down) return socket.close();
    send(socket, snapshot(1));
    setTimeout(() => {
      down = true;
      socket.close();
    }, 300);
  });
  await page.getByText("What you see may be old; reconnecting").waitFor();
  down = false;
  await page
    .getByText("What you see may be old; reconnecting")
    .waitFor({ state: "detached" });
  await closePage(page);
});

test("a conference shows who is in it and who speaks, and is gone at its end", async () => {
  let socket;
  const page = await played(
    (opened) => {
      socket = opened;
      send(
        socket,
        snapshot(1, { conferences: [conference(["Anna", "Bruno"])] }),
      );
    },
    "/conferences",
    "Conferences",
  );
  const row = (name) => page.getByRole("row").filter({ hasText: name });
  await page.getByRole("heading", { name: "Monday round" }).waitFor();
  await row("Anna").getByText("Moderator").waitFor();
  const speaks = (seq, speaker) =>
    send(socket, {
      seq,
      at: 0,
      type: "conference-speaker",
      data: { id: 3, speaker },
    });
  speaks(2, 2);
  await row("Bruno").getByText("Speaks").waitFor();
  speaks(3, null);
  await row("Bruno").getByText("Listens").waitFor();
  send(socket, {
    seq: 4,
    at: 0,
    type: "conference",
    data: conference(["Anna", "Bruno", "Chloé"], { locked: true }),
  });
  await row("Chloé").waitFor();
  await page.getByText("Locked", { exact: true }).waitFor();
  await page.getByText("3 of 16").waitFor();
  send(socket, { seq: 5, at: 0, type: "conference-ended", data: { id: 3 } });
  await page.getByText("Nobody is in a conference").waitFor();
  await closePage(page);
});
