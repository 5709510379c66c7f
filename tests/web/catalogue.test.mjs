// The catalogue: a plugin is found, its publisher's key confirmed, it is installed, and it can be removed again.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  admin,
  api,
  closeBrowser,
  closePage,
  open,
  settled,
} from "./support.mjs";

const ID = "org.example.speaking-clock";
let session;
before(async () => (session = await admin()));
after(async () => {
  await api("DELETE", `/plugins/${ID}?erase_data=true`, {
    cookie: session.cookie,
    expect: [204, 404],
  });
  await closeBrowser();
});

test("a plugin is found, looked at, and installed once its key is confirmed", async () => {
  const page = await open({
    cookie: session.cookie,
    path: "/admin/plugins/catalogue",
  });
  await settled(page, "Plugins");
  const search = page.getByRole("searchbox", { name: "Search plugins" });
  await search.fill("nothing like it");
  await page.getByText("Try another word, or part of one.").waitFor();
  await search.fill("clock german");
  await page.getByRole("button", { name: "Install Speaking clock" }).click();

  const dialog = page.getByRole("dialog");
  await dialog.getByText("Talks to callers who are sent to it").waitFor();
  const install = dialog.getByRole("button", { name: "Install", exact: true });
  await dialog.getByLabel("I approve all of this").check();
  assert.ok(await install.isDisabled(), "a key that nobody has confirmed");
  await dialog.getByLabel("The fingerprint is right").check();
  await install.click();
  await page.waitForURL(`**/admin/plugins/${ID}`);
  await page.getByRole("heading", { name: "Speaking clock" }).waitFor();
  assert.match(await page.title(), /^Speaking clock · Plugins/);

  await page.goto(new URL("/admin/plugins/catalogue", page.url()).href);
  await page.getByText("Installed", { exact: true }).waitFor();
  await closePage(page);
});

test("whose key was confirmed is among the publishers", async () => {
  const page = await open({
    cookie: session.cookie,
    path: "/admin/plugins/publishers",
  });
  await settled(page, "Plugins");
  const plugins = page.getByRole("link", { name: "Speaking clock" });
  await plugins.first().waitFor();
  await closePage(page);
});
