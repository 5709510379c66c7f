// Of all tabs of this browser one is the telephone: the one that holds the lock. Another one may take it.
const LOCK = 'jackfield-phone';

export type Holder = 'here' | 'elsewhere' | 'nobody';

export class Turn {
	#release: (() => void) | undefined;
	#waiting: AbortController | undefined;
	#tell: (holder: Holder) => void;

	/** `tell` hears who is the telephone, each time that it changes. */
	constructor(tell: (holder: Holder) => void) {
		this.#tell = tell;
	}

	/** Be the telephone as soon as no other tab is; at once, and in its place, with `steal`. */
	async take(steal = false) {
		this.leave();
		if (!('locks' in navigator)) return this.#tell('here');
		if (steal) return this.#hold({ steal: true });
		const { held = [] } = await navigator.locks.query();
		if (held.some(({ name }) => name === LOCK)) this.#tell('elsewhere');
		this.#waiting = new AbortController();
		this.#hold({ signal: this.#waiting.signal });
	}

	/** Let another tab be it. */
	leave() {
		this.#waiting?.abort();
		this.#waiting = undefined;
		this.#release?.();
		this.#release = undefined;
	}

	#hold(options: LockOptions) {
		let mine = false;
		const held = navigator.locks.request(LOCK, options, () => {
			mine = true;
			this.#waiting = undefined;
			this.#tell('here');
			return new Promise<void>((release) => (this.#release = release));
		});
		// Refused when another tab takes the lock from us, or when we no longer wait for it.
		held.catch(() => {
			if (!mine) return;
			this.#release = undefined;
			this.#tell('elsewhere');
			// When that tab is closed it is our turn again.
			this.#waiting = new AbortController();
			this.#hold({ signal: this.#waiting.signal });
		});
	}
}
