import { beforeEach, describe, expect, it } from 'vitest';
import { locale } from '$lib/locale.svelte';
import { blank, check, choicesOf, kindOf, resolve, variantOf, type Schema, type Value } from './schema';

const menu: Schema = {
	type: 'object',
	properties: {
		greeting: { type: 'string', minLength: 1, default: 'welcome' },
		keys: { type: 'array', maxItems: 2, items: { $ref: '#/$defs/key' }, default: [] },
		after: { $ref: '#/$defs/menu', title: 'And then' }
	},
	required: ['greeting'],
	$defs: {
		key: {
			oneOf: [
				{
					title: 'Connect',
					properties: { action: { const: 'transfer' }, to: { type: 'string', pattern: '^[0-9]+$' } },
					required: ['action', 'to']
				},
				{ title: 'Repeat', properties: { action: { const: 'repeat' } }, required: ['action'] }
			]
		}
	}
};
menu.$defs!['menu'] = { type: menu.type!, properties: menu.properties!, required: menu.required! };

const wrong = (schema: Schema, value: Value) =>
	check(schema, schema, value).map(({ path, text }) => `${path} ${text()}`);

beforeEach(() => locale.set('en'));

describe('what is drawn', () => {
	it('follows references, and what stands beside one wins', () => {
		expect(resolve(menu, { $ref: '#/$defs/menu', title: 'X' })).toMatchObject({ title: 'X', type: 'object' });
		expect(resolve(menu, { $ref: '#/$defs/none', title: 'X' })).toEqual({ title: 'X' });
		const circle: Schema = { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/a' } } };
		expect(kindOf(circle, circle)).toBe('unknown');
	});

	it('knows each kind of schema', () => {
		const kinds: [Schema, string][] = [
			[{ type: 'string' }, 'text'],
			[{ type: ['string', 'null'] }, 'text'],
			[{ type: 'integer' }, 'number'],
			[{ type: 'boolean' }, 'boolean'],
			[{ type: 'string', enum: ['a'] }, 'choice'],
			[{ type: 'string', oneOf: [{ const: 'a' }] }, 'choice'],
			[{ type: 'array', items: {} }, 'list'],
			[{ type: 'object', additionalProperties: { type: 'string' } }, 'map'],
			[menu.$defs!['key']!, 'variant'],
			[menu, 'object'],
			[{ type: 'array' }, 'unknown'],
			[{}, 'unknown']
		];
		for (const [schema, kind] of kinds) expect([schema, kindOf(schema, schema)]).toEqual([schema, kind]);
	});

	it('names choices by their titles', () => {
		const schema: Schema = { oneOf: [{ const: 'en', title: 'English' }, { const: 3 }] };
		expect(choicesOf(schema, schema)).toEqual([
			{ value: 'en', title: 'English' },
			{ value: 3, title: '3' }
		]);
	});

	it('tells variants apart by their constants', () => {
		const key = menu.$defs!['key']!;
		expect(variantOf(menu, key, { action: 'repeat' })).toBe(1);
		expect(variantOf(menu, key, { action: 'transfer', to: '1' })).toBe(0);
		expect(variantOf(menu, key, null)).toBe(0);
	});
});

describe('a blank value', () => {
	it('has what is required and what has a default, and does not go round in circles', () => {
		expect(blank(menu, menu)).toEqual({ greeting: 'welcome', keys: [] });
		expect(blank(menu, menu.$defs!['key']!)).toEqual({ action: 'transfer', to: '' });
		expect(blank({}, { type: 'integer', minimum: 5 })).toBe(5);
		expect(blank({}, { type: 'array', minItems: 2, items: { type: 'boolean' } })).toEqual([false, false]);
	});

	it('is a copy of the default, not the default itself', () => {
		const first = blank(menu, menu) as { keys: Value[] };
		first.keys.push(1);
		expect(blank(menu, menu)).toEqual({ greeting: 'welcome', keys: [] });
	});
});

describe('checking', () => {
	it('finds what is wrong however deep it is', () => {
		const value = {
			greeting: 'x',
			keys: [{ action: 'repeat' }, { action: 'transfer', to: 'abc' }],
			after: { greeting: '' }
		};
		expect(wrong(menu, value)).toEqual([
			'/keys/1/to This does not have the right form.',
			'/after/greeting Fill this in.'
		]);
		expect(wrong(menu, { greeting: 'x', keys: [1, 2, 3].map(() => ({ action: 'repeat' })) })).toEqual([
			'/keys At most 2 entries.'
		]);
	});

	it('keeps numbers in their range', () => {
		const schema: Schema = { type: 'integer', minimum: 5, maximum: 300 };
		expect(wrong(schema, 4)).toEqual([' At least 5.']);
		expect(wrong(schema, 301)).toEqual([' At most 300.']);
		expect(wrong(schema, 5.5)).toEqual([' A whole number, please.']);
		expect(wrong(schema, null)).toEqual([' A number, please.']);
		expect(wrong(schema, 30)).toEqual([]);
	});

	it('leaves an empty optional text and an unreadable pattern alone', () => {
		const schema: Schema = {
			type: 'object',
			properties: { a: { type: 'string', pattern: '^x$' }, b: { type: 'string', pattern: '(' } }
		};
		expect(wrong(schema, { a: '', b: 'y' })).toEqual([]);
		expect(wrong(schema, { a: 'y' })).toEqual(['/a This does not have the right form.']);
	});

	it('escapes names in paths', () => {
		const schema: Schema = { type: 'object', additionalProperties: { type: 'integer' } };
		expect(wrong(schema, { 'a/b~c': 'x' })).toEqual(['/a~1b~0c A number, please.']);
	});

	it('asks for different entries where that is wanted', () => {
		const schema: Schema = { type: 'array', uniqueItems: true, minItems: 1, items: { type: 'string' } };
		expect(wrong(schema, ['1', '1'])).toEqual([' Each entry only once.']);
		expect(wrong(schema, [])).toEqual([' At least 1 entry.']);
	});
});
