// A picture of every page in light and dark, at a desk and on a telephone, for somebody to look at.
import { mkdirSync } from "node:fs";
import {
  ADMIN_PAGES,
  admin,
  api,
  closeBrowser,
  open,
  settled,
  SIZES,
} from "./support.mjs";

const folder = process.argv[2] ?? "shots";
const only = process.argv[3];
mkdirSync(folder, { recursive: true });
const { cookie } = await admin();
const { data: plugins } = await api("GET", "/plugins", { cookie });
const { data: brought } = await api("GET", "/pages", { cookie });
const pages = [
  ["/login", "Sign in"],
  ...ADMIN_PAGES,
  ...brought
    .filter((page) => page.place === "main")
    .map((page) => [`/p/${page.plugin}/${page.id}`, page.title]),
];
const { data: finished } = await api("GET", "/history?limit=40", { cookie });
const faulty = finished.items.find((call) => call.quality?.faulty);
for (const call of [finished.items[0], faulty].filter(Boolean))
  pages.push([`/history/${call.id}`]);
for (const plugin of plugins.slice(0, 2)) {
  for (const tab of ["overview", "settings", "permissions", "log"])
    pages.push([`/admin/plugins/${plugin.id}?tab=${tab}`, "Plugins"]);
}

for (const theme of ["light", "dark"]) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const [path, heading] of pages.filter(
      ([path]) => !only || path.includes(only),
    )) {
      const page = await open({
        ...(path !== "/login" && { cookie }),
        theme,
        size: viewport,
        path,
      });
      await settled(page, heading);
      for (const frame of page.frames()) await frame.waitForLoadState("load");
      const name =
        path.replace(/[^a-z0-9-]+/gi, "_").replace(/^_|_$/g, "") || "overview";
      await page.screenshot({
        path: `${folder}/${name}.${theme}.${size}.png`,
        fullPage: size === "phone",
      });
      if (page.faults.length > 0) console.error(path, page.faults.join("; "));
      await page.context().close();
    }
  }
}
await closeBrowser();
