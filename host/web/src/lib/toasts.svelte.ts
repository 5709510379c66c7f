// Short notes at the edge of the page, perhaps with one thing to do about them.
export interface Toast {
	id: number;
	text: string;
	tone: 'done' | 'failed';
	action?: { label: string; run: () => void | Promise<void> };
}

/** Long enough to read and to reach "Undo" by keyboard; a note under the pointer or focus stays (WCAG 2.2.1). */
const SHOWN_MS = 12_000;

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
		this.#timers.set(
			id,
			setTimeout(() => this.dismiss(id), SHOWN_MS)
		);
	}

	#show(toast: Toast) {
		this.list = [...this.list.slice(-2), toast];
		this.release(toast.id);
	}
}

export const toasts = new Toasts();
