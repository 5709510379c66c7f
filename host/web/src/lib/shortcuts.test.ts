import { expect, it } from 'vitest';
import { shortcutOf, singleKeys } from './shortcuts.svelte';

const press = (key: string, init: KeyboardEventInit = {}, on: Element = document.body) => {
	let found: ReturnType<typeof shortcutOf>;
	const listen = (event: Event) => (found = shortcutOf(event as KeyboardEvent));
	on.addEventListener('keydown', listen);
	on.dispatchEvent(new KeyboardEvent('keydown', { key, ...init }));
	on.removeEventListener('keydown', listen);
	return found;
};

it('single keys leave typing alone and can be switched off; combinations stay', () => {
	const input = document.body.appendChild(document.createElement('input'));
	expect(press('/')).toBe('filter');
	expect(press('?', { shiftKey: true })).toBe('keys');
	expect(press('/', {}, input)).toBeUndefined();
	expect(press('k', { ctrlKey: true }, input)).toBe('palette');
	expect(press('K', { metaKey: true })).toBe('palette');
	expect(press('k', { ctrlKey: true, shiftKey: true })).toBeUndefined();
	singleKeys.set(false);
	expect(press('/')).toBeUndefined();
	expect(press('k', { ctrlKey: true })).toBe('palette');
	singleKeys.set(true);
	expect(press('/')).toBe('filter');
});
