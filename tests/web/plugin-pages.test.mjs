// Pages of plugins: a good one does all that pages can do, a bad one gets nowhere.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import {
  admin,
  api,
  closeBrowser,
  closePage,
  drop,
  open,
  settled,
  SIZES,
  someUser,
  URL_BASE,
} from "./support.mjs";

const axe = readFileSync(
  createRequire(import.meta.url).resolve("axe-core/axe.min.js"),
  "utf8",
);
const TAGS = [
  "wcag2a",
  "wcag2aa",
  "wcag21a",
  "wcag21aa",
  "wcag22aa",
  "best-practice",
];
const HELLO = "org.example.hello-page";
const BAD = "org.example.bad-page";
const PACKED = new URL("../../data/", import.meta.url);

let session, person;

before(async () => {
  session = await admin();
  person = await someUser("page-user", "79904");
  await install("example-packages", "hello-page");
  await install("hostile-packages", "bad-page");
});
after(async () => {
  for (const id of [HELLO, BAD])
    await api("DELETE", `/plugins/${id}?erase_data=true`, {
      cookie: session.cookie,
      expect: [204, 404],
    });
  await drop("page-user", "79904");
  await closeBrowser();
});

/** Installs a plugin as “make hostile-packages” or “make example-packages” has packed it. */
async function install(folder, plugin) {
  const packages = new URL(`${folder}/`, PACKED);
  const name =
    existsSync(packages) &&
    readdirSync(packages).find((name) => name.startsWith(`${plugin}-`));
  assert.ok(name, `run “make ${folder}” first`);
  const response = await fetch(`${URL_BASE}/api/v1/plugins?approve=true`, {
    method: "POST",
    headers: {
      "X-Jackfield": "1",
      "Content-Type": "application/octet-stream",
      Cookie: session.cookie,
    },
    body: readFileSync(new URL(name, packages)),
  });
  assert.equal(response.status, 201, await response.text());
}

/** The frame of the page that is open, once its plugin has answered. */
async function framed(page, text) {
  const frame = page.frameLocator("main iframe");
  await frame.getByText(text).waitFor();
  return frame;
}

const hello = (options = {}) =>
  open({ cookie: person.cookie, path: `/p/${HELLO}/hello`, ...options });

for (const theme of ["light", "dark"]) {
  for (const [name, size] of Object.entries(SIZES)) {
    test(`the hello page has no axe violation, ${theme}, ${name}`, async () => {
      const page = await hello({ theme, size });
      const frame = await framed(page, "Hello, Test person!");
      await frame.getByRole("button", { name: "Load the table" }).click();
      await frame.getByText("144", { exact: true }).waitFor();
      await settled(page, "Hello");
      // The sandbox lets nobody in but the driver, so each document is looked at by itself; the h1 is the shell's.
      for (const each of page.frames()) {
        await each.evaluate(axe);
        const { violations } = await each.evaluate(
          (tags) =>
            window.axe.run({ runOnly: tags, iframes: false, preload: false }),
          TAGS,
        );
        const found = violations
          .filter(
            ({ id }) =>
              each === page.mainFrame() || id !== "page-has-heading-one",
          )
          .map(
            ({ id, nodes }) =>
              `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`,
          );
        assert.deepEqual(found, [], `${each.url()} ${theme} ${name}`);
      }
      const sideways = await page.evaluate(
        () => document.documentElement.scrollWidth > innerWidth,
      );
      assert.ok(!sideways, "it scrolls sideways");
      await closePage(page);
    });
  }
}

test("a page stands in the navigation and the palette, and is there in a moment", async () => {
  const page = await open({ cookie: person.cookie, path: "/people" });
  await settled(page, "Telephone list");
  const link = page
    .getByRole("navigation")
    .getByRole("link", { name: "Hello", exact: true });
  await link.waitFor();
  await link.click();
  await framed(page, "Hello, Test person!");
  await page.goBack();
  await settled(page, "Telephone list");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("Hello");
  await page.getByRole("option", { name: "Hello" }).click();
  await framed(page, "Hello, Test person!");
  await closePage(page);
});

test("a page asks its plugin, downloads, plays, asks before it erases, and leads elsewhere", async () => {
  const page = await hello({
    cookie: session.cookie,
    context: { acceptDownloads: true },
  });
  const frame = await framed(page, "Hello, Admin");
  await frame.getByLabel("First number").fill("2.5");
  await frame.getByRole("button", { name: "Add them up" }).click();
  await frame.getByText("= 5.5").waitFor();

  const saved = page.waitForEvent("download");
  await frame.getByRole("button", { name: "Download a table" }).click();
  const download = await saved;
  assert.equal(download.suggestedFilename(), "squares.csv");
  assert.match(readFileSync(await download.path(), "utf8"), /^n,square\r\n1,1/);

  await frame.getByRole("button", { name: "Listen to a tone" }).click();
  await frame.locator("audio").waitFor();
  await page.waitForFunction(() => true);
  const heard = await frame.locator("audio").evaluate(
    (audio) =>
      new Promise((done) => {
        if (audio.currentTime > 0 || audio.ended) done(true);
        audio.addEventListener("timeupdate", () => done(true));
        audio.addEventListener("error", () => done(false));
      }),
  );
  assert.ok(heard, "no sound");

  await frame.getByRole("button", { name: "Erase everything" }).click();
  const dialog = page.getByRole("dialog", { name: "Erase everything" });
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await frame.getByRole("button", { name: "Erase everything" }).click();
  await dialog.getByRole("button", { name: "Erase everything" }).click();
  await page.getByText("Everything is erased.").waitFor();

  await frame.getByRole("button", { name: "Call 100" }).click();
  const asks = page.getByRole("dialog", { name: /^Call .*100/ });
  await asks.getByText("asks to call by your own telephone").waitFor();
  await asks.getByRole("button", { name: "Cancel" }).click();

  await frame.getByRole("button", { name: "Open the call history" }).click();
  await settled(page, "Call history");
  await page.goto(`${URL_BASE}/admin/audit`);
  await page
    .getByText("Changed something through a plugin’s page")
    .first()
    .waitFor();
  await closePage(page);
});

