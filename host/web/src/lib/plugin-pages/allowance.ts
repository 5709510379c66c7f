/** Lets a burst pass and then a steady stream; `now` is in milliseconds. */
export class Allowance {
	#left: number;
	#at = 0;

	constructor(
		readonly burst: number,
		readonly perSecond: number
	) {
		this.#left = burst;
	}

	take(now: number): boolean {
		const gained = (Math.max(0, now - this.#at) / 1000) * this.perSecond;
		this.#left = Math.min(this.burst, this.#left + gained);
		this.#at = now;
		if (this.#left < 1) return false;
		this.#left -= 1;
		return true;
	}
}
