// One WebSocket for the whole page: a snapshot, then numbered events, painted at most four times a second.
import { answer, api, BASE } from '$lib/api/client';
import { apply, nothing, type Availability, type LiveState, type Message, type PluginStatus } from './state';

/** Time between two paints. */
const FRAME_MS = 250;
/** Pauses between attempts to connect again. */
const RETRY_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000];
/** The server's close code for a session that has ended. */
const SIGNED_OUT = 4401;

export type Connection = 'off' | 'connecting' | 'open' | 'lost';

class Live {
	state = $state.raw<LiveState>(nothing);
	connection = $state<Connection>('off');

	#socket: WebSocket | undefined;
	#waiting: Message[] = [];
	#frame: ReturnType<typeof setTimeout> | undefined;
	#lastPaint = 0;
	#attempt = 0;
	#retry: ReturnType<typeof setTimeout> | undefined;

	/** The server's clock, as well as it is known. */
	now(): number {
		return Date.now() + this.state.skew;
	}

	start() {
		if (this.connection !== 'off') return;
		this.connection = 'connecting';
		addEventListener('online', this.#retryNow);
		this.#connect();
	}

	stop() {
		removeEventListener('online', this.#retryNow);
		clearTimeout(this.#retry);
		clearTimeout(this.#frame);
		this.#frame = undefined;
		this.#socket?.close();
		this.#socket = undefined;
		this.#waiting = [];
		this.#attempt = 0;
		this.connection = 'off';
		this.state = nothing;
	}

	/** Puts a plugin's status in place, as an answer to a request of this page brought it. */
	setPlugin(status: PluginStatus) {
		const others = this.state.plugins.filter((plugin) => plugin.id !== status.id);
		this.setPlugins([...others, status]);
	}

	/** Puts one's own availability in place, as an answer to a request of this page brought it. */
	setOwn(own: Availability, id: number | undefined) {
		if (id !== undefined) this.state = { ...this.state, people: { ...this.state.people, [id]: own } };
	}

	setPlugins(plugins: PluginStatus[]) {
		const place = (plugin: PluginStatus) => plugin.order ?? Number.MAX_SAFE_INTEGER;
		const sorted = plugins.toSorted((a, b) => place(a) - place(b) || a.name.localeCompare(b.name));
		this.state = { ...this.state, plugins: sorted };
	}

	#retryNow = () => {
		if (this.connection !== 'lost') return;
		clearTimeout(this.#retry);
		this.#connect();
	};

	#connect() {
		const { run, seq } = this.state;
		const resume = run ? `?since=${seq}&run=${run}` : '';
		const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
		const socket = new WebSocket(`${scheme}://${location.host}${BASE}/events${resume}`);
		this.#socket = socket;
		socket.onopen = () => {
			this.connection = 'open';
			this.#attempt = 0;
		};
		socket.onmessage = ({ data }) => this.#receive(JSON.parse(data as string) as Message);
		socket.onclose = ({ code }) => {
			if (this.#socket === socket) this.#lost(code);
		};
	}

	#lost(code: number) {
		this.connection = 'lost';
		// A request finds out whether the session is over, and leads to sign-in if it is.
		if (code === SIGNED_OUT || this.#attempt === 1) void answer(api.GET('/session')).catch(() => {});
		const pause = RETRY_MS[Math.min(this.#attempt, RETRY_MS.length - 1)]!;
		this.#attempt += 1;
		this.#retry = setTimeout(() => this.#connect(), pause * (0.75 + Math.random() / 2));
	}

	#receive(message: Message) {
		this.#waiting.push(message);
		if (this.#frame !== undefined) return;
		const pause = Math.max(0, this.#lastPaint + FRAME_MS - performance.now());
		this.#frame = setTimeout(() => this.#paint(), pause);
	}

	#paint() {
		this.#frame = undefined;
		this.#lastPaint = performance.now();
		const messages = this.#waiting;
		this.#waiting = [];
		const next = apply(this.state, messages, Date.now());
		const stale = next.stalePlugins;
		this.state = stale.length > 0 ? { ...next, stalePlugins: [] } : next;
		if (stale.length > 0) void this.#readPlugins();
	}

	async #readPlugins() {
		try {
			this.setPlugins(await answer(api.GET('/plugins')));
		} catch {
			// The next event or snapshot brings it.
		}
	}
}

export const live = new Live();
