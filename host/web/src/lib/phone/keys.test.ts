import { expect, it } from 'vitest';
import { phoneKeyOf } from './keys';

const press = (key: string, more: KeyboardEventInit = {}) => new KeyboardEvent('keydown', { key, ...more });

it('function keys work everywhere, letters only where nobody types and they are not switched off', () => {
	expect(phoneKeyOf(press('F2'), false)).toBe('answer');
	expect(phoneKeyOf(press('F8'), true)).toBe('end');
	expect(phoneKeyOf(press('F8', { repeat: true }), true)).toBeUndefined();
	expect(phoneKeyOf(press('F4', { altKey: true }), true)).toBeUndefined();
	expect(phoneKeyOf(press('Escape'), true)).toBeUndefined();
	expect(phoneKeyOf(press('m'), true)).toBe('mute');
	expect(phoneKeyOf(press('m'), false)).toBeUndefined();
	const field = document.body.appendChild(document.createElement('input'));
	let found: string | undefined = 'none';
	field.addEventListener('keydown', (event) => (found = phoneKeyOf(event, true)));
	field.dispatchEvent(press('m', { bubbles: true }));
	expect(found).toBeUndefined();
});
