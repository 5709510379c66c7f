// The house's own page as a telephone in Firefox, for what differs there: node webphone-firefox.mjs LOGIN NUMBER. As
// webphone.mjs, with fewer commands: on · dial NUMBER · answer · press BUTTON · see TEXT · hear · reload
//
// Firefox has no ICE between loopback addresses. So it comes by a proxy, which says that it is at this machine's own address:
// its sound goes there, and does not leave the machine.
//
// Driven by WebDriver BiDi, which Debian's Firefox speaks; playwright-core needs a Firefox of its own for the rest.
import { networkInterfaces } from "node:os";
import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";
import { eavesdrop, heard } from "./ears.mjs";
import { proxy } from "./proxy.mjs";
import { URL_BASE, someUser } from "./support.mjs";

const [login, number] = process.argv.slice(2);
const tell = (event) => console.log(JSON.stringify(event));
const PATIENCE = 20_000;

const addresses = Object.values(networkInterfaces()).flat();
const own = addresses.find(
  ({ family, internal }) => family === "IPv4" && !internal,
);
if (!own)
  throw new Error(
    "this machine has no address but loopback ones, between which Firefox has no ICE",
  );
const { cookie } = await someUser(login, number);
const way = await proxy(URL_BASE, own.address);
const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath: process.env["FIREFOX"] ?? "/usr/bin/firefox-esr",
  headless: true,
  extraPrefsFirefox: {
    "media.autoplay.default": 0,
    "media.navigator.permission.disabled": true,
    "media.navigator.streams.fake": true,
    "media.navigator.audio.fake_frequency": 800,
    "intl.accept_languages": "en-GB",
  },
});
const [name, value] = cookie.split("=");
await browser.setCookie({
  name,
  value,
  domain: new URL(way.url).hostname,
  path: "/",
});
const page = await browser.newPage();
await page.setViewport({ width: 1280, height: 900 });
page.on("pageerror", (error) => tell({ event: "fault", error: String(error) }));
page.on("console", (message) =>
  tell({ event: "console", text: message.text() }),
);
await page.evaluateOnNewDocument(eavesdrop);
await page.goto(`${way.url}/phone`);

const locate = (selector) => page.locator(selector).setTimeout(PATIENCE);
const see = (text) =>
  page.waitForFunction(
    (text) => document.body.innerText.includes(text),
    { timeout: PATIENCE },
    text,
  );
/** By its name as it is told to screen readers. */
const press = (text) =>
  page.waitForFunction(
    (text) => {
      const named = (button) =>
        (button.getAttribute("aria-label") ?? button.innerText)
          .trim()
          .startsWith(text);
      const found = [
        ...document.querySelectorAll("button:not(:disabled)"),
      ].find(named);
      found?.click();
      return Boolean(found);
    },
    { timeout: PATIENCE },
    text,
  );
await see("Phone in this browser");
tell({ event: "open" });

const commands = {
  async on() {
    await press("Switch the phone on");
    await see("Ready");
  },
  async dial(to) {
    await locate("input[role=combobox]").fill(to);
    await page.keyboard.press("Enter");
  },
  answer: () => press("Answer"),
  press: (...words) => press(words.join(" ")),
  see: (...words) => see(words.join(" ")),
  hear: async () => tell({ event: "heard", ...(await page.evaluate(heard)) }),
  reload: () => page.reload(),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...given] = line.split(" ");
  try {
    await commands[name](...given);
    tell({ event: "done", command: line });
  } catch (error) {
    const text = await page
      .evaluate(() => document.body.innerText)
      .catch(() => "");
    tell({ event: "failed", command: line, error: String(error), page: text });
  }
}
await browser.close();
way.end();
