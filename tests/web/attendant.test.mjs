// Opening hours and the auto-attendant as an administrator sets them up: a schedule with holidays and a calendar file, and a plan
// in the form, in its text, published, tried and restored.
import axe from "axe-core";
import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  admin,
  api,
  closeBrowser,
  closePage,
  open,
  settled,
} from "./support.mjs";

const PAGE = "/p/org.jackfield.auto-attendant/attendant";
const ROUTES = "/plugins/org.jackfield.auto-attendant/web";

after(async () => {
  const { cookie } = await admin();
  await api("DELETE", "/schedules/Journey", { cookie, expect: [204, 404] });
  await closeBrowser();
});

/** The page, once its plan is there. */
async function attendant(options = {}) {
  const { cookie } = await admin();
  await api("DELETE", `${ROUTES}/draft`, { cookie, expect: [200, 204] });
  const page = await open({ cookie, path: PAGE, ...options });
  const frame = page.frameLocator("main iframe");
  await frame.getByText(/Version \d+ is in force/).waitFor();
  await frame.getByRole("group", { name: "main" }).waitFor();
  return { page, frame, cookie };
}

/** What axe finds in the plugin's page. */
async function faults(page) {
  const frame = page
    .frames()
    .find((frame) => frame.url().includes("attendant.html"));
  await frame.evaluate(axe.source);
  const { violations } = await frame.evaluate(
    (tags) => window.axe.run({ runOnly: tags, preload: false }),
    ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
  );
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
}

