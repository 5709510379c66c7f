// A browser on a running host: where it is and who signs in comes from the environment.
//
// JACKFIELD_URL       e.g. http://127.0.0.1:8080
// JACKFIELD_PASSWORD  the admin's password; a one-time one is changed to ADMIN_PASSWORD
// CHROMIUM            the browser, /usr/bin/chromium when not set
// JACKFIELD_SLOW      slows the browser's processor down by this factor: what passes at 6 does not depend on time
import { chromium } from "playwright-core";

export const URL_BASE = need("JACKFIELD_URL").replace(/\/$/, "");
/** What the admin's one-time password is changed to. */
const ADMIN_PASSWORD = "seven brass sockets";
const API = `${URL_BASE}/api/v1`;
const SAME_SITE = { "X-Jackfield": "1" };

/** The sizes at which pages are looked at: a desk and a telephone. */
export const SIZES = {
  desk: { width: 1280, height: 900 },
  phone: { width: 390, height: 844 },
};

/** The pages of an admin, each with the heading that it shows once it is there. */
export const ADMIN_PAGES = [
  ["/", "Overview"],
  ["/phone", "Phone"],
  ["/calls", "Live view"],
  ["/conferences", "Conferences"],
  ["/history", "Call history"],
  ["/people", "Telephone list"],
  ["/admin/users", "Users"],
  ["/admin/extensions", "Extensions"],
  ["/admin/contacts", "Contacts"],
  ["/admin/trunks", "Trunks"],
  ["/admin/schedules", "Opening hours"],
  ["/admin/sounds", "Prompts and music"],
  ["/admin/plugins", "Plugins"],
  ["/admin/tracer", "Try a call"],
  ["/admin/plugins/catalogue", "Plugins"],
  ["/admin/plugins/publishers", "Plugins"],
  ["/admin/mail", "Mail"],
  ["/admin/bans", "Banned sources"],
  ["/admin/audit", "Audit log"],
  ["/me", "My account"],
  ["/keys", "Keyboard shortcuts"],
];
/** The pages of somebody who is no admin. */
export const USER_PAGES = [
  ["/me", "My account"],
  ["/phone", "Phone"],
  ["/calls", "Live view"],
  ["/history", "Call history"],
  ["/people", "Telephone list"],
  ["/keys", "Keyboard shortcuts"],
];

function need(name) {
  const value = process.env[name];
  if (!value) throw new Error(`set ${name}: see support.mjs`);
  return value;
}

