// How mail is sent, on the admin's page, and what each person wishes to be written about, on the page of its plugin.
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

const NUMBER = "79906";
const WISHES = "/plugins/org.jackfield.notification/web/wishes";

let person;

before(async () => {
  person = await someUser("mail-user", NUMBER);
});
after(async () => {
  const { cookie } = await admin();
  await api("DELETE", "/mail", { cookie, expect: 204 });
  await drop("mail-user", NUMBER);
  await closeBrowser();
});

test("an admin sets a mail server up, is told what is wrong, and what a test says", async () => {
  const { cookie } = await admin();
  const page = await open({ cookie, path: "/admin/mail" });
  await page.getByText("No letters", { exact: true }).waitFor();
  await page.getByLabel("Server", { exact: true }).fill("127.0.0.1");
  await page.getByLabel("Protection").selectOption("none");
  assert.equal(await page.getByLabel("Port").inputValue(), "25");
  await page.getByLabel(/^User/).fill("house");
  await page.getByLabel("Sender", { exact: true }).fill("nobody");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Give a mail address such as").waitFor();
  await page.getByText("The password would travel in the clear.").waitFor();
  await page.getByLabel(/^User/).fill("");
  await page.getByLabel("Sender", { exact: true }).fill("house@example.org");
  // Nobody listens there.
  await page.getByLabel("Port").fill("9");
  await page.getByLabel("Send a test mail to").fill("anna@example.org");
  await page.getByRole("button", { name: "Send a test mail" }).click();
  await page.getByText("The server is not reached.").waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
  const { data } = await api("GET", "/mail", { cookie });
  assert.equal(data.settings.sender, "house@example.org");
  assert.deepEqual(page.faults, []);
  await closePage(page);
});

test("somebody gives their address, and says when they are written to", async () => {
  const me = await open({ cookie: person.cookie, path: "/me" });
  await me.getByLabel(/^Mail address/).fill("test@example.org");
  await me.getByRole("button", { name: "Save" }).first().click();
  await me.getByText("Saved.").waitFor();
  await closePage(me);
  const page = await open({
    cookie: person.cookie,
    path: "/p/org.jackfield.notification/notification",
  });
  const frame = page.frameLocator("main iframe");
  await frame.getByText("test@example.org").waitFor();
  await frame
    .getByRole("checkbox", { name: "New messages Mail On vacation" })
    .uncheck();
  await frame.getByLabel("Letters", { exact: true }).selectOption("daily");
  await frame.getByLabel("Every day at").fill("17:30");
  await frame.getByLabel("Keep quiet hours").check();
  await frame.getByLabel("From", { exact: true }).fill("22:00");
  await frame.getByLabel("To", { exact: true }).fill("22:00");
  await frame.getByRole("button", { name: "Save" }).click();
  await frame.getByText("The two times are the same.").waitFor();
  await frame.getByLabel("To", { exact: true }).fill("06:30");
  await frame.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
  const { data } = await api("GET", WISHES, { cookie: person.cookie });
  assert.deepEqual(data.wishes.digest, { daily: 1050 });
  assert.deepEqual(data.wishes.quiet, { from: 1320, to: 390 });
  assert.ok(!data.wishes.voicemail.includes("vacation"));
  assert.equal(data.wishes.voicemail.length, 9);
  await closePage(page);
});