test("a schedule is set up with holidays and a calendar file, previewed, and decided by hand", async () => {
  const { cookie } = await admin();
  await api("DELETE", "/schedules/Journey", { cookie, expect: [204, 404] });
  const page = await open({ cookie, path: "/admin/schedules" });
  await settled(page, "Opening hours");
  await page.getByRole("button", { name: "Add schedule" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Add schedule" }).click();
  await dialog.getByText("Fill this in.").waitFor();
  await dialog.getByLabel("Name", { exact: true }).first().fill("Journey");
  await dialog.getByLabel("Time zone").fill("Europe/Berlin");
  await dialog.getByRole("button", { name: /Add.*[Cc]ountry/ }).click();
  await dialog
    .getByLabel("Country or region 1", { exact: true })
    .selectOption({ label: "Germany · Bayern" });
  const file =
    "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261224\nDTEND:20261225\nSUMMARY:Eve\nEND:VEVENT\n" +
    "BEGIN:VEVENT\nDTSTART:20260101\nRRULE:FREQ=DAILY\nSUMMARY:Each day\nEND:VEVENT\nEND:VCALENDAR\n";
  const give = (name, content) =>
    dialog.getByLabel("Holidays from a calendar file").setInputFiles({
      name,
      mimeType: "text/calendar",
      buffer: Buffer.from(content),
    });
  await give("wrong.ics", "%PDF-1.7");
  await dialog.getByText("This is no calendar that can be read").waitFor();
  await give("house.ics", file);
  await dialog.getByText(/Days read: 1.*Passed over: 1/).waitFor();
  await dialog.getByLabel("When").fill("2026-12-24T18:05");
  await dialog.getByRole("button", { name: "Show" }).click();
  await dialog
    .getByRole("listitem")
    .filter({ hasText: "Corpus Christi" })
    .waitFor();
  await dialog
    .getByRole("listitem")
    .filter({ hasText: "Eve" })
    .first()
    .waitFor();
  await dialog.getByRole("button", { name: "Add schedule" }).click();
  const row = page.getByRole("row").filter({ hasText: "Journey" });
  await row.waitFor();
  await row.getByLabel("What holds for Journey").selectOption("Holiday");
  await row.getByText(/by the clock:/).waitFor();
  const { data } = await api("GET", "/schedules", { cookie });
  const { schedule, standing } = data.find(
    ({ schedule }) => schedule.name === "Journey",
  );
  assert.equal(standing.case, "holiday");
  assert.deepEqual(schedule.own_holidays, [
    { name: "Eve", from: "2026-12-24", to: "" },
  ]);
  assert.deepEqual(schedule.holidays, [{ country: "DE", region: "BY" }]);
  await row.getByLabel("What holds for Journey").selectOption("By the clock");
  await row.getByText(/by the clock:/).waitFor({ state: "detached" });
  await closePage(page);
});

test("form and text show the same plan, whichever is changed", async () => {
  const { page, frame } = await attendant();
  const text = frame.getByRole("textbox", { name: "The same as text" });
  await frame.getByLabel("Operator").fill("107");
  assert.equal(JSON.parse(await text.inputValue()).operator, "107");
  const plan = JSON.parse(await text.inputValue());
  plan.operator = "108";
  plan.menus[0].keys[0].to = "nobody";
  await text.fill(JSON.stringify(plan, null, 2));
  await frame.getByText("Enter the number to transfer to.").first().waitFor();
  assert.equal(await frame.getByLabel("Operator").inputValue(), "108");
  assert.equal(
    await frame
      .locator('[data-path="/menus/0/keys/0/to"]')
      .getAttribute("aria-invalid"),
    "true",
  );
  // The line that is named is the one that is wrong.
  await frame
    .getByRole("button", { name: /^Line \d+/ })
    .first()
    .click();
  const chosen = await text.evaluate((area) =>
    area.value.slice(area.selectionStart, area.selectionEnd),
  );
  assert.match(chosen, /"nobody"/);
  await text.fill("{ not yet");
  await frame.getByText("The text cannot be read as a plan").waitFor();
  await frame.getByRole("button", { name: "Discard draft" }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: "Discard draft" })
    .click();
  await frame.getByText("No changes").waitFor();
  await frame.getByRole("group", { name: "main" }).waitFor();
  await closePage(page);
});

test("a plan is changed, tried, published, compared and restored by keyboard", async () => {
  const { page, frame, cookie } = await attendant();
  const { data: before } = await api("GET", `${ROUTES}/plan`, { cookie });
  const press = async (locator) => {
    await locator.focus();
    await page.keyboard.press("Enter");
  };
  const number = frame.locator('[data-path="/menus/0/keys/0/to"]');
  await number.focus();
  await page.keyboard.press("Control+A");
  await page.keyboard.type("109");
  await frame.getByText("Draft, not published").waitFor();
  await frame.getByRole("tab", { name: "Edit" }).focus();
  await page.keyboard.press("ArrowRight");
  await frame.getByLabel("When").fill("2026-03-10T10:00");
  await frame.getByLabel("Keys pressed").fill("1");
  await frame.getByLabel("Plan", { exact: true }).selectOption("The draft");
  await press(frame.getByRole("button", { name: "Try", exact: true }));
  await frame
    .getByRole("listitem")
    .filter({ hasText: "Transferred to 109." })
    .waitFor();
  await frame
    .getByLabel("Plan", { exact: true })
    .selectOption("The one in force");
  await press(frame.getByRole("button", { name: "Try", exact: true }));
  await frame
    .getByRole("listitem")
    .filter({ hasText: "Transferred to 100." })
    .waitFor();

  await press(frame.getByRole("button", { name: "Publish" }).first());
  await frame.getByLabel("What has changed (optional)").fill("to 109");
  await page.keyboard.press("Enter");
  await frame.getByText(`Version ${before.number + 1} is in force.`).waitFor();
  await frame.getByRole("tab", { name: "Versions" }).click();
  await press(frame.getByRole("button", { name: /^What has changed/ }).first());
  await frame
    .getByRole("listitem")
    .filter({ hasText: '"to": "109"' })
    .waitFor();
  await press(
    frame.getByRole("button", {
      name: new RegExp(`^Restore.*Version ${before.number}$`),
    }),
  );
  await press(
    page.getByRole("dialog").getByRole("button", { name: "Restore" }),
  );
  await frame.getByText(`Version ${before.number + 2} is in force.`).waitFor();
  const { data: restored } = await api("GET", `${ROUTES}/plan`, { cookie });
  assert.equal(restored.text, before.text);
  await closePage(page);
});

test("the page has no fault that axe finds and fits on 320 pixels, in every tab and language", async () => {
  for (const theme of ["light", "dark"]) {
    const { page, frame } = await attendant({
      theme,
      size: { width: 320, height: 640 },
    });
    for (const tab of ["edit", "try", "versions"]) {
      await frame.locator(`#tab-${tab}`).click();
      assert.deepEqual(await faults(page), [], `${theme} ${tab}`);
      const inside = page
        .frames()
        .find((frame) => frame.url().includes("attendant.html"));
      const wide = await inside.evaluate(
        () => document.documentElement.scrollWidth - innerWidth,
      );
      assert.ok(wide <= 0, `${tab} is ${wide} px too wide`);
    }
    await closePage(page);
  }
});
