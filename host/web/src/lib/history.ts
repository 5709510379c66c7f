// The filter of the call history: from the page's address to a request.
import { BASE } from './api/client';
import type { paths } from './api/schema';

export type HistoryQuery = NonNullable<paths['/history']['get']['parameters']['query']>;

/** The request that an address of the history page stands for; what makes no sense in it is left out. */
export function queryOf(filter: URLSearchParams): HistoryQuery {
	const query: HistoryQuery = {};
	const text = filter.get('q')?.trim();
	if (text) query.q = text;
	const direction = filter.get('direction');
	if (direction === 'internal' || direction === 'inbound' || direction === 'outbound')
		query.direction = direction;
	const outcome = filter.get('outcome');
	if (outcome === 'answered' || outcome === 'missed') query.outcome = outcome;
	const since = dayStart(filter.get('from') ?? '');
	if (since !== undefined) query.since = since;
	const until = dayAfter(filter.get('to') ?? '');
	if (until !== undefined) query.until = until;
	if (filter.get('mine') === 'true') query.mine = true;
	const after = filter.get('after');
	if (after) query.after = after;
	return query;
}

/** The address of the file with the calls that a request shows. */
export function exportAddress(query: HistoryQuery): string {
	const parameters = new URLSearchParams();
	for (const [key, value] of Object.entries(query)) if (key !== 'after') parameters.set(key, String(value));
	return `${BASE}/history/export?${parameters}`;
}

/** The filter with one thing changed; an empty value takes it out, and the reader begins at the newest again. */
export function changed(filter: URLSearchParams, key: string, value: string): string {
	const next = new URLSearchParams(filter);
	if (value) next.set(key, value);
	else next.delete(key);
	if (key !== 'after') next.delete('after');
	return `?${next}`;
}

/** When a day (`2026-11-23`) begins here, in Unix milliseconds. */
export function dayStart(day: string): number | undefined {
	return midnight(day, 0);
}

/** When a day is over here: the next midnight, which summer time may bring after 23 or 25 hours. */
export function dayAfter(day: string): number | undefined {
	return midnight(day, 1);
}

function midnight(day: string, days: number): number | undefined {
	const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
	if (!parts) return undefined;
	const at = new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]) + days).getTime();
	return at >= 0 ? at : undefined;
}
