// What people do on the pages, from signing in to signing out.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  admin,
  api,
  closeBrowser,
  closePage,
  drop,
  open,
  settled,
  someUser,
  URL_BASE,
} from "./support.mjs";

const LOGIN = "journey-user";
const NUMBER = "79903";
const TRUNKS = ["journey-trunk", "journey-office"];

let session;

/** Removes trunks that an earlier run may have left. */
async function dropTrunks() {
  for (const name of TRUNKS)
    await api("DELETE", `/trunks/${name}`, {
      cookie: session.cookie,
      expect: [204, 404],
    });
}

before(async () => {
  session = await admin();
  await drop(LOGIN, NUMBER);
  await dropTrunks();
});
after(async () => {
  await drop(LOGIN, NUMBER);
  await dropTrunks();
  await closeBrowser();
});

test("whoever is not signed in is led to the door and afterwards to where they wanted to go", async () => {
  const page = await open({ path: "/admin/users?q=x" });
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.getByLabel("Login").fill("admin");
  await page.getByLabel("Password", { exact: true }).fill("not this one");
  await page.keyboard.press("Enter");
  await page
    .getByRole("alert")
    .getByText("Login and password do not fit.")
    .waitFor();
  assert.equal(
    await page.getByLabel("Password", { exact: true }).inputValue(),
    "",
  );
  await page.getByLabel("Password", { exact: true }).fill(session.password);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/admin/users?q=x");
  await settled(page, "Users");
  assert.equal(await page.getByRole("searchbox").inputValue(), "x");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.goto(`${URL_BASE}/`);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await closePage(page);
});

test("the door is not a way to another site", async () => {
  for (const next of [
    "//evil.example/",
    "https://evil.example/",
    "/\\evil.example",
  ]) {
    const page = await open({
      path: `/login?next=${encodeURIComponent(next)}`,
    });
    await page.getByLabel("Login").fill("admin");
    await page.getByLabel("Password", { exact: true }).fill(session.password);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    assert.ok(page.url().startsWith(URL_BASE), page.url());
    await closePage(page);
  }
});

test("a new person gets a one-time password, sets their own, and sees only what is theirs", async () => {
  const page = await open({ cookie: session.cookie, path: "/admin/users" });
  await settled(page, "Users");
  await page.getByRole("button", { name: "Add user" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Name" }).fill("Journey");
  await dialog.getByRole("textbox", { name: "Login" }).fill("two words");
  await dialog.getByRole("button", { name: "Add user" }).click();
  await dialog.getByText("A login has no space in it.").waitFor();
  assert.equal(
    await dialog
      .getByRole("textbox", { name: "Login" })
      .getAttribute("aria-invalid"),
    "true",
  );
  await dialog.getByRole("textbox", { name: "Login" }).fill(LOGIN);
  await dialog.getByRole("button", { name: "Add user" }).click();
  await page.getByRole("heading", { name: "One-time password" }).waitFor();
  const once = await page.locator("dialog code").nth(1).innerText();
  await closePage(page);

  const theirs = await open({ path: "/" });
  await theirs.getByLabel("Login").fill(LOGIN);
  await theirs.getByLabel("Password", { exact: true }).fill(once);
  await theirs.keyboard.press("Enter");
  await theirs
    .getByRole("heading", { name: "Set your own password" })
    .waitFor();
  await theirs.goto(`${URL_BASE}/history`);
  await theirs
    .getByRole("heading", { name: "Set your own password" })
    .waitFor();
  await theirs.getByLabel("One-time password").fill(once);
  await theirs.getByLabel("New password").fill("short");
  await theirs.getByRole("button", { name: "Set password" }).click();
  await theirs.getByText("Use at least 10 characters.").waitFor();
  await theirs.getByLabel("New password").fill("eleven green bottles");
  await theirs.getByRole("button", { name: "Set password" }).click();
  await theirs.getByRole("heading", { level: 1, name: "My account" }).waitFor();
  assert.equal(await theirs.getByRole("link", { name: "Users" }).count(), 0);
  await theirs.goto(`${URL_BASE}/admin/users`);
  await theirs.getByRole("heading", { level: 1, name: "My account" }).waitFor();
  await closePage(theirs);
});

test("the page speaks the language that one chooses, at once and the next time", async () => {
  const person = await someUser(LOGIN, NUMBER);
  const page = await open({ cookie: person.cookie, path: "/me" });
  await settled(page, "My account");
  await page.getByLabel("Language").selectOption("de");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { level: 1, name: "Mein Konto" }).waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), "de");
  await page.reload();
  await page.getByRole("heading", { level: 1, name: "Mein Konto" }).waitFor();
  await closePage(page);
});

