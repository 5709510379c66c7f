// Keys that work on every page. Those of a single character can be switched off (WCAG 2.1.4).
const KEPT_AS = 'single-keys';

let single = $state(localStorage.getItem(KEPT_AS) !== 'off');

export const singleKeys = {
	get on(): boolean {
		return single;
	},
	set(on: boolean) {
		single = on;
		if (on) localStorage.removeItem(KEPT_AS);
		else localStorage.setItem(KEPT_AS, 'off');
	}
};

export type Shortcut = 'palette' | 'filter' | 'keys' | 'availability';

/** The shortcut that a key press asks for, if any. */
export function shortcutOf(event: KeyboardEvent): Shortcut | undefined {
	if (
		(event.ctrlKey || event.metaKey) &&
		!event.altKey &&
		!event.shiftKey &&
		event.key.toLowerCase() === 'k'
	) {
		return 'palette';
	}
	if (!single || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return undefined;
	if (event.key === '/') return 'filter';
	if (event.key === '?') return 'keys';
	if (event.key === 'a') return 'availability';
	return undefined;
}

function isTyping(target: EventTarget | null): boolean {
	return target instanceof Element && target.closest('input, textarea, select, [contenteditable]') !== null;
}
