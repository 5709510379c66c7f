import { describe, expect, it } from 'vitest';
import { changed, current, dialable, meant, newCall, replaces, ringing, without, type Call } from './calls';
import { toneFor } from './ringer';

const talking = (id: string, more: Partial<Call> = {}): Call => ({
	...newCall(id, 'out', '101', 'Vera'),
	phase: 'talking',
	...more
});

describe('the calls of a telephone', () => {
	it('have one in which one speaks, and others that wait', () => {
		const calls = [talking('a', { held: true }), talking('b'), newCall('c', 'in', '102', '')];
		expect(current(calls)?.id).toBe('b');
		expect(ringing(calls)?.id).toBe('c');
		expect(meant(calls)?.id).toBe('b');
		expect(meant([calls[0]!, calls[2]!])?.id).toBe('a');
		expect(meant([calls[2]!])).toBeUndefined();
	});

	it('are never changed in place', () => {
		const before = [talking('a'), talking('b')];
		const after = changed(before, 'a', { held: true });
		expect(before[0]!.held).toBe(false);
		expect(after[0]!.held).toBe(true);
		expect(after[1]).toBe(before[1]);
	});

	it('stand by themselves when the call that they were about is over', () => {
		const calls = [talking('a', { held: true }), talking('b', { consults: 'a' })];
		expect(without(calls, 'a')).toEqual([talking('b', { consults: undefined })]);
		expect(without(calls, 'b')).toEqual([talking('a', { held: true })]);
	});
});

describe('what is heard besides', () => {
	it('is ringing, softer while one talks, and the sound of ringing there unless that comes with the call', () => {
		const incoming = newCall('c', 'in', '102', '');
		expect(toneFor([])).toBeUndefined();
		expect(toneFor([incoming])).toBe('ring');
		expect(toneFor([talking('a'), incoming])).toBe('waiting');
		expect(toneFor([talking('a', { held: true }), incoming])).toBe('ring');
		expect(toneFor([talking('a', { phase: 'ringing' })])).toBe('ringback');
		expect(toneFor([talking('a', { phase: 'ringing', early: true })])).toBeUndefined();
		expect(toneFor([talking('a', { phase: 'dialling' })])).toBeUndefined();
	});
});

describe('a number', () => {
	it.each([
		['101', '101'],
		[' +49 (89) 123-45/6 ', '+49891234' + '56'],
		['tel:+33-1-23.45', '+3312345'],
		['sip:101@pbx.example;transport=tls', '101'],
		['*66123', '*66123'],
		['*37#', '*37#'],
		['Vera', ''],
		['Dee', ''],
		['101 Vera', ''],
		['', ''],
		['1'.repeat(33), '']
	])('is taken out of “%s”', (text, number) => {
		expect(dialable(text)).toBe(number);
	});
});

it('a page names its place in a call by the tags of the dialog, the other side’s as “to”', () => {
	expect(replaces({ callId: 'x@y', localTag: 'mine', remoteTag: 'theirs' })).toBe(
		'Replaces: x@y;to-tag=theirs;from-tag=mine'
	);
});
