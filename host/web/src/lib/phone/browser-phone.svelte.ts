// Whether this browser is a telephone. Small, because every page asks it; the telephone itself is loaded when it is on.
const KEPT_AS = 'phone';

let on = $state(localStorage.getItem(KEPT_AS) === 'on');

export const browserPhone = {
	get on(): boolean {
		return on;
	},
	/** Stays as it was chosen in this browser. */
	set(next: boolean) {
		on = next;
		if (next) localStorage.setItem(KEPT_AS, 'on');
		else localStorage.removeItem(KEPT_AS);
	},
	/** Calls a number by this browser; only where it is on. */
	async call(number: string, name = '') {
		const { phone } = await import('./phone.svelte');
		await phone.call(number, name);
	}
};

addEventListener('storage', ({ key, newValue }) => {
	if (key === KEPT_AS) on = newValue === 'on';
});
