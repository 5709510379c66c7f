// Switches a plugin off or on in the plugin manager, as an admin does: node switch.mjs PLUGIN-ID on|off
// Where the host is and who signs in comes from the environment, see support.mjs. Used by tests/interop/switch.rs.
import { admin, api, closeBrowser, closePage, open, settled } from './support.mjs';

const [id, wanted] = process.argv.slice(2);
const { cookie } = await admin();
const { data: plugin } = await api('GET', `/plugins/${id}`, { cookie });
const page = await open({ cookie, path: '/admin/plugins' });
await settled(page, 'Plugins');
// Its own pages are linked from beside.
await page.getByRole('main').getByRole('link', { name: plugin.name }).first().click();
const name = `${plugin.name} switched on`;
await page.getByRole('switch', { name }).click();
await page.getByRole('switch', { name, checked: wanted === 'on' }).waitFor();
await closePage(page);
await closeBrowser();
