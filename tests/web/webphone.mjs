// The house's own page as a telephone, in a real browser: node webphone.mjs LOGIN NUMBER. Where the host is and who signs in
// comes from the environment, see support.mjs; somebody new of that name gets that number. Takes commands as lines, ends with
// its input, and tells what happens as lines of JSON. Used by tests/interop/web_phone.rs.
//
// on · off · dial NUMBER · answer · reject · press BUTTON · keys KEYS · transfer NUMBER · ask NUMBER · see TEXT · hear ·
// go PATH · reload · key KEY · tab · take · offline · online · shot FILE
import { writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { URL_BASE, someUser } from "./support.mjs";
import { eavesdrop, heard } from "./ears.mjs";

const [login, number] = process.argv.slice(2);
const tell = (event) => console.log(JSON.stringify(event));

/** Two seconds of a tone that no telephone of the tests says, 16 bits at 48 kHz, which the browser takes for a microphone. */
function tone(hertz) {
  const samples = Int16Array.from(
    { length: 96_000 },
    (_, at) => 9_000 * Math.sin((2 * Math.PI * hertz * at) / 48_000),
  );
  const head = Buffer.alloc(44);
  head.write("RIFF");
  head.writeUInt32LE(36 + samples.byteLength, 4);
  head.write("WAVEfmt ", 8);
  [16, 0x10001, 48_000, 96_000, 0x100002].forEach((word, at) =>
    head.writeUInt32LE(word, 16 + 4 * at),
  );
  head.write("data", 36);
  head.writeUInt32LE(samples.byteLength, 40);
  return Buffer.concat([head, Buffer.from(samples.buffer)]);
}

const folder = mkdtempSync(join(tmpdir(), "webphone-"));
const microphone = join(folder, "tone.wav");
writeFileSync(microphone, tone(800));
const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    `--use-file-for-fake-audio-capture=${microphone}`,
    "--autoplay-policy=no-user-gesture-required",
  ],
});
const { cookie } = await someUser(login, number);
const context = await browser.newContext({
  viewport: { width: 1280, height: 900 },
  locale: "en-GB",
});
const [name, value] = cookie.split("=");
await context.addCookies([{ name, value, url: URL_BASE }]);
await context.grantPermissions(["microphone", "notifications"], {
  origin: URL_BASE,
});
// As a wall would have it that lets nothing but the relay through.
if (process.env["JACKFIELD_RELAY_ONLY"])
  await context.addInitScript(() => {
    const Real = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Real {
      constructor(config) {
        super({ ...config, iceTransportPolicy: "relay" });
      }
    };
  });
await context.addInitScript(eavesdrop);
context.setDefaultTimeout(15_000);

const watch = (page) => {
  page.on("pageerror", (error) =>
    tell({ event: "fault", error: String(error) }),
  );
  page.on("console", (message) =>
    tell({ event: "console", text: message.text() }),
  );
  return page;
};
let page = watch(await context.newPage());
await page.goto(`${URL_BASE}/phone`);
await page
  .getByRole("heading", { level: 1, name: "Phone", exact: true })
  .waitFor();
tell({ event: "open" });

const button = (name) =>
  page.getByRole("button", { name, exact: true }).first();
const field = (label) => page.getByRole("combobox", { name: label });
const commands = {
  async on() {
    await button("Switch the phone on").click();
    await page.getByText("Ready", { exact: true }).waitFor();
  },
  off: () =>
    page.getByRole("switch", { name: "Phone in this browser" }).click(),
  async dial(to) {
    await field("Number or name").fill(to);
    await field("Number or name").press("Enter");
  },
  answer: () =>
    page
      .getByRole("alertdialog")
      .getByRole("button", { name: "Answer" })
      .click(),
  reject: () =>
    page
      .getByRole("alertdialog")
      .getByRole("button", { name: "Reject" })
      .click(),
  press: (...words) => button(words.join(" ")).click(),
  async keys(keys) {
    await button("Keypad").click();
    for (const key of keys) {
      await page
        .locator(".call")
        .getByRole("button", { name: `Key ${key}`, exact: true })
        .click();
      await page.waitForTimeout(250);
    }
  },
  async transfer(to) {
    await button("Transfer").click();
    await field("To whom").fill(to);
    await button("Send at once").click();
  },
  async ask(to) {
    await button("Transfer").click();
    await field("To whom").fill(to);
    await button("Ask first").click();
  },
  see: (...words) => page.getByText(words.join(" ")).first().waitFor(),
  gone: (...words) =>
    page.getByText(words.join(" ")).first().waitFor({ state: "detached" }),
  hear: async () => tell({ event: "heard", ...(await page.evaluate(heard)) }),
  go: (path) => page.goto(URL_BASE + path),
  /** By a link, so that the page stays the same. */
  open: (...words) =>
    page
      .getByRole("link", { name: words.join(" "), exact: true })
      .first()
      .click(),
  reload: () => page.reload(),
  key: (key) => page.keyboard.press(key),
  async tab() {
    page = watch(await context.newPage());
    await page.goto(`${URL_BASE}/phone`);
  },
  take: () => button("Take it here").click(),
  offline: () => context.setOffline(true),
  online: () => context.setOffline(false),
  shot: (file) => page.screenshot({ path: file }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...given] = line.split(" ");
  try {
    await commands[name](...given);
    tell({ event: "done", command: line });
  } catch (error) {
    tell({
      event: "failed",
      command: line,
      error: String(error),
      page: await page.locator("main").innerText(),
    });
  }
}
await browser.close();
rmSync(folder, { recursive: true });
