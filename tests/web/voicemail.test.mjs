// The mailbox on the page of its plugin: whose it is, what is said when it is empty, and its PIN, by keyboard alone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  admin,
  api,
  closeBrowser,
  closePage,
  drop,
  open,
  someUser,
} from "./support.mjs";

const PAGE = "/p/org.jackfield.voicemail/voicemail";
const NUMBER = "79905";

let person;

before(async () => {
  person = await someUser("mailbox-user", NUMBER);
});
after(async () => {
  await drop("mailbox-user", NUMBER);
  await closeBrowser();
});

test("an empty mailbox says so, and its PIN is set by keyboard once it is a good one", async () => {
  const page = await open({ cookie: person.cookie, path: PAGE });
  const frame = page.frameLocator("main iframe");
  await frame.getByText("No messages", { exact: true }).waitFor();
  const type = async (pin, again) => {
    await frame.getByLabel("New PIN", { exact: true }).focus();
    await page.keyboard.type(pin);
    await page.keyboard.press("Tab");
    await page.keyboard.type(again);
    await page.keyboard.press("Enter");
  };
  await type("1111", "1111");
  await frame.getByRole("alert").filter({ hasText: /\w/ }).waitFor();
  for (const label of ["New PIN", "New PIN once more"])
    await frame.getByLabel(label, { exact: true }).fill("");
  await type("4711", "4712");
  await frame.getByText("The two are not the same.").waitFor();
  for (const label of ["New PIN", "New PIN once more"])
    await frame.getByLabel(label, { exact: true }).fill("");
  await type("4711", "4711");
  await frame.getByText("Set", { exact: true }).waitFor();
  await closePage(page);
});

test("whoever has no extension is told what to do", async () => {
  const { cookie } = await admin();
  const page = await open({ cookie, path: PAGE });
  const frame = page.frameLocator("main iframe");
  await frame.getByText(/ask an administrator/i).waitFor();
  await closePage(page);
});

test("the page belongs to whoever is signed in, and its routes to nobody else", async () => {
  const route = "/plugins/org.jackfield.voicemail/web/messages";
  const { data } = await api("GET", route, { cookie: person.cookie });
  assert.equal(data.extension, NUMBER);
  await api("GET", route, { expect: [401] });
});
