import { expect, it } from 'vitest';
import { restOf } from './relays';

it('relays are asked for again before their credentials end, and never without a pause', () => {
	expect(restOf(3_600_000, 0)).toBe(3_480_000);
	expect(restOf(60_000, 0)).toBe(30_000);
	expect(restOf(1_000, 500_000)).toBe(30_000);
	expect(restOf(null, 0)).toBe(86_400_000);
});
