// Sound that is spoken into the browser in place of a file: recorded, listened to, recorded again, kept and sent.
import axe from "axe-core";
import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  admin,
  api,
  browserArguments,
  closeBrowser,
  closePage,
  open,
  settled,
  SIZES,
} from "./support.mjs";

// A microphone that beeps, and nobody who would have to allow it.
browserArguments.push(
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
);
const NAME = "Spoken in a test";

async function drop(cookie) {
  const { data } = await api("GET", "/sounds", { cookie });
  for (const sound of data.items.filter(({ name }) => name === NAME))
    await api("DELETE", `/sounds/${sound.id}`, { cookie, expect: 204 });
}

after(async () => {
  await drop((await admin()).cookie);
  await closeBrowser();
});

test("music is spoken into the microphone by keyboard, heard, spoken anew and kept", async () => {
  const { cookie } = await admin();
  await drop(cookie);
  const page = await open({
    cookie,
    path: "/admin/sounds",
    size: SIZES.phone,
    theme: "dark",
  });
  await settled(page, "Prompts and music");
  await page.getByRole("button", { name: "Upload music" }).first().click();
  const dialog = page.getByRole("dialog");
  const button = (name) => dialog.getByRole("button", { name });
  for (const again of [false, true]) {
    await button(again ? "Record again" : "Record with the microphone").press(
      "Enter",
    );
    await dialog
      .getByRole("timer")
      .filter({ hasText: /0:(0[2-9]|[1-5])/ })
      .waitFor();
    // Whoever began with a key ends with one.
    await page.keyboard.press("Enter");
    const heard = dialog.getByLabel("Listen to the recording");
    await heard.waitFor();
    const seconds = await heard.evaluate(async (audio) => {
      if (!(audio.duration > 0))
        await new Promise((there) => (audio.onloadedmetadata = there));
      return audio.duration;
    });
    assert.ok(seconds > 1, `${seconds} seconds`);
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() =>
      window.axe.run("dialog", {
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
      }),
    );
    assert.deepEqual(
      violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`),
      [],
    );
  }
  const wide = await page.evaluate(
    () => document.documentElement.scrollWidth - window.innerWidth,
  );
  assert.ok(wide <= 0, "nothing leads out of the page");
  await button("Keep").press("Enter");
  await dialog.getByText(/^Recording\.wav/).waitFor();
  await dialog.getByLabel("Name").fill(NAME);
  await button("Upload").last().click();
  await dialog.waitFor({ state: "detached" });
  const { data } = await api("GET", "/sounds", { cookie });
  const made = data.items.find(({ name }) => name === NAME);
  assert.ok(made, "it is there");
  assert.ok(made.duration > 1_000, `${made.duration} ms are heard`);
  await closePage(page);
});
