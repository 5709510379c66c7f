import { beforeEach, describe, expect, it } from 'vitest';
import { bytes, count, duration, micros, moment, span } from './format';
import { locale } from './locale.svelte';

const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');

describe('in each language', () => {
	beforeEach(() => locale.set('en'));

	it('writes durations as telephones do', () => {
		expect([0, 9_999, 65_000, 7_389_000, -5].map(duration)).toEqual([
			'0:00',
			'0:09',
			'1:05',
			'2:03:09',
			'0:00'
		]);
	});

	it('writes a span in its largest unit', () => {
		expect(span(3 * 86_400_000 + 5)).toBe('3 days');
		expect(span(61_000)).toBe('1 minute');
		locale.set('de');
		expect(span(7_200_000)).toBe('2 Stunden');
		locale.set('fr');
		expect(plain(span(40_000))).toBe('40 secondes');
	});

	it('groups and scales numbers', () => {
		expect(count(1284)).toBe('1,284');
		expect(bytes(1_638_400)).toBe('1.6 MB');
		expect(micros(31)).toBe('31 µs');
		expect(micros(1_240)).toBe('1.2 ms');
		locale.set('de');
		expect(count(1284)).toBe('1.284');
		expect(micros(1_240)).toBe('1,2 ms');
		locale.set('fr');
		expect(plain(count(1284))).toBe('1 284');
	});

	it('shows the year only when it is another one', () => {
		const at = new Date(2026, 10, 23, 14, 5).getTime();
		expect(moment(at, at)).toBe('23 Nov, 14:05');
		expect(moment(at, new Date(2027, 0, 2).getTime())).toContain('2026');
	});
});
