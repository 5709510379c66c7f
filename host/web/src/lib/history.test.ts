import { expect, it } from 'vitest';
import { changed, dayAfter, dayStart, exportAddress, queryOf } from './history';

const query = (text: string) => queryOf(new URLSearchParams(text));

it('reads a filter from an address and leaves out what makes no sense', () => {
	expect(query('q=+anna+&direction=inbound&outcome=missed&mine=true&after=1.c-1')).toEqual({
		q: 'anna',
		direction: 'inbound',
		outcome: 'missed',
		mine: true,
		after: '1.c-1'
	});
	expect(query('q=&direction=sideways&outcome=x&from=yesterday&to=2026-1-1&mine=1&limit=9')).toEqual({});
});

it('a day runs from midnight to midnight here', () => {
	const { since, until } = query('from=2026-03-29&to=2026-03-29');
	expect(new Date(since!).toString()).toContain('Mar 29 2026 00:00:00');
	expect(new Date(until!).toString()).toContain('Mar 30 2026 00:00:00');
	expect(dayStart('1950-01-01')).toBeUndefined();
	expect(dayAfter('')).toBeUndefined();
});

it('changing the filter begins at the newest call again, and the file has the filter but not the page', () => {
	expect(changed(new URLSearchParams('q=a&after=1.c'), 'direction', 'inbound')).toBe(
		'?q=a&direction=inbound'
	);
	expect(changed(new URLSearchParams('q=a'), 'q', '')).toBe('?');
	expect(changed(new URLSearchParams('q=a'), 'after', '1.c')).toBe('?q=a&after=1.c');
	expect(exportAddress(query('q=a b&mine=true&after=1.c'))).toBe('/api/v1/history/export?q=a+b&mine=true');
});
