// The keys of the telephone, on every page. None of them is Escape: that never hangs up.
export type PhoneKey = 'answer' | 'hold' | 'transfer' | 'end' | 'mute' | 'dial';

const FUNCTION_KEYS: Record<string, PhoneKey> = { F2: 'answer', F3: 'hold', F4: 'transfer', F8: 'end' };

/** What a key press asks the telephone for; `single` says whether keys of one character count (WCAG 2.1.4). */
export function phoneKeyOf(event: KeyboardEvent, single: boolean): PhoneKey | undefined {
	if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.repeat) return undefined;
	const named = FUNCTION_KEYS[event.key];
	if (named) return named;
	const isTyping =
		event.target instanceof Element && event.target.closest('input, textarea, select, [contenteditable]');
	if (!single || isTyping) return undefined;
	if (event.key === 'm') return 'mute';
	return event.key === 'p' ? 'dial' : undefined;
}
