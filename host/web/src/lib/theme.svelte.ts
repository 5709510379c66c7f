// Light, dark, or as the system says. static/theme.js sets it before the first paint.
export type Theme = 'system' | 'light' | 'dark';

export const themes: readonly Theme[] = ['system', 'light', 'dark'];

const KEPT_AS = 'theme';
const kept = localStorage.getItem(KEPT_AS);
let current = $state<Theme>(kept === 'light' || kept === 'dark' ? kept : 'system');

export const theme = {
	get current(): Theme {
		return current;
	},
	set(next: Theme) {
		current = next;
		if (next === 'system') {
			delete document.documentElement.dataset['theme'];
			localStorage.removeItem(KEPT_AS);
		} else {
			document.documentElement.dataset['theme'] = next;
			localStorage.setItem(KEPT_AS, next);
		}
	}
};
