// What the browser must fetch, against the budget. Sizes are those of the brotli files that the build made.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

const KB = 1000;
const budget = {
	firstScript: 80 * KB,
	firstStyle: 15 * KB,
	area: 60 * KB,
	raw: 1_200 * KB,
	packed: 400 * KB
};

const build = new URL('../build/', import.meta.url).pathname;
const manifest = JSON.parse(
	readFileSync(new URL('../.svelte-kit/output/client/.vite/manifest.json', import.meta.url), 'utf8')
);
const packed = (file) => statSync(join(build, `${file}.br`)).size;

/** A chunk's scripts and styles with all that it imports at once. */
function closure(keys) {
	const [chunks, found] = [new Set(), new Set()];
	const visit = (key) => {
		if (chunks.has(key)) return;
		chunks.add(key);
		const { file, css = [], imports = [] } = manifest[key];
		for (const each of [file, ...css]) found.add(each);
		imports.forEach(visit);
	};
	keys.forEach(visit);
	return found;
}

const total = (files, kind) =>
	[...files].filter((file) => file.endsWith(kind)).reduce((sum, file) => sum + packed(file), 0);
const nodes = Object.keys(manifest).filter((key) => /\/nodes\/\d+\.js$/.test(key));
const source = new Map(nodes.map((key) => [key, [...closure([key])]]));
const entries = Object.keys(manifest).filter((key) => manifest[key].isEntry && !nodes.includes(key));

// Nodes are numbered as SvelteKit finds them: the root layout, the error page, then layouts and pages. The shell is
// what every page shares: the entries, the layouts (0 to 2) and the sign-in page.
const routes = readFileSync(
	new URL('../.svelte-kit/generated/client-optimized/app.js', import.meta.url),
	'utf8'
);
const pageOf = Object.fromEntries(
	[...routes.matchAll(/"([^"]+)": \[~?(\d+)/g)].map(([, route, node]) => [route, Number(node)])
);
const node = (n) => nodes.find((key) => key.endsWith(`/nodes/${n}.js`));
const shell = closure([...entries, node(0), node(1), node(2), node(pageOf['/login'])].filter(Boolean));

const files = [...list(build)];
const original = files.filter((file) => !/\.(br|gz)$/.test(file));
const rows = [
	['first load, scripts', total(shell, '.js'), budget.firstScript],
	['first load, styles', total(shell, '.css'), budget.firstStyle],
	...Object.entries(pageOf).map(([route, n]) => {
		const own = (source.get(node(n)) ?? []).filter((file) => !shell.has(file));
		return [`page ${route}`, total(own, '.js') + total(own, '.css'), budget.area];
	}),
	[
		'everything, as built',
		original.reduce((sum, file) => sum + statSync(join(build, file)).size, 0),
		budget.raw
	],
	[
		'everything, packed',
		files
			.filter((file) => file.endsWith('.br'))
			.reduce((sum, file) => sum + statSync(join(build, file)).size, 0),
		budget.packed
	]
];

let over = 0;
for (const [what, size, limit] of rows) {
	if (size > limit) over += 1;
	console.log(
		`${size > limit ? 'OVER ' : 'ok   '} ${(size / KB).toFixed(1).padStart(7)} of ${String(limit / KB).padStart(5)} kB  ${what}`
	);
}
if (over > 0) {
	console.error(`${over} over budget`);
	process.exit(1);
}

function* list(path, root = path) {
	for (const entry of readdirSync(path, { withFileTypes: true })) {
		const name = join(path, entry.name);
		if (entry.isDirectory()) yield* list(name, root);
		else yield relative(root, name);
	}
}
