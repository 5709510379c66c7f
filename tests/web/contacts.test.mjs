// Contacts outside the house: imported from a file with a look at it first, found in the telephone list, and taken back.
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

const FILE = "journey-customers";
const CSV =
  "First name,Last name,Company,Phone,Remark\n" +
  "Zora,Quill,Quill & Sons,01 23 45 67 89,Orders on Mondays\n" +
  ",,Townhall,call them,\n" +
  "Bea,Quill,,+49 30 123456,\n";

let session;

/** Takes away what an earlier run may have left: the contacts, then the name. */
async function dropFile() {
  for (let turn = 0; turn < 2; turn++)
    await api("DELETE", `/contacts/files/${FILE}`, {
      cookie: session.cookie,
      expect: [204, 404],
    });
}

before(async () => {
  session = await admin();
  await dropFile();
});
after(async () => {
  await dropFile();
  await closeBrowser();
});

test("a file is looked into, imported, found and taken back", async () => {
  const page = await open({ cookie: session.cookie, path: "/admin/contacts" });
  await settled(page, "Contacts");
  await page.getByRole("button", { name: "Import a file" }).click();
  const dialog = page.getByRole("dialog", { name: "Import a file" });
  await dialog.getByLabel("File", { exact: true }).setInputFiles({
    name: `${FILE}.csv`,
    mimeType: "text/csv",
    buffer: Buffer.from(CSV),
  });
  const holds = (title) => dialog.getByLabel(`Holds: ${title}`);
  assert.equal(await holds("First name").inputValue(), "first-name");
  assert.equal(await holds("Phone").inputValue(), "work");
  assert.equal(
    await dialog.getByLabel("Name", { exact: true }).inputValue(),
    FILE,
  );
  await dialog.getByLabel("Country code of numbers without one").fill("33");
  await dialog.getByRole("button", { name: "Check" }).click();
  await dialog.getByText("2 contacts; 2 remarks").waitFor();
  await dialog
    .getByText("Line 3: “call them” is no telephone number")
    .waitFor();
  await dialog.getByRole("button", { name: "Import", exact: true }).click();
  await page.getByText("2 contacts are imported: 2 new, 0 gone").waitFor();
  await page
    .getByRole("row", { name: FILE })
    .getByText("2", { exact: true })
    .waitFor();

  await page.goto(page.url().replace("/admin/contacts", "/people?q=quill"));
  const outside = page.getByRole("region", { name: "Outside the house" });
  await outside.getByText("+33123456789").waitFor();
  assert.equal(await outside.getByRole("row").count(), 3, "two and the head");
  assert.equal(await outside.getByText(FILE).count(), 2);
  await page.getByText("Nobody of the house fits.").waitFor();
  await closePage(page);
});

test("what was imported is taken back by keyboard, and made good again", async () => {
  const page = await open({ cookie: session.cookie, path: "/admin/contacts" });
  await settled(page, "Contacts");
  const row = page.getByRole("row", { name: FILE });
  await row
    .getByRole("button", { name: `Delete the contacts of ${FILE}` })
    .press("Enter");
  await row.getByText("0", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Undo", exact: true }).press("Enter");
  await row.getByText("2", { exact: true }).waitFor();
  await closePage(page);
});
