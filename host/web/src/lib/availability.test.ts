import { expect, it } from 'vitest';
import { fromField, toField } from './availability';

it('a return time is the same after the field as before, to the minute', () => {
	const at = new Date(2026, 2, 9, 7, 5).getTime();
	expect(toField(at)).toBe('2026-03-09T07:05');
	expect(fromField(toField(at))).toBe(at);
	expect(fromField('')).toBeNull();
});
