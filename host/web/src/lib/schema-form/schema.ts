// The part of JSON Schema 2020-12 that settings are written in: what is drawn for it and what is wrong with a value.
// The host checks again and has the last word; this is for an answer without a journey. No browser in here.
import { m } from '$lib/paraglide/messages';

export type Value = null | boolean | number | string | Value[] | { [key: string]: Value };
export type Fields = { [key: string]: Value };

export interface Schema {
	$ref?: string;
	$defs?: Record<string, Schema>;
	type?: string | string[];
	title?: string;
	description?: string;
	default?: Value;
	const?: Value;
	enum?: Value[];
	oneOf?: Schema[];
	anyOf?: Schema[];
	properties?: Record<string, Schema>;
	required?: string[];
	additionalProperties?: boolean | Schema;
	propertyNames?: Schema;
	items?: Schema;
	minItems?: number;
	maxItems?: number;
	uniqueItems?: boolean;
	minimum?: number;
	maximum?: number;
	exclusiveMinimum?: number;
	exclusiveMaximum?: number;
	minLength?: number;
	maxLength?: number;
	pattern?: string;
	format?: string;
	'x-widget'?: string;
}

/** What is drawn for a schema. */
export type Kind =
	'text' | 'number' | 'boolean' | 'choice' | 'object' | 'map' | 'list' | 'variant' | 'unknown';

export interface FieldFault {
	/** JSON Pointer into the values. */
	path: string;
	/** What is wrong, in the language of the moment. */
	text: () => string;
}

/** How many references may lead to one another. */
const CHAIN = 16;
/** How deep values are looked at. */
const DEEP = 32;

/** The schema that a `$ref` within the document leads to; what stands beside the `$ref` wins. */
export function resolve(root: Schema, schema: Schema): Schema {
	let found = schema;
	for (let i = 0; i < CHAIN && found.$ref !== undefined; i++) {
		const { $ref, ...beside } = found;
		const target = pointed(root, $ref);
		if (!target) return beside;
		found = { ...target, ...beside };
	}
	return found;
}

export function kindOf(root: Schema, schema: Schema): Kind {
	const { enum: words, const: constant, type, ...rest } = resolve(root, schema);
	if (words || constant !== undefined) return 'choice';
	const options = rest.oneOf ?? rest.anyOf;
	if (options) {
		const resolved = options.map((option) => resolve(root, option));
		if (resolved.every((option) => option.const !== undefined)) return 'choice';
		return resolved.every((option) => option.properties) ? 'variant' : 'unknown';
	}
	switch (Array.isArray(type) ? type.find((each) => each !== 'null') : type) {
		case 'string':
			return 'text';
		case 'integer':
		case 'number':
			return 'number';
		case 'boolean':
			return 'boolean';
		case 'array':
			return rest.items ? 'list' : 'unknown';
		case 'object':
			if (rest.properties) return 'object';
			return typeof rest.additionalProperties === 'object' ? 'map' : 'unknown';
		default:
			return rest.properties ? 'object' : 'unknown';
	}
}

/** The values to choose from, each with its name. */
export function choicesOf(root: Schema, schema: Schema): { value: Value; title: string }[] {
	const { enum: words, const: constant, oneOf, anyOf } = resolve(root, schema);
	if (constant !== undefined) return [{ value: constant, title: String(constant) }];
	if (words) return words.map((value) => ({ value, title: String(value) }));
	return (oneOf ?? anyOf ?? []).map((option) => {
		const { const: value = null, title } = resolve(root, option);
		return { value, title: title ?? String(value) };
	});
}

/** The kinds of object to choose from, e.g. what a key does. */
export function variantsOf(root: Schema, schema: Schema): Schema[] {
	const { oneOf, anyOf } = resolve(root, schema);
	return (oneOf ?? anyOf ?? []).map((option) => resolve(root, option));
}

/** Which variant a value is of: the one whose constants it has, else the first whose required fields it has. */
export function variantOf(root: Schema, schema: Schema, value: Value): number {
	const variants = variantsOf(root, schema);
	const fields = isFields(value) ? value : {};
	const constants = (variant: Schema) =>
		Object.entries(variant.properties ?? {}).filter(([, part]) => resolve(root, part).const !== undefined);
	const fits = (variant: Schema) => {
		const fixed = constants(variant);
		return fixed.length > 0 && fixed.every(([key, part]) => resolve(root, part).const === fields[key]);
	};
	const exact = variants.findIndex(fits);
	if (exact >= 0) return exact;
	const loose = variants.findIndex((variant) => (variant.required ?? []).every((key) => key in fields));
	return Math.max(0, loose);
}

/** A value to begin with: the default, else the emptiest that the schema allows. Optional objects are left out. */
export function blank(root: Schema, schema: Schema, depth = 0): Value {
	const found = resolve(root, schema);
	if (found.default !== undefined) return structuredClone(found.default);
	if (found.const !== undefined) return found.const;
	if (depth > CHAIN) return null;
	switch (kindOf(root, found)) {
		case 'text':
			return '';
		case 'number':
			return Math.max(0, found.minimum ?? 0);
		case 'boolean':
			return false;
		case 'choice':
			return choicesOf(root, found)[0]?.value ?? null;
		case 'list':
			return Array.from({ length: found.minItems ?? 0 }, () => blank(root, found.items!, depth + 1));
		case 'map':
			return {};
		case 'variant':
			return blank(root, variantsOf(root, found)[0] ?? {}, depth + 1);
		case 'object': {
			const wanted = Object.entries(found.properties ?? {}).filter(
				([key, part]) => found.required?.includes(key) || resolve(root, part).default !== undefined
			);
			return Object.fromEntries(wanted.map(([key, part]) => [key, blank(root, part, depth + 1)]));
		}
		case 'unknown':
			return null;
	}
}

