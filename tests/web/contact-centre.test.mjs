// The contact centre on the page of its plugin: an agent's desk by keyboard, and what supervisors see.
import axe from "axe-core";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  admin,
  api,
  closeBrowser,
  closePage,
  drop,
  open,
  SIZES,
  someUser,
} from "./support.mjs";

const ID = "org.jackfield.contact-centre";
const PAGE = `/p/${ID}/desk`;
const NUMBER = "79906";

let person, session, before_;

before(async () => {
  session = await admin();
  person = await someUser("desk-user", NUMBER);
  const { data } = await api("GET", `/plugins/${ID}/settings`, {
    cookie: session.cookie,
  });
  before_ = data.values;
  await set({
    ...before_,
    queues: [{ number: "79980", name: "Sales", wait_without_agents: true }],
    agents: [{ extension: NUMBER, name: "Anna", queues: [{ queue: "79980" }] }],
  });
});
after(async () => {
  await set(before_);
  await drop("desk-user", NUMBER);
  await closeBrowser();
});

const set = (body) =>
  api("PUT", `/plugins/${ID}/settings`, {
    cookie: session.cookie,
    body,
    expect: [200, 204],
  });

/** What axe finds in the plugin's page. */
async function faults(page) {
  const frame = page.frames().find((each) => each.url().includes("desk.html"));
  await frame.evaluate(axe.source);
  // The heading of the page is the shell's.
  const { violations } = await frame.evaluate(() =>
    axe.run({
      preload: false,
      rules: { "page-has-heading-one": { enabled: false } },
    }),
  );
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
}

test("an agent logs in, takes a break and logs out by keyboard, and a supervisor sees it", async () => {
  const page = await open({ cookie: person.cookie, path: PAGE });
  const desk = page.frameLocator("main iframe");
  const press = async (name) => {
    await desk.getByRole("button", { name, exact: true }).focus();
    await page.keyboard.press("Enter");
  };
  await desk.getByLabel("Telephone at your seat").waitFor();
  await desk.getByLabel("Telephone at your seat").focus();
  await page.keyboard.press("Enter");
  await desk.getByRole("button", { name: "Log out", exact: true }).waitFor();
  await desk.getByText("Ready", { exact: true }).first().waitFor();
  assert.deepEqual(await faults(page), []);

  const seen = await open({ cookie: session.cookie, path: PAGE });
  const overview = seen.frameLocator("main iframe");
  await overview.getByText("Anna").first().waitFor();
  assert.deepEqual(await faults(seen), []);

  await press("Lunch");
  await desk.getByText("Break: Lunch").waitFor();
  // The other page looks again by itself.
  await overview.getByText("Break: Lunch").waitFor();
  await overview.getByRole("button", { name: /^Ready\W+Anna/ }).click();
  await desk.getByText("Break: Lunch").waitFor({ state: "detached" });
  await press("Log out");
  await desk.getByLabel("Telephone at your seat").waitFor();
  await overview.getByText("Logged out", { exact: true }).waitFor();
  await closePage(seen);
  await closePage(page);
});

test("a supervisor assigns an agent to queues", async () => {
  const page = await open({ cookie: session.cookie, path: PAGE });
  const overview = page.frameLocator("main iframe");
  await overview.getByText("Queues: Anna").click();
  await overview.locator("#agents").getByLabel("Sales").uncheck();
  await overview.getByRole("button", { name: /^Save\W+Anna/ }).click();
  await overview.getByText(/in no queue/).waitFor();
  await overview.getByText("Queues: Anna").click();
  await overview
    .getByRole("button", { name: /^As in the settings\W+Anna/ })
    .click();
  await overview.getByText(/Sales 50/).waitFor();
  await closePage(page);
});

test("a supervisor changes breaks and codes, and an agent has them", async () => {
  const page = await open({ cookie: session.cookie, path: PAGE });
  const overview = page.frameLocator("main iframe");
  await overview.getByLabel(/^Breaks, one a line/).fill("Nap, 10\nLunch");
  await overview.getByRole("button", { name: /^Save\W+Breaks/ }).click();
  await overview
    .getByRole("button", { name: /^As in the settings\W+Br/ })
    .waitFor();
  const { data } = await api("GET", `/plugins/${ID}/web/desk`, {
    cookie: person.cookie,
  });
  assert.deepEqual(data.breaks, [
    { name: "Nap", minutes: 10 },
    { name: "Lunch", minutes: 0 },
  ]);
  await overview
    .getByRole("button", { name: /^As in the settings\W+Br/ })
    .click();
  await overview
    .getByRole("button", { name: /^As in the settings\W+Br/ })
    .waitFor({ state: "detached" });
  await closePage(page);
});