test("the theme is kept on this computer", async () => {
  const page = await open({
    cookie: session.cookie,
    path: "/keys",
    theme: "light",
  });
  await settled(page, "Keyboard shortcuts");
  const background = () =>
    page.evaluate(
      () => getComputedStyle(document.documentElement).backgroundColor,
    );
  const light = await background();
  await page.getByRole("button", { name: "Dark" }).click();
  const dark = await background();
  assert.notEqual(dark, light);
  await page.reload();
  await settled(page, "Keyboard shortcuts");
  assert.equal(await background(), dark);
  await closePage(page);
});

test('a person is edited, deleted, and brought back by "Undo"', async () => {
  await someUser(LOGIN, NUMBER);
  const page = await open({
    cookie: session.cookie,
    path: `/admin/users?q=${LOGIN}`,
  });
  await settled(page, "Users");
  await page.getByRole("button", { name: "Edit Test person" }).click();
  await page
    .getByRole("dialog")
    .getByRole("textbox", { name: "Name" })
    .fill("Other name");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Delete Other name" }).click();
  await page.getByText("Nothing found").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("button", { name: "Delete Other name" }).waitFor();
  await closePage(page);
});

test("two pages open at once show the same: what one changes, the other shows", async () => {
  await someUser(LOGIN, NUMBER);
  const [one, other] = [
    await open({
      cookie: session.cookie,
      path: `/admin/extensions?q=${NUMBER}`,
    }),
    await open({ cookie: session.cookie, path: `/people?q=${NUMBER}` }),
  ];
  await settled(one, "Extensions");
  await settled(other, "Telephone list");
  await one.getByRole("button", { name: `Edit ${NUMBER}` }).click();
  await one
    .getByRole("dialog")
    .getByRole("textbox", { name: "Name" })
    .fill("Renamed desk");
  await one.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await other.getByRole("cell", { name: "Renamed desk" }).waitFor();
  await closePage(one);
  await closePage(other);
});

test("one says where one is with the keyboard, and colleagues see it at once", async () => {
  const person = await someUser(LOGIN, NUMBER);
  const [theirs, other] = [
    await open({ cookie: person.cookie, path: "/me" }),
    await open({ cookie: session.cookie, path: `/people?q=${NUMBER}` }),
  ];
  await settled(theirs, "My account");
  await settled(other, "Telephone list");
  await other.getByRole("cell", { name: "Office", exact: true }).waitFor();
  await theirs.keyboard.press("a");
  const dialog = theirs.getByRole("dialog", { name: "Availability" });
  await dialog.getByRole("radio", { name: "Office" }).focus();
  await theirs.keyboard.press("ArrowDown");
  assert.ok(
    await dialog.getByRole("radio", { name: "Meeting" }).isChecked(),
  );
  await dialog.getByRole("textbox", { name: "Note" }).fill("Room 4");
  await dialog.getByLabel("Back at").fill("2020-01-01T10:00");
  await theirs.keyboard.press("Enter");
  await dialog.getByText("Give a time that is still to come.").waitFor();
  await dialog.getByLabel("Back at").fill("");
  await dialog.getByRole("textbox", { name: "Note" }).press("Enter");
  await dialog.waitFor({ state: "detached" });
  await theirs
    .getByRole("button", { name: "Availability: Meeting Room 4" })
    .waitFor();
  await other.getByRole("cell", { name: "Meeting Room 4" }).waitFor();
  // The details are for oneself, if one wants that.
  await api("PUT", "/me/availability", {
    cookie: person.cookie,
    body: { state: "do-not-disturb", note: "Exam", hide_detail: true },
  });
  await other.getByRole("cell", { name: "Do not disturb Exam" }).waitFor();
  const { data } = await api("GET", `/people?q=${NUMBER}`, {
    cookie: person.cookie,
  });
  assert.equal(data.items[0].availability.note, "Exam");
  await closePage(theirs);
  await closePage(other);
});

test("the filter of the history is its address", async () => {
  const page = await open({ cookie: session.cookie, path: "/history" });
  await settled(page, "Call history");
  await page.getByRole("searchbox").fill("no such caller");
  await page.waitForURL(/[?&]q=no\+such\+caller/);
  await page.getByText("Nothing found").waitFor();
  await page
    .getByRole("combobox", { name: "Direction" })
    .selectOption("inbound");
  await page.waitForURL(/direction=inbound/);
  await page
    .locator(
      'a[href="/api/v1/history/export?q=no+such+caller&direction=inbound"]',
    )
    .waitFor();
  await page.reload();
  await settled(page, "Call history");
  assert.equal(
    await page.getByRole("combobox", { name: "Direction" }).inputValue(),
    "inbound",
  );
  await page.getByRole("link", { name: "Clear filter" }).click();
  await page.waitForURL(/\/history$/);
  await closePage(page);
});

