// Everything with the keyboard alone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  ADMIN_PAGES,
  admin,
  api,
  closeBrowser,
  closePage,
  open,
  settled,
  SIZES,
} from "./support.mjs";

/** Most stops on a page that is walked through. */
const STOPS = 150;
const NUMBER = "79902";

let session;

before(async () => {
  session = await admin();
  await api("DELETE", `/extensions/${NUMBER}`, {
    cookie: session.cookie,
    expect: [204, 404],
  });
});
after(async () => {
  await api("DELETE", `/extensions/${NUMBER}`, {
    cookie: session.cookie,
    expect: [204, 404],
  });
  await closeBrowser();
});

const focused = (page) =>
  page.evaluate(() => {
    const at = document.activeElement;
    return (
      at?.getAttribute("aria-label") ??
      at?.textContent?.trim().replace(/\s+/g, " ") ??
      ""
    );
  });

/** Presses Tab until the focus is where it is wanted. */
async function tabTo(page, wanted) {
  for (let i = 0; i < STOPS; i++) {
    if (wanted.test(await focused(page))) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`Tab never led to ${wanted}`);
}

/** Notes everything that Tab has to reach, and gives how much that is. */
const note = (page) =>
  page.evaluate(() => {
    const able =
      "a[href], button, input, select, textarea, summary, [tabindex]";
    window.unreached = new Set(
      [...document.querySelectorAll(able)].filter(
        (each) =>
          each.tabIndex >= 0 &&
          !each.disabled &&
          each.checkVisibility({ visibilityProperty: true }),
      ),
    );
    return window.unreached.size;
  });

/** What Tab has not reached and is still there. */
const unreached = (page) =>
  page.evaluate(() =>
    [...window.unreached]
      .filter((each) => each.isConnected)
      .map((each) => each.outerHTML.slice(0, 120)),
  );

for (const [name, size] of Object.entries(SIZES)) {
  test(`Tab reaches everything on every page, shows where it is, and nothing covers it, ${name}`, async () => {
    for (const [path, heading] of ADMIN_PAGES) {
      const page = await open({ cookie: session.cookie, size, path });
      await settled(page, heading);
      assert.ok((await note(page)) > 0, `${path} has nothing to reach`);
      let stops = 0;
      for (; stops < STOPS; stops++) {
        await page.keyboard.press("Tab");
        const seen = await page.evaluate(() => {
          const at = document.activeElement;
          if (!at || at === document.body) return { end: true };
          window.unreached.delete(at);
          const box = at.getBoundingClientRect();
          // Inside the browser's own parts, e.g. of a date field, nothing can be measured.
          const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
          const top = document.elementFromPoint(x, y);
          const style = getComputedStyle(at);
          return {
            name: at.outerHTML.slice(0, 120),
            inside: x >= 0 && y >= 0 && x <= innerWidth && y <= innerHeight,
            free: top === at || at.contains(top) || top?.contains(at),
            outline:
              style.outlineStyle !== "none" &&
              parseFloat(style.outlineWidth) >= 2,
          };
        });
        if (seen.end) break;
        assert.ok(seen.inside, `${path}: out of sight: ${seen.name}`);
        assert.ok(seen.free, `${path}: covered: ${seen.name}`);
        assert.ok(seen.outline, `${path}: no focus to be seen: ${seen.name}`);
      }
      if (stops < STOPS)
        assert.deepEqual(
          await unreached(page),
          [],
          `${path}: not reached by Tab`,
        );
      await closePage(page);
    }
  });
}

test("the first Tab leads past the navigation", async () => {
  const page = await open({ cookie: session.cookie, path: "/admin/users" });
  await settled(page, "Users");
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "Skip to the content");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "Add user");
  await closePage(page);
});

