// Every message in every language, with the same placeholders, and none that no page uses.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const folder = new URL('../messages/', import.meta.url);
const read = (name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
const { locales, baseLocale } = JSON.parse(
	readFileSync(new URL('../project.inlang/settings.json', import.meta.url), 'utf8')
);

const base = read(`${baseLocale}.json`);
const faults = [];

for (const locale of locales) {
	const other = read(`${locale}.json`);
	for (const key of Object.keys({ ...base, ...other })) {
		if (key === '$schema') continue;
		if (!(key in other)) faults.push(`${locale}.json lacks “${key}”`);
		else if (!(key in base)) faults.push(`${locale}.json has “${key}”, which ${baseLocale}.json has not`);
		else if (places(other[key]) !== places(base[key]))
			faults.push(`${locale}.json: “${key}” has other placeholders`);
		else if (texts(other[key]).some((text) => text.trim() === ''))
			faults.push(`${locale}.json: “${key}” is empty`);
	}
}

const sources = files(new URL('../src/', import.meta.url).pathname).filter((name) =>
	/\.(svelte|ts)$/.test(name)
);
const used = new Set(
	sources.flatMap((name) => [...readFileSync(name, 'utf8').matchAll(/\bm\.(\w+)/g)].map(([, key]) => key))
);
for (const key of Object.keys(base))
	if (key !== '$schema' && !used.has(key)) faults.push(`no page uses “${key}”`);
for (const key of used) if (!(key in base)) faults.push(`a page uses “${key}”, which is no message`);

if (faults.length > 0) {
	console.error(faults.join('\n'));
	process.exit(1);
}

function texts(message) {
	return typeof message === 'string' ? [message] : message.flatMap(({ match }) => Object.values(match));
}

function places(message) {
	const names = texts(message).flatMap((text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
	return [...new Set(names)].sort().join();
}

function files(path) {
	return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
		const name = join(path, entry.name);
		if (entry.name === 'paraglide') return [];
		return entry.isDirectory() ? files(name) : [name];
	});
}