test("a plugin is switched off and on, and the audit log knows", async () => {
  const { data: plugins } = await api("GET", "/plugins", {
    cookie: session.cookie,
  });
  const plugin = plugins.find(
    (plugin) => plugin.enabled && plugin.state === "running",
  );
  assert.ok(plugin, "the host has no running plugin");
  const page = await open({
    cookie: session.cookie,
    path: `/admin/plugins/${plugin.id}`,
  });
  await settled(page, "Plugins");
  const toggle = page.getByRole("switch", {
    name: `${plugin.name} switched on`,
  });
  await toggle.click();
  await page.locator("[role=switch][aria-checked=false]").waitFor();
  assert.equal(
    (await api("GET", `/plugins/${plugin.id}`, { cookie: session.cookie })).data
      .enabled,
    false,
  );
  // The act is in the log once it is answered, not once the live stream shows it.
  const answered = page.waitForResponse((response) =>
    response.url().endsWith("/enable"),
  );
  await toggle.click();
  await answered;
  await page.locator("[role=switch][aria-checked=true]").waitFor();
  await page.goto(`${URL_BASE}/admin/audit`);
  await settled(page, "Audit log");
  const row = page.getByRole("row").nth(1);
  assert.match(await row.innerText(), /Switched a plugin on/);
  await closePage(page);
});

test("settings are checked, kept, and not lost by walking away", async (t) => {
  const { data: plugins } = await api("GET", "/plugins", {
    cookie: session.cookie,
  });
  let found;
  for (const plugin of plugins) {
    const { data } = await api("GET", `/plugins/${plugin.id}/settings`, {
      cookie: session.cookie,
    });
    const number = Object.entries(data.schema.properties ?? {}).find(
      ([, part]) => part.type === "integer" && part.maximum !== undefined,
    );
    if (number)
      found ??= {
        plugin,
        values: data.values,
        key: number[0],
        part: number[1],
      };
  }
  if (!found)
    return t.skip(
      "no plugin has a whole number with an upper bound among its settings",
    );
  const { plugin, values, key, part } = found;
  const page = await open({
    cookie: session.cookie,
    path: `/admin/plugins/${plugin.id}?tab=settings`,
  });
  await settled(page, "Plugins");
  const field = page.getByRole("spinbutton", { name: part.title, exact: true });
  const save = page.getByRole("button", { name: "Save" });
  assert.ok(await save.isDisabled());
  await field.fill(String(part.maximum + 1));
  await save.click();
  await page.getByText(`At most ${part.maximum}.`).waitFor();
  assert.equal(await field.getAttribute("aria-invalid"), "true");
  const question = page.waitForEvent("dialog");
  const leave = page.getByRole("link", { name: "Log", exact: true }).click();
  await (await question).dismiss();
  await leave;
  await field.fill(String(part.maximum));
  await save.click();
  await page.getByText("are saved").first().waitFor();
  const kept = await api("GET", `/plugins/${plugin.id}/settings`, {
    cookie: session.cookie,
  });
  assert.equal(kept.data.values[key], part.maximum);
  await api("PUT", `/plugins/${plugin.id}/settings`, {
    cookie: session.cookie,
    body: values,
  });
  await closePage(page);
});

test("a package that is none is refused in words", async () => {
  const page = await open({ cookie: session.cookie, path: "/admin/plugins" });
  await settled(page, "Plugins");
  await page.getByRole("button", { name: "Install plugin" }).click();
  const file = {
    name: "letter.jackfield",
    mimeType: "application/zip",
    buffer: Buffer.from("not a package"),
  };
  await page.getByLabel("Package").setInputFiles(file);
  await page.getByRole("alert").waitFor();
  assert.ok((await page.getByRole("alert").innerText()).length > 20);
  assert.ok(
    await page
      .getByRole("button", { name: "Install", exact: true })
      .isDisabled(),
  );
  await closePage(page);
});

test("without the server the page says so and comes back by itself", async () => {
  const page = await open({ cookie: session.cookie, path: "/calls" });
  await settled(page, "Live view");
  await page.waitForLoadState("networkidle");
  await page.context().setOffline(true);
  await page.getByRole("link", { name: "Call history" }).click();
  const fault = page
    .getByRole("main")
    .getByRole("alert")
    .filter({ hasText: "The server does not answer." });
  await fault.waitFor();
  const again = fault.getByRole("button", { name: "Try again" });
  await again.waitFor();
  await page.context().setOffline(false);
  // Pressed, unless the page was faster.
  await Promise.race([again.click(), fault.waitFor({ state: "detached" })]);
  await fault.waitFor({ state: "detached" });
  await settled(page, "Call history");
  await closePage(page);
});

