import { admin, open, closeBrowser } from "./support.mjs";
const s = await admin();
const page = await open({ cookie: s.cookie, path: "/p/org.example.bad-page/bad" });
await page.waitForTimeout(15000);
console.log(page.url(), page.faults.slice(0,40));
for (const f of page.frames()) console.log(f.url(), await Promise.race([f.evaluate(() => [...document.querySelectorAll("dd")].map(e => e.id + "=" + e.textContent).join(" ")).catch(String), new Promise(r=>setTimeout(()=>r("hangs"),3000))]));
await page.screenshot({path:"/tmp/bad.png"});
await closeBrowser();
