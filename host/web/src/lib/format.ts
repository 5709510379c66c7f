// Times, durations, sizes and counts in the reader's language.
import { locale } from './locale.svelte';

/** English is written the European way: 24 hours, day before month. */
const TAGS = { en: 'en-GB', fr: 'fr-FR', de: 'de-DE' } as const;

const cache = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>();

function cached<T extends Intl.DateTimeFormat | Intl.NumberFormat>(
	name: string,
	make: (tag: string) => T
): T {
	const tag = TAGS[locale.current];
	const key = `${tag} ${name}`;
	const found = (cache.get(key) as T | undefined) ?? make(tag);
	cache.set(key, found);
	return found;
}

/** `23 Nov, 14:05`; with the year when it is another one. */
export function moment(at: number, now = Date.now()): string {
	const year = new Date(at).getFullYear() !== new Date(now).getFullYear();
	const format = cached(year ? 'moment+year' : 'moment', (tag) => {
		const options: Intl.DateTimeFormatOptions = {
			day: 'numeric',
			month: 'short',
			hour: '2-digit',
			minute: '2-digit'
		};
		return new Intl.DateTimeFormat(tag, year ? { ...options, year: 'numeric' } : options);
	});
	return format.format(at);
}

/** `Sunday, 23 November 2026 at 14:05:09`, for a title. */
export function exactly(at: number): string {
	return cached(
		'exactly',
		(tag) => new Intl.DateTimeFormat(tag, { dateStyle: 'full', timeStyle: 'medium' })
	).format(at);
}

/** `14:05:09`. */
export function clock(at: number): string {
	return cached('clock', (tag) => new Intl.DateTimeFormat(tag, { timeStyle: 'medium' })).format(at);
}

/** `1:05`, `2:03:09`: minutes and seconds, hours when there are any. */
export function duration(ms: number): string {
	const seconds = Math.max(0, Math.floor(ms / 1000));
	const two = (n: number) => String(n).padStart(2, '0');
	const [h, min, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
	return h > 0 ? `${h}:${two(min)}:${two(s)}` : `${min}:${two(s)}`;
}

/** `3 days`, `5 hours`, `12 minutes`, `40 seconds`: the largest unit that fits. */
export function span(ms: number): string {
	const [value, unit] = largestUnit(Math.max(0, ms) / 1000);
	const format = cached(
		`span ${unit}`,
		(tag) => new Intl.NumberFormat(tag, { style: 'unit', unit, unitDisplay: 'long' })
	);
	return format.format(value);
}

function largestUnit(seconds: number): [number, string] {
	if (seconds >= 86_400) return [Math.floor(seconds / 86_400), 'day'];
	if (seconds >= 3_600) return [Math.floor(seconds / 3_600), 'hour'];
	if (seconds >= 60) return [Math.floor(seconds / 60), 'minute'];
	return [Math.floor(seconds), 'second'];
}

/** `1,284`. */
export function count(n: number): string {
	return cached('count', (tag) => new Intl.NumberFormat(tag)).format(n);
}

/** `44 kB`, `1.6 MB`. */
export function bytes(n: number): string {
	const [value, unit] =
		n >= 1_000_000 ? [n / 1_000_000, 'megabyte'] : n >= 1_000 ? [n / 1_000, 'kilobyte'] : [n, 'byte'];
	return cached(
		`bytes ${unit}`,
		(tag) =>
			new Intl.NumberFormat(tag, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 })
	).format(value);
}

/** Microseconds as `31 µs` or `1.2 ms`. */
export function micros(n: number): string {
	const milli = n >= 1_000;
	const number = cached(
		`micros ${milli}`,
		(tag) => new Intl.NumberFormat(tag, { maximumFractionDigits: milli ? 1 : 0 })
	);
	return `${number.format(milli ? n / 1_000 : n)} ${milli ? 'ms' : 'µs'}`;
}
