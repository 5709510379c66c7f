// Short notes at the edge of the page, perhaps with one thing to do about them.
export interface Toast {
	id: number;
	text: string;
	tone: 'done' | 'failed';
	action?: { label: string; run: () => void | Promise<void> };
}

/** Long enough to read; a note under the pointer or focus stays (WCAG 2.2.1). */
const SHOWN_MS = 12_000;
/** Long enough to reach "Undo" by keyboard, at the end of a long page and on a slow computer. */
const SHOWN_WITH_ACTION_MS = 40_000;

class Toasts {
	list = $state<Toast[]>([]);
	#next = 1;
	#timers = new Map<number, ReturnType<typeof setTimeout>>();

	done(text: string, action?: Toast['action']) {
		this.#show({ id: this.#next++, text, tone: 'done', ...(action && { action }) });
	}

	failed(text: string) {
		this.#show({ id: this.#next++, text, tone: 'failed' });
	}

	dismiss(id: number) {
		this.hold(id);
		this.list = this.list.filter((toast) => toast.id !== id);
	}

	/** Somebody is at it: let it stay. */
	hold(id: number) {
		clearTimeout(this.#timers.get(id));
		this.#timers.delete(id);
	}

	release(id: number) {
		this.hold(id);
		const action = this.list.find((toast) => toast.id === id)?.action;
		const shown = action ? SHOWN_WITH_ACTION_MS : SHOWN_MS;
		this.#timers.set(
			id,
			setTimeout(() => this.dismiss(id), shown)
		);
	}

	#show(toast: Toast) {
		this.list = [...this.list.slice(-2), toast];
		this.release(toast.id);
	}
}

export const toasts = new Toasts();
