// Adds a trunk as an admin does and waits until the page says that it is registered: node trunk.mjs NAME SERVER USER PASSWORD DOMAIN
// Where the host is and who signs in comes from the environment, see support.mjs. Used by tests/interop/trunk.rs.
import { admin, closeBrowser, closePage, open, settled } from "./support.mjs";

const [name, server, user, password, domain] = process.argv.slice(2);
const { cookie } = await admin();
const page = await open({ cookie, path: "/admin/trunks" });
await settled(page, "Trunks");
// The house has none, and the page says what to do about it.
await page.getByText("No trunks").waitFor();
await page.getByRole("button", { name: "Add trunk" }).last().click();
const dialog = page.getByRole("dialog");
const field = (name) => dialog.getByRole("textbox", { name, exact: true });
await field("Name").fill(name);
await field("Server").fill(server);
await field("User").fill(user);
await dialog.getByLabel("Password (optional)", { exact: true }).fill(password);
await field("Country code").fill("+49");
await field("Area code (optional)").fill("30");
await dialog.getByText("More settings").click();
await field("Domain (optional)").fill(domain);
await dialog.getByRole("button", { name: "Add trunk" }).click();
await page.getByText(`${name} is registered and ready for calls.`).waitFor();
await page.getByRole("row", { name: new RegExp(name) }).getByText("renewed within").waitFor();
await closePage(page);
await closeBrowser();