test("an extension is added, its password seen, and it is deleted and brought back", async () => {
  const page = await open({
    cookie: session.cookie,
    path: "/admin/extensions",
  });
  await settled(page, "Extensions");
  await tabTo(page, /^Add extension$/);
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await page.getByRole("textbox", { name: "Number" }).focus();
  await page.keyboard.type(NUMBER);
  await page.keyboard.press("Tab");
  await page.keyboard.type("By keyboard");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "SIP account" }).waitFor();
  const password = await page.locator("dialog code").nth(2).innerText();
  assert.match(password, /^[A-Za-z0-9]{20}$/);
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });

  await page.keyboard.press("/");
  await page.keyboard.type(NUMBER);
  await page.getByRole("button", { name: `Delete ${NUMBER}` }).waitFor();
  await tabTo(page, new RegExp(`^Delete ${NUMBER}$`));
  await page.keyboard.press("Enter");
  await page.getByText(`Extension ${NUMBER} deleted.`).first().waitFor();
  await tabTo(page, /^Undo$/);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: `Delete ${NUMBER}` }).waitFor();
  await closePage(page);
});

test("Escape closes a dialog and the focus is back where it came from", async () => {
  const page = await open({ cookie: session.cookie, path: "/admin/users" });
  await settled(page, "Users");
  await tabTo(page, /^Add user$/);
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal(await focused(page), "Add user");
  await closePage(page);
});

test("Ctrl+K goes to a page and finds a person", async () => {
  const page = await open({ cookie: session.cookie, path: "/keys" });
  await settled(page, "Keyboard shortcuts");
  const search = page.locator("[role=combobox]:focus");
  await page.keyboard.press("Control+k");
  await search.waitFor();
  await page.keyboard.type("audit");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Audit log" }).waitFor();

  const { data } = await api("GET", "/people?limit=1", {
    cookie: session.cookie,
  });
  const { number } = data.items[0];
  // The first palette is gone before the second one is asked for.
  await page.getByRole("combobox").waitFor({ state: "detached" });
  await page.keyboard.press("Control+k");
  await search.waitFor();
  await page.keyboard.type(number);
  await page.getByRole("option").filter({ hasText: number }).first().waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await page
    .getByRole("heading", { level: 1, name: "Telephone list" })
    .waitFor();
  await page.getByRole("cell").filter({ hasText: number }).first().waitFor();
  await closePage(page);
});

test("the order of routing plugins is changed and the focus stays with the plugin", async (t) => {
  const page = await open({ cookie: session.cookie, path: "/admin/plugins" });
  await settled(page, "Plugins");
  const names = () =>
    page.locator('section[aria-labelledby="order"] li a').allInnerTexts();
  const before = await names();
  if (before.length < 2)
    return t.skip("the host has fewer than two routing plugins");
  await tabTo(page, new RegExp(`^Move ${before[0]} down$`));
  await page.keyboard.press("Enter");
  await page.getByText(`${before[0]} is now number 2.`).waitFor();
  assert.deepEqual((await names()).slice(0, 2), [before[1], before[0]]);
  assert.match(
    await focused(page),
    new RegExp(`^Move ${before[0]} (down|up)$`),
  );
  await tabTo(page, new RegExp(`^Move ${before[0]} up$`)).catch(async () =>
    page.getByRole("button", { name: `Move ${before[0]} up` }).focus(),
  );
  await page.keyboard.press("Enter");
  await page.getByText(`${before[0]} is now number 1.`).waitFor();
  assert.deepEqual(await names(), before);
  await closePage(page);
});

test("single-character shortcuts can be switched off", async () => {
  const page = await open({ cookie: session.cookie, path: "/keys" });
  await settled(page, "Keyboard shortcuts");
  await page.getByRole("switch").press("Space");
  await page.goto(page.url().replace("/keys", "/people"));
  await settled(page, "Telephone list");
  await page.keyboard.press("?");
  await page.keyboard.press("/");
  assert.equal(
    await page.evaluate(() => document.activeElement?.tagName),
    "BODY",
  );
  assert.ok(page.url().endsWith("/people"));
  await closePage(page);
});