test("a page follows the language and the theme while it is open", async () => {
  const page = await hello({ theme: "light" });
  const frame = await framed(page, "Hello, Test person!");
  await page.getByRole("button", { name: "Dark" }).click();
  await frame.locator('html[data-theme="dark"]').waitFor();
  await api("PATCH", "/me", {
    cookie: person.cookie,
    body: { language: "de" },
  });
  await page.reload();
  await framed(page, "Guten Tag, Test person!");
  await page.getByRole("heading", { level: 1, name: "Hallo" }).waitFor();
  await frame.locator('html[data-theme="dark"]').waitFor();
  await api("PATCH", "/me", {
    cookie: person.cookie,
    body: { language: "en" },
  });
  await closePage(page);
});

test("a plugin that is switched off takes its pages with it at once", async () => {
  const page = await hello();
  await framed(page, "Hello, Test person!");
  await api("POST", `/plugins/${HELLO}/disable`, { cookie: session.cookie });
  try {
    await page.getByText("There is no such page").waitFor();
    const link = page
      .getByRole("navigation")
      .getByRole("link", { name: "Hello", exact: true });
    assert.equal(await link.count(), 0);
  } finally {
    await api("POST", `/plugins/${HELLO}/enable`, { cookie: session.cookie });
  }
  await framed(page, "Hello, Test person!");
  await closePage(page);
});

test("an admin finds the plugin's own tab beside its settings", async () => {
  const page = await open({
    cookie: session.cookie,
    path: `/admin/plugins/${HELLO}`,
  });
  await settled(page, "Plugins");
  await page.getByRole("link", { name: "About this example" }).click();
  await framed(page, "This tab is a page of the plugin too.");
  await closePage(page);
});

// The browser complains about each thing that a bad page tries, so these end without a look at its console.

test("a bad page gets nowhere", async () => {
  const page = await open({ cookie: person.cookie, path: `/p/${BAD}/bad` });
  const answered = [];
  page.on("response", (response) => answered.push(response.url()));
  const frame = page.frameLocator("main iframe");
  await frame.locator('html[data-done="yes"]').waitFor();
  const outcomes = await frame
    .locator("dd")
    .evaluateAll((all) =>
      Object.fromEntries(all.map((each) => [each.id, each.textContent])),
    );
  assert.ok(
    Object.keys(outcomes).length > 25,
    JSON.stringify(Object.keys(outcomes)),
  );
  const free = Object.entries(outcomes).filter(
    ([, outcome]) => outcome !== "blocked",
  );
  assert.deepEqual(free, []);
  assert.equal(
    await frame.locator("html").getAttribute("data-inline"),
    null,
    "a script in the HTML ran",
  );
  assert.equal(new URL(page.url()).pathname, `/p/${BAD}/bad`);
  assert.deepEqual(
    answered.filter((url) => url.includes("evil.example")),
    [],
  );
  assert.equal(await page.getByRole("dialog").count(), 0);
  // A page for admins is not in sight, and what it is called is not told.
  const { data: pages } = await api("GET", "/pages", {
    cookie: person.cookie,
  });
  assert.ok(!pages.some((each) => each.id === "secret"));
  await page.context().close();
});

for (const [act, button] of [
  ["talks without end", "Flood"],
  ["leads itself elsewhere", "Leave"],
  ["sends a form to another site", "Send"],
]) {
  test(`a page that ${act} is stopped, and can be opened again`, async () => {
    const page = await open({ cookie: person.cookie, path: `/p/${BAD}/bad` });
    const frame = page.frameLocator("main iframe");
    await frame.locator('html[data-done="yes"]').waitFor();
    await frame.getByRole("button", { name: button }).click();
    await page.getByText("This page was stopped").waitFor();
    assert.equal(await page.locator("main iframe").count(), 0);
    await page.getByRole("link", { name: "Telephone list" }).click();
    await settled(page, "Telephone list");
    await page.goBack();
    await frame.locator("h2").waitFor();
    await page.context().close();
  });
}

test("a page that computes for ever leaves the shell alone", async () => {
  const page = await open({ cookie: person.cookie, path: `/p/${BAD}/bad` });
  const frame = page.frameLocator("main iframe");
  await frame.locator('html[data-done="yes"]').waitFor();
  // Nothing comes back from the frame, so nothing is waited for.
  void frame
    .getByRole("button", { name: "Spin" })
    .click({ noWaitAfter: true, timeout: 1_000 })
    .catch(() => {});
  await new Promise((done) => setTimeout(done, 1_000));
  await page.getByRole("link", { name: "Telephone list" }).click();
  await settled(page, "Telephone list");
  await page.context().close();
});