/** What is wrong with a value, as far as it can be told without the host. */
export function check(root: Schema, schema: Schema, value: Value, path = '', depth = 0): FieldFault[] {
	const found = resolve(root, schema);
	const fault = (text: () => string): FieldFault[] => [{ path, text }];
	if (depth > DEEP) return [];
	switch (kindOf(root, found)) {
		case 'text':
			return typeof value === 'string' ? checkText(found, value).flatMap(fault) : fault(m.form_required);
		case 'number':
			return typeof value === 'number' ? checkNumber(found, value).flatMap(fault) : fault(m.form_number);
		case 'choice': {
			const known = choicesOf(root, found).some((choice) => choice.value === value);
			return known ? [] : fault(m.form_choose);
		}
		case 'list': {
			if (!Array.isArray(value)) return fault(m.form_required);
			const inside = value.flatMap((item, i) => check(root, found.items!, item, `${path}/${i}`, depth + 1));
			return [...checkList(found, value).flatMap(fault), ...inside];
		}
		case 'map': {
			const fields = isFields(value) ? value : {};
			const part = found.additionalProperties as Schema;
			return Object.entries(fields).flatMap(([key, item]) =>
				check(root, part, item, join(path, key), depth + 1)
			);
		}
		case 'variant': {
			const variant = variantsOf(root, found)[variantOf(root, found, value)];
			return variant ? checkFields(root, variant, value, path, depth) : [];
		}
		case 'object':
			return checkFields(root, found, value, path, depth);
		case 'boolean':
		case 'unknown':
			return [];
	}
}

export function isFields(value: Value | undefined): value is Fields {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether this is what the host shows in the place of a secret that is set: sent back, the secret stays. */
export function isHidden(schema: Schema, value: Value | undefined): boolean {
	return schema['x-widget'] === 'secret' && typeof value === 'string' && value.startsWith('••••••••');
}

/** A JSON Pointer one step further (RFC 6901). */
export function join(path: string, key: string | number): string {
	return `${path}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function checkFields(root: Schema, schema: Schema, value: Value, path: string, depth: number): FieldFault[] {
	const fields = isFields(value) ? value : {};
	return Object.entries(schema.properties ?? {}).flatMap(([key, part]) => {
		const at = join(path, key);
		const item = fields[key];
		if (item === undefined)
			return schema.required?.includes(key) ? [{ path: at, text: m.form_required }] : [];
		const optional = !schema.required?.includes(key) && item === '' && !resolve(root, part).minLength;
		return optional ? [] : check(root, part, item, at, depth + 1);
	});
}

function checkText(schema: Schema, value: string): (() => string)[] {
	if (isHidden(schema, value)) return [];
	const length = [...value].length;
	if (schema.minLength && value === '') return [m.form_required];
	if (schema.minLength !== undefined && length < schema.minLength) {
		const least = schema.minLength;
		return [() => m.form_at_least_characters({ count: least })];
	}
	if (schema.maxLength !== undefined && length > schema.maxLength) {
		const most = schema.maxLength;
		return [() => m.form_at_most_characters({ count: most })];
	}
	return schema.pattern !== undefined && !matches(schema.pattern, value) ? [m.form_pattern] : [];
}

/** Whether a text has the form; a pattern that this browser cannot read is left to the host. */
function matches(pattern: string, value: string): boolean {
	try {
		return new RegExp(pattern, 'u').test(value);
	} catch {
		return true;
	}
}

function checkNumber(schema: Schema, value: number): (() => string)[] {
	const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
	if (schema.type === 'integer' && !Number.isInteger(value)) return [m.form_integer];
	if (minimum !== undefined && value < minimum) return [() => m.form_at_least({ least: minimum })];
	if (maximum !== undefined && value > maximum) return [() => m.form_at_most({ most: maximum })];
	if (exclusiveMinimum !== undefined && value <= exclusiveMinimum)
		return [() => m.form_more({ than: exclusiveMinimum })];
	if (exclusiveMaximum !== undefined && value >= exclusiveMaximum)
		return [() => m.form_less({ than: exclusiveMaximum })];
	return [];
}

function checkList(schema: Schema, list: Value[]): (() => string)[] {
	const { minItems, maxItems, uniqueItems } = schema;
	if (minItems !== undefined && list.length < minItems)
		return [() => m.form_at_least_items({ count: minItems })];
	if (maxItems !== undefined && list.length > maxItems)
		return [() => m.form_at_most_items({ count: maxItems })];
	const texts = list.map((item) => JSON.stringify(item));
	return uniqueItems && new Set(texts).size < texts.length ? [m.form_unique] : [];
}

function pointed(root: Schema, reference: string): Schema | undefined {
	if (!reference.startsWith('#')) return undefined;
	const steps = reference.slice(1).split('/').slice(1);
	const plain = steps.map((step) => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'));
	return plain.reduce<unknown>(
		(at, step) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[step] : undefined),
		root
	) as Schema | undefined;
}
