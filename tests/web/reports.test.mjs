// The reports on the page of their plugin: found, made, followed to the calls, saved and fetched, by mouse and by keyboard.
import axe from "axe-core";
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { admin, api, closeBrowser, closePage, open } from "./support.mjs";

const PAGE = "/p/org.jackfield.reports/reports";
const ROUTES = "/plugins/org.jackfield.reports/web";

after(closeBrowser);

/** The page, once its first report is there. */
async function reports(options = {}) {
  const { cookie } = await admin();
  const page = await open({ cookie, path: PAGE, ...options });
  const frame = page.frameLocator("main iframe");
  await frame.locator("#title").filter({ hasText: /\w/ }).waitFor();
  return { page, frame, cookie };
}

/** What axe finds in the plugin's page. */
async function faults(page) {
  const frame = page
    .frames()
    .find((frame) => frame.url().includes("reports.html"));
  await frame.evaluate(axe.source);
  const { violations } = await frame.evaluate(
    (tags) => window.axe.run({ runOnly: tags, preload: false }),
    ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
  );
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
}

test("a report is found by its name, made, and followed to the calls behind a number", async () => {
  const { page, frame } = await reports();
  await frame.getByLabel("Search reports").fill("queue summary");
  await frame
    .getByRole("button", { name: "Queue summary", exact: true })
    .click();
  await frame.getByRole("heading", { name: "Queue summary" }).waitFor();
  await frame.getByLabel("Period").selectOption("last-30-days");
  const row = frame.getByRole("row").filter({ hasText: "sales" });
  await row.waitFor();
  await frame.getByRole("img", { name: /Chart: Queue summary/ }).waitFor();
  await row.getByRole("button", { name: /Show.*sales/ }).click();
  await frame.getByRole("heading", { name: "Queued calls" }).waitFor();
  await frame.getByRole("cell", { name: "sales" }).first().waitFor();
  await frame
    .getByRole("row")
    .nth(1)
    .getByRole("button", { name: /Show/ })
    .click();
  await frame.getByRole("heading", { name: /Cradle to grave/ }).waitFor();
  await frame.getByRole("cell", { name: "enters the queue" }).first().waitFor();
  // Within the frame: no page is loaded.
  await page.evaluate(() => history.back());
  await frame.getByRole("heading", { name: "Queued calls" }).waitFor();
  await closePage(page);
});

test("a report is saved and fetched as a file by keyboard alone", async () => {
  const { page, frame, cookie } = await reports();
  await frame.getByLabel("Period").focus();
  await page.keyboard.press("Tab");
  await frame.locator("#save-name").focus();
  await page.keyboard.type("By keyboard");
  await page.keyboard.press("Enter");
  await frame
    .getByRole("button", { name: "By keyboard", exact: true })
    .waitFor();
  const file = page.waitForEvent("download");
  await frame.getByRole("button", { name: /^CSV/ }).focus();
  await page.keyboard.press("Enter");
  assert.match((await file).suggestedFilename(), /\.csv$/);
  const { data } = await api("GET", `${ROUTES}/saved`, { cookie });
  for (const { id, name } of data)
    if (name === "By keyboard")
      await api("DELETE", `${ROUTES}/saved/${id}`, { cookie, expect: 204 });
  await closePage(page);
});

test("a report is scheduled, and says when it is due", async () => {
  const { page, frame, cookie } = await reports();
  await frame.getByRole("button", { name: "Schedule …" }).click();
  await frame.locator("#schedule-name").fill("Every Monday");
  await frame.getByRole("button", { name: "Make it regularly" }).click();
  await frame.getByRole("heading", { name: "Every Monday" }).waitFor();
  await frame.getByText(/Once a week · PDF · next/).waitFor();
  const { data } = await api("GET", `${ROUTES}/schedules`, { cookie });
  for (const { id } of data)
    await api("DELETE", `${ROUTES}/schedules/${id}`, { cookie, expect: 204 });
  await closePage(page);
});

for (const [language, word] of [
  ["en", "Reports"],
  ["fr", "Rapports"],
  ["de", "Berichte"],
]) {
  test(`the page speaks ${language}, has no barriers, and fits 320 pixels`, async () => {
    const { cookie } = await admin();
    await api("PATCH", "/me", { cookie, body: { language } });
    try {
      const { page, frame } = await reports({
        size: { width: 320, height: 800 },
      });
      await frame.getByRole("heading", { name: word, exact: true }).waitFor();
      await frame.locator("#period").selectOption("last-30-days");
      await frame.locator("#table tbody tr").first().waitFor();
      assert.deepEqual(await faults(page), []);
      const wide = await page
        .frames()
        .find((one) => one.url().includes("reports.html"))
        .evaluate(() => document.documentElement.scrollWidth > innerWidth);
      assert.equal(wide, false, "the page does not scroll sideways");
      await closePage(page);
    } finally {
      await api("PATCH", "/me", { cookie, body: { language: "en" } });
    }
  });
}
