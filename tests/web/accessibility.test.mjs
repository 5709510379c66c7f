// No axe violation on any page, in both themes, at a desk and on a telephone; no sideways scrolling at 320 pixels.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import {
  ADMIN_PAGES,
  admin,
  api,
  closeBrowser,
  closePage,
  drop,
  open,
  settled,
  SIZES,
  someUser,
  URL_BASE,
  USER_PAGES,
} from "./support.mjs";

const axe = readFileSync(
  createRequire(import.meta.url).resolve("axe-core/axe.min.js"),
  "utf8",
);
const TAGS = [
  "wcag2a",
  "wcag2aa",
  "wcag21a",
  "wcag21aa",
  "wcag22aa",
  "best-practice",
];
const THEMES = ["light", "dark"];
const NARROW = { width: 320, height: 640 };

let session, person, pluginPages, explained;

before(async () => {
  session = await admin();
  person = await someUser("axe-user", "79901");
  const { data: plugins } = await api("GET", "/plugins", {
    cookie: session.cookie,
  });
  pluginPages = plugins.flatMap((plugin) =>
    ["overview", "settings", "permissions", "log"].map((tab) => [
      `/admin/plugins/${plugin.id}?tab=${tab}`,
      "Plugins",
    ]),
  );
  // A demo company that is too young has no calls to explain.
  const { data: history } = await api("GET", "/history?limit=40", {
    cookie: session.cookie,
  });
  const faulty = history.items.find((call) => call.quality?.faulty);
  explained = [history.items[0], faulty]
    .filter(Boolean)
    .map((call) => [`/history/${call.id}`]);
});
after(async () => {
  await drop("axe-user", "79901");
  await closeBrowser();
});

/** What axe finds, each with where it is. */
async function violations(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(
    (tags) => window.axe.run({ runOnly: tags }),
    TAGS,
  );
  return violations.map(
    ({ id, help, nodes }) =>
      `${id} (${help}): ${nodes.map((node) => node.target.join(" ")).join(", ")}`,
  );
}

/** Looks at one page after the other in the same browser tab. */
async function clean(options, pages) {
  const page = await open({ ...options, path: "/favicon.svg" });
  for (const [path, heading, act] of pages) {
    await page.goto(URL_BASE + path);
    await settled(page, heading);
    await act?.(page);
    assert.deepEqual(
      await violations(page),
      [],
      `${path} ${options.theme} ${options.size.width}`,
    );
  }
  await closePage(page);
}

/** Asks what would become of a call. */
async function foresee(page) {
  await page.getByLabel("From").fill("79901");
  await page.getByLabel("To", { exact: true }).fill("79901");
  await page.getByRole("button", { name: "Try" }).click();
  await page.getByText("Which telephones are registered").waitFor();
}

for (const theme of THEMES) {
  for (const [name, size] of Object.entries(SIZES)) {
    test(`the admin's pages, ${theme}, ${name}`, () =>
      clean({ cookie: session.cookie, theme, size }, [
        ...ADMIN_PAGES,
        ...explained,
        ["/admin/tracer", "Try a call", foresee],
      ]));

    test(`the pages of each plugin, ${theme}, ${name}`, async () => {
      assert.ok(pluginPages.length > 0, "the host has no plugin to look at");
      await clean({ cookie: session.cookie, theme, size }, pluginPages);
    });

    test(`the user's pages and the door, ${theme}, ${name}`, async () => {
      await clean({ cookie: person.cookie, theme, size }, [
        ...USER_PAGES,
        ["/no-such-page", "There is no such page"],
      ]);
      await clean({ theme, size }, [["/login", "Sign in"]]);
    });

    test(`dialogs, ${theme}, ${name}`, async () => {
      const press = (button) => async (page) => {
        await page.getByRole("button", { name: button }).first().click();
        await page.getByRole("dialog").waitFor();
      };
      const trunk = async (page) => {
        await press("Add trunk")(page);
        const dialog = page.getByRole("dialog");
        await dialog.getByRole("button", { name: "Add numbers" }).click();
        await dialog.getByText("More settings").click();
        await dialog.getByRole("button", { name: "Add trunk" }).click();
        await dialog.locator("[aria-invalid]").first().waitFor();
      };
      const palette = async (page) => {
        await page.keyboard.press("Control+k");
        await page.getByRole("combobox").fill("a");
        await page.getByRole("option").first().waitFor();
      };
      const owner = async (page) => {
        await press(/^Edit/)(page);
        await page.getByRole("combobox", { name: "Person" }).fill("a");
        await page.getByRole("option").first().waitFor();
      };
      await clean({ cookie: session.cookie, theme, size }, [
        ["/admin/users", "Users", press("Add user")],
        ["/admin/users", "Users", press(/^Edit/)],
        ["/admin/extensions", "Extensions", press("Add extension")],
        ["/admin/extensions", "Extensions", owner],
        ["/admin/trunks", "Trunks", trunk],
        ["/admin/plugins", "Plugins", press("Install plugin")],
        ["/", "Overview", palette],
      ]);
    });
  }
}

test("every page reflows at 320 pixels, in the longest language too", async () => {
  for (const language of ["en", "de"]) {
    await api("PATCH", "/me", { cookie: session.cookie, body: { language } });
    const page = await open({
      cookie: session.cookie,
      size: NARROW,
      path: "/favicon.svg",
    });
    for (const [path] of [...ADMIN_PAGES, ...explained, ...pluginPages]) {
      await page.goto(URL_BASE + path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await settled(page);
      const [wide, shown] = await page.evaluate(() => [
        document.documentElement.scrollWidth,
        innerWidth,
      ]);
      assert.ok(wide <= shown, `${path} in ${language} is ${wide} pixels wide`);
    }
    await closePage(page);
  }
  await api("PATCH", "/me", {
    cookie: session.cookie,
    body: { language: "en" },
  });
});

test("every page says its name and its language", async () => {
  const titles = new Set();
  const page = await open({ cookie: session.cookie, path: "/favicon.svg" });
  for (const [path, heading] of ADMIN_PAGES) {
    await page.goto(URL_BASE + path);
    await settled(page, heading);
    titles.add(await page.title());
    assert.equal(await page.locator("html").getAttribute("lang"), "en");
  }
  await closePage(page);
  assert.equal(titles.size, ADMIN_PAGES.length, [...titles].join(", "));
});
