// An object in one line, for a list whose entries are folded.
import {
	choicesOf,
	isFields,
	kindOf,
	resolve,
	variantOf,
	variantsOf,
	type Schema,
	type Value
} from './schema';

/** Parts shown. */
const MOST = 3;

/** The first simple values of an object, the names of its choices translated. */
export function summary(
	root: Schema,
	schema: Schema,
	value: Value,
	text: (english: string) => string
): string {
	if (!isFields(value)) return '';
	let found = resolve(root, schema);
	const words: string[] = [];
	if (kindOf(root, found) === 'variant') {
		found = variantsOf(root, found)[variantOf(root, found, value)] ?? {};
		if (found.title) words.push(text(found.title));
	}
	for (const [key, part] of Object.entries(found.properties ?? {})) {
		const item = value[key];
		if (resolve(root, part).const !== undefined || item === undefined || item === '') continue;
		const kind = kindOf(root, part);
		if (kind === 'choice') {
			const choice = choicesOf(root, part).find((choice) => choice.value === item);
			if (choice) words.push(text(choice.title));
		} else if (kind === 'text' || kind === 'number') {
			if (resolve(root, part)['x-widget'] !== 'secret') words.push(String(item));
		}
	}
	return words.slice(0, MOST).join(' · ');
}