test("a supervisor looks for who has called", async () => {
  const page = await open({ cookie: session.cookie, path: PAGE });
  const overview = page.frameLocator("main iframe");
  await overview.getByLabel("Number contains").fill("nobody-at-all");
  await overview.getByRole("button", { name: "Show" }).click();
  await overview.getByText("Nobody in this time.").waitFor();
  await overview.getByLabel("Number contains").fill("");
  // The demonstration company has four weeks behind it.
  await overview.getByRole("button", { name: "Show" }).click();
  await overview.getByRole("cell", { name: "sales" }).first().waitFor();
  assert.deepEqual(await faults(page), []);
  await closePage(page);
});

test("a wallboard is seen by its link without signing in, until the link is ended", async () => {
  const page = await open({ cookie: session.cookie, path: PAGE });
  const overview = page.frameLocator("main iframe");
  await overview.getByLabel("Name of the screen").fill("Lobby");
  await overview.getByLabel("Message on it").fill("Good morning");
  await overview.getByRole("button", { name: "Make a link" }).click();
  const address = await overview
    .getByLabel("Address for the screen")
    .inputValue();
  assert.match(address, /\/link\/org\.jackfield\.contact-centre\/[\w-]{43}\//);

  for (const [lang, word] of [
    ["en", "Longest wait"],
    ["fr", "Attente la plus longue"],
    ["de", "Längste Wartezeit"],
  ]) {
    for (const theme of ["light", "dark"]) {
      const url = new URL(address);
      const board = await open({
        path: `${url.pathname}?lang=${lang}&theme=${theme}`,
        size: { width: 1920, height: 1080 },
      });
      await board.getByText("Good morning").waitFor();
      await board.getByText(word).first().waitFor();
      await board.evaluate(axe.source);
      const { violations } = await board.evaluate(() =>
        axe.run({ preload: false }),
      );
      assert.deepEqual(
        violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`),
        [],
      );
      await closePage(board);
    }
  }
  const { pathname } = new URL(address);
  const small = await open({
    path: pathname,
    size: { width: 320, height: 800 },
  });
  await small.getByText("Good morning").waitFor();
  const wide = await small.evaluate(
    () => document.documentElement.scrollWidth - innerWidth,
  );
  assert.ok(wide <= 0, `${wide} px too wide`);
  await closePage(small);
  // Whoever guesses gets nothing.
  const guessed = pathname.replace(/[\w-]{43}\/$/, `${"A".repeat(43)}/`);
  const nothing = await open({ path: guessed });
  await nothing.getByText(/not valid any more/).waitFor();
  await closePage(nothing);

  await overview.getByRole("button", { name: /^End\W+Lobby/ }).click();
  await page.getByRole("button", { name: "End", exact: true }).click();
  await overview
    .getByRole("button", { name: /^End\W+Lobby/ })
    .waitFor({ state: "detached" });
  const ended = await open({ path: pathname });
  await ended.getByText(/not valid any more/).waitFor();
  await closePage(ended);
  await closePage(page);
});

test("it fits a telephone, in every language", async () => {
  for (const language of ["fr", "de", "en"]) {
    const { cookie } = person;
    await api("PATCH", "/me", { cookie, body: { language } });
    const page = await open({
      cookie: person.cookie,
      path: PAGE,
      size: SIZES.phone,
    });
    const desk = page.frameLocator("main iframe");
    await desk.locator("#seat form").waitFor();
    const wide = await page
      .frames()
      .find((each) => each.url().includes("desk.html"))
      .evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${language}: ${wide} px too wide`);
    assert.deepEqual(await faults(page), []);
    await closePage(page);
  }
});

test("who is neither agent nor supervisor is told what to do", async () => {
  const other = await someUser("desk-other", "79907");
  const page = await open({ cookie: other.cookie, path: PAGE });
  const desk = page.frameLocator("main iframe");
  await desk.getByText("You are no agent").waitFor();
  await api("GET", `/plugins/${ID}/web/overview`, {
    cookie: other.cookie,
    expect: [403],
  });
  await closePage(page);
  await drop("desk-other", "79907");
});
