// Where the focus goes when what had it is gone.
import { tick } from 'svelte';

/** Remembers the place of a row; called after the row has gone, the focus is on the row that took its place. */
export function placeOf(button: HTMLElement): () => Promise<void> {
	const panel = button.closest('.panel');
	const at = button.closest('tr')?.sectionRowIndex ?? 0;
	return async () => {
		await tick();
		// Somebody who has gone elsewhere meanwhile stays there.
		if (document.activeElement !== document.body) return;
		const rows = [...(panel?.querySelectorAll('tbody tr') ?? [])];
		const row = rows[Math.min(at, rows.length - 1)];
		(
			row?.querySelector<HTMLElement>('button') ?? panel?.querySelector<HTMLElement>('[data-filter]')
		)?.focus();
	};
}
