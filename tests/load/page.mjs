// Installs the plugins of a folder in a running host and goes to a page of one; prints how many milliseconds both took.
import { readdirSync, readFileSync } from "node:fs";
import {
  admin,
  api,
  closeBrowser,
  open,
  settled,
  URL_BASE,
} from "../web/support.mjs";

const RUNS = 7;
const folder = new URL(`file://${process.argv[2]}/`);
const { cookie } = await admin();

async function install(plugin) {
  const name = readdirSync(folder).find((name) =>
    name.startsWith(`${plugin}-`),
  );
  const body = readFileSync(new URL(name, folder));
  const began = performance.now();
  const response = await fetch(`${URL_BASE}/api/v1/plugins?approve=true`, {
    method: "POST",
    headers: {
      "X-Jackfield": "1",
      "Content-Type": "application/octet-stream",
      Cookie: cookie,
    },
    body,
  });
  const made = await response.json();
  if (response.status !== 201 || made.state !== "running")
    throw new Error(`${name}: ${response.status} ${JSON.stringify(made)}`);
  return performance.now() - began;
}

async function shown(page) {
  await page.getByRole("link", { name: "Telephone list" }).first().click();
  await settled(page, "Telephone list");
  const began = performance.now();
  await page.getByRole("link", { name: "Hello", exact: true }).click();
  await page.frameLocator("main iframe").getByText("Hello,").waitFor();
  return performance.now() - began;
}

const installed = await install("voicemail");
await install("hello-page");
const page = await open({ cookie, path: "/me" });
const times = [];
for (let run = 0; run < RUNS; run++) times.push(await shown(page));
await closeBrowser();
await api("DELETE", "/session", { cookie, expect: 204 });
times.sort((a, b) => a - b);
console.log(JSON.stringify({ install: installed, page: times[RUNS >> 1] }));
