/** The list with the item at `at` moved by some places; unchanged when that leads out of it. */
export function moved<T>(list: readonly T[], at: number, by: number): T[] {
	const next = [...list];
	const to = at + by;
	if (at < 0 || at >= list.length || to < 0 || to >= list.length) return next;
	next.splice(to, 0, ...next.splice(at, 1));
	return next;
}