test("the order of trunks is changed with the keyboard, and told", async () => {
  const names = ["journey-trunk", "journey-office"];
  for (const name of names)
    await api("POST", "/trunks", {
      cookie: session.cookie,
      body: { name, servers: ["sip:192.0.2.99"], enabled: false },
      expect: 201,
    });
  const page = await open({ cookie: session.cookie, path: "/admin/trunks" });
  await settled(page, "Trunks");
  const mine = async () => {
    const { data } = await api("GET", "/trunks", { cookie: session.cookie });
    return data.map((trunk) => trunk.settings.name).filter((name) => names.includes(name));
  };
  const shown = async () => (await page.locator("tbody td.name").allTextContents()).map((text) => text.trim());
  assert.deepEqual(await mine(), names);
  const button = (what) => page.getByRole("button", { name: what, exact: true });
  // The last one goes up, and the focus goes with it.
  await button("Move journey-office up").focus();
  await page.keyboard.press("Enter");
  const { data } = await api("GET", "/trunks", { cookie: session.cookie });
  await page.getByText(/^journey-office is now number \d+\.$/).waitFor({ state: "attached" });
  assert.deepEqual(await mine(), names.toReversed());
  assert.deepEqual((await shown()).filter((name) => names.includes(name)), names.toReversed());
  assert.equal((await shown()).length, data.length);
  const focused = () => page.evaluate(() => document.activeElement.getAttribute("aria-label"));
  assert.match(await focused(), /^Move journey-office (up|down)$/);
  // And back down, to the end, where there is no further.
  await button("Move journey-office down").focus();
  await page.keyboard.press("Space");
  await page.waitForFunction(() => document.activeElement.getAttribute("aria-label") === "Move journey-office up");
  assert.deepEqual(await mine(), names);
  assert.ok(await button("Move journey-office down").isDisabled());
  await closePage(page);
  await dropTrunks();
});

test("a trunk is added with the keyboard, corrected, switched off and deleted", async () => {
  const page = await open({ cookie: session.cookie, path: "/admin/trunks" });
  await settled(page, "Trunks");
  await page.getByRole("button", { name: "Add trunk" }).first().focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  const field = (name) => dialog.getByRole("textbox", { name, exact: true });
  await field("Name").fill("journey trunk");
  // An address of documentation: nobody answers there.
  await field("Server").fill("192.0.2.99");
  await dialog.getByText("More settings").focus();
  await page.keyboard.press("Enter");
  await dialog.getByRole("spinbutton", { name: "Registration lasts (seconds)" }).fill("5");
  await field("Name").press("Enter");
  // What is wrong is told at each field, and the first one has the focus.
  await dialog.getByText("Use 1 to 32 letters, digits").waitFor();
  await dialog.getByText("This is out of range.").waitFor();
  await dialog.getByText("Fill this in: without a user").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.name), "name");
  await field("Name").fill(TRUNKS[0]);
  await field("User").fill("acme");
  await dialog.getByLabel("Password (optional)", { exact: true }).fill("a journey's secret");
  await dialog.getByRole("spinbutton", { name: "Registration lasts (seconds)" }).fill("600");
  await dialog.getByRole("button", { name: "Add numbers" }).click();
  await field("First number").fill("+49 30 123000");
  await field("Calls go to (optional)").fill("100");
  await dialog.getByRole("button", { name: "Add trunk" }).click();
  await dialog.waitFor({ state: "detached" });
  const row = (name) => page.getByRole("row", { name: new RegExp(name) });
  await row(TRUNKS[0]).waitFor();

  await page.getByRole("button", { name: `Edit ${TRUNKS[0]}` }).click();
  assert.equal(await field("Server").inputValue(), "192.0.2.99");
  assert.equal(await dialog.getByLabel("Password (optional)", { exact: true }).inputValue(), "", "a password is not told");
  await dialog.getByText("Leave it empty to keep the one that is there.").waitFor();
  await field("Name").fill(TRUNKS[1]);
  await dialog.getByRole("spinbutton", { name: "Calls at once" }).fill("4");
  await dialog.getByRole("button", { name: "Save" }).click();
  await row(TRUNKS[1]).getByText("0 of 4").waitFor();
  assert.equal(await row(TRUNKS[0]).count(), 0);
  const { data } = await api("GET", "/trunks", { cookie: session.cookie });
  const kept = data.find((trunk) => trunk.settings.name === TRUNKS[1]);
  assert.equal(kept.has_password, true);
  assert.ok(!JSON.stringify(data).includes("secret"));

  const lever = page.getByRole("switch", { name: `${TRUNKS[1]} switched on` });
  await lever.click();
  await row(TRUNKS[1]).getByText("Switched off").waitFor();
  assert.equal(await lever.getAttribute("aria-checked"), "false");

  await page.getByRole("button", { name: `Delete ${TRUNKS[1]}` }).click();
  await dialog.getByText("Calls in progress go on").waitFor();
  await dialog.getByRole("button", { name: "Delete trunk" }).click();
  await row(TRUNKS[1]).waitFor({ state: "detached" });
  await closePage(page);
});
