import { describe, expect, it } from 'vitest';
import { faultWords, mentioned, score } from './quality';

describe('quality', () => {
	it('turns scores into words at the limits of G.109', () => {
		expect([439, 402, 401, 360, 359, 310, 309, 100].map((mos) => score(mos).tone)).toEqual([
			'good',
			'good',
			'accent',
			'accent',
			'warn',
			'warn',
			'bad',
			'bad'
		]);
		expect(score(437).text).toContain('4.4');
	});

	it('mentions a call in the history only when something was wrong with its sound', () => {
		expect(mentioned(null)).toBeUndefined();
		expect(mentioned({ mos: 430, faulty: false })).toBeUndefined();
		expect(mentioned({ mos: null, faulty: false })).toBeUndefined();
		expect(mentioned({ mos: 359, faulty: false })).toBe('poor');
		expect(mentioned({ mos: 430, faulty: true })).toBe('faulty');
	});

	it('names who is not heard, what came instead and a next step', () => {
		const { what, next } = faultWords(
			{ kind: 'wrong-address', from: '198.51.100.7:9', expected: '192.0.2.1:4000' },
			'Anna'
		);
		for (const part of ['Anna', '198.51.100.7:9', '192.0.2.1:4000']) expect(what).toContain(part);
		expect(next.length).toBeGreaterThan(20);
	});
});