/** A request with a session's cookie. */
export async function api(method, path, { cookie, body, expect = 200 } = {}) {
  const response = await fetch(API + path, {
    method,
    headers: {
      ...SAME_SITE,
      ...(cookie && { Cookie: cookie }),
      ...(body !== undefined && { "Content-Type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (![expect].flat().includes(response.status))
    throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return {
    response,
    data:
      text && response.headers.get("Content-Type")?.includes("json")
        ? JSON.parse(text)
        : text,
  };
}

/** Signs in and gives the cookie. */
export async function cookieOf(login, password) {
  const { response, data } = await api("POST", "/session", {
    body: { login, password },
  });
  return {
    cookie: response.headers.get("Set-Cookie").split(";")[0],
    session: data,
  };
}

let adminReady;

/** The admin's session, with a password of their own and English pages. */
export function admin() {
  adminReady ??= (async () => {
    const given = need("JACKFIELD_PASSWORD");
    let signed = await cookieOf("admin", given).catch(() =>
      cookieOf("admin", ADMIN_PASSWORD),
    );
    let password = given;
    if (signed.session.must_change_password) {
      const body = { current: given, new: ADMIN_PASSWORD };
      await api("PUT", "/me/password", {
        cookie: signed.cookie,
        body,
        expect: 204,
      });
    }
    const own = await cookieOf("admin", ADMIN_PASSWORD).catch(() => undefined);
    if (own) [signed, password] = [own, ADMIN_PASSWORD];
    await api("PATCH", "/me", {
      cookie: signed.cookie,
      body: { language: "en" },
    });
    return { cookie: signed.cookie, login: "admin", password };
  })();
  return adminReady;
}

/** Somebody new who is no admin, with a number. */
export async function someUser(login, number) {
  const { cookie } = await admin();
  await drop(login, number);
  const made = await api("POST", "/users", {
    cookie,
    body: { login, name: "Test person", role: "user" },
    expect: 201,
  });
  const body = { number, name: "Test desk", owner: made.data.user.id };
  await api("POST", "/extensions", { cookie, body, expect: 201 });
  const once = await cookieOf(login, made.data.one_time_password);
  const change = { current: made.data.one_time_password, new: ADMIN_PASSWORD };
  await api("PUT", "/me/password", {
    cookie: once.cookie,
    body: change,
    expect: 204,
  });
  return {
    cookie: once.cookie,
    login,
    password: ADMIN_PASSWORD,
    id: made.data.user.id,
  };
}

/** Removes what an earlier run may have left. */
export async function drop(login, number) {
  const { cookie } = await admin();
  const { data } = await api("GET", `/users?q=${encodeURIComponent(login)}`, {
    cookie,
  });
  for (const user of data.items.filter((user) => user.login === login)) {
    await api("DELETE", `/users/${user.id}`, { cookie, expect: 204 });
  }
  if (number)
    await api("DELETE", `/extensions/${number}`, {
      cookie,
      expect: [204, 404],
    });
}

/** What the browser is started with; a test that needs more adds it before its first page. */
export const browserArguments = ["--no-sandbox"];

let browser;

/** A page, signed in with a cookie. Fails the test on an error in the page's console. */
export async function open({
  cookie,
  size = SIZES.desk,
  theme = "light",
  path = "/",
  context = {},
} = {}) {
  browser ??= await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: browserArguments,
  });
  const tab = await browser.newContext({
    viewport: size,
    colorScheme: theme,
    locale: "en-GB",
    reducedMotion: "reduce",
    ...context,
  });
  if (cookie) {
    const [name, value] = cookie.split("=");
    await tab.addCookies([{ name, value, url: URL_BASE }]);
  }
  const page = await tab.newPage();
  const slow = Number(process.env["JACKFIELD_SLOW"] ?? 1);
  if (slow > 1)
    await (
      await tab.newCDPSession(page)
    ).send("Emulation.setCPUThrottlingRate", { rate: slow });
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(String(error)));
  page.on("console", (message) => {
    // A request that is answered with a problem is part of some tests; the browser calls it an error.
    if (
      message.type() === "error" &&
      !message.text().startsWith("Failed to load resource")
    )
      page.faults.push(message.text());
  });
  watch(page);
  await page.goto(URL_BASE + path);
  return page;
}

/** Notes what a page still waits for: requests, and the first picture of its live stream. */
function watch(page) {
  page.waits = new Set();
  page.on("request", (request) => {
    // What the page before still waited for is nobody's business any more.
    if (request.isNavigationRequest() && request.frame() === page.mainFrame())
      page.waits.clear();
    page.waits.add(request);
  });
  for (const end of ["requestfinished", "requestfailed"])
    page.on(end, (request) => page.waits.delete(request));
  page.on("websocket", (socket) => {
    page.waits.add(socket);
    for (const there of ["framereceived", "socketerror", "close"])
      socket.on(there, () => page.waits.delete(socket));
  });
}

/** Time without a change after which a page counts as quiet; the live view is painted every 250 ms. */
const QUIET_MS = 300;

/** Waits until a page is there and quiet: nothing asked for is missing and nothing appears any more. */
export async function settled(page, heading) {
  if (heading)
    await page
      .getByRole("heading", { level: 1, name: heading, exact: true })
      .waitFor();
  for (;;) {
    await page.locator(".loading").first().waitFor({ state: "detached" });
    const quiet = await page.evaluate(
      (ms) =>
        new Promise((done) => {
          const end = (quiet) => {
            clearTimeout(timer);
            changes.disconnect();
            done(quiet);
          };
          const changes = new MutationObserver(() => end(false));
          // Counting seconds change texts, never elements.
          changes.observe(document, {
            subtree: true,
            childList: true,
            attributes: true,
          });
          const timer = setTimeout(
            () => requestAnimationFrame(() => end(true)),
            ms,
          );
        }),
      QUIET_MS,
    );
    if (
      quiet &&
      page.waits.size === 0 &&
      (await page.locator(".loading").count()) === 0
    )
      return;
  }
}

export async function closePage(page) {
  await page.context().close();
  if (page.faults.length > 0)
    throw new Error(`the page complained: ${page.faults.join("; ")}`);
}

export async function closeBrowser() {
  await browser?.close();
  browser = undefined;
}
