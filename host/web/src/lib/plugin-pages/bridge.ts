// The shell's end of the bridge to a plugin's page: sdk/ui/bridge.js is the other one.
//
// Whatever comes from there may be hostile. Every message is read as if it were, asks for nothing but what is listed
// here, and counts: a page that talks without end is stopped.
import { BASE, SAME_SITE } from '$lib/api/client';
import { Allowance } from './allowance';

/** What the shell does for a page. */
export interface Shell {
	toast(text: string, tone: 'done' | 'failed'): void;
	confirm(question: Question): Promise<boolean>;
	title(text: string): void;
	size(height: number): void;
	/** Leads to a page of the shell; false when there is none. */
	navigate(to: Place): boolean;
	/** Asks whether to call, and calls. */
	call(number: string): Promise<boolean>;
	/** The page talks without end: take it away. */
	stop(): void;
	/** The session is over. */
	signedOut(): void;
}

export interface Question {
	title: string;
	text: string;
	act: string;
}

export type Place = { page: string } | { person: string } | { history: true };

/** Messages lost one after the other until the page is stopped. */
const LOST = 240;
/** Requests under way, and those that wait. */
const AT_ONCE = 8;
const WAITING = 32;
const LARGEST_BODY = 1024 * 1024;
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
/** Headers that reach the plugin, and those that reach the page. */
const ASKED = ['accept', 'content-type', 'if-none-match'];
const ANSWERED = ['content-type', 'content-disposition', 'cache-control', 'etag'];

type Message = Record<string, unknown>;

/** Why something was not done; the page is told. */
class Refusal extends Error {
	constructor(
		readonly kind: 'invalid' | 'busy' | 'offline' | 'failed',
		text: string
	) {
		super(text);
	}
}

export class Bridge {
	#messages = new Allowance(60, 20);
	#toasts = new Allowance(5, 0.5);
	#questions = new Allowance(5, 0.1);
	#journeys = new Allowance(3, 0.2);
	#lost = 0;
	#running = 0;
	#waiting: (() => void)[] = [];
	#end = new AbortController();

	constructor(
		readonly port: MessagePort,
		readonly plugin: string,
		readonly shell: Shell,
		readonly now: () => number = () => performance.now()
	) {
		port.onmessage = ({ data }: MessageEvent<unknown>) => void this.#receive(data);
	}

	/** Tells the page about a change. */
	tell(type: 'theme' | 'language' | 'user', value: unknown) {
		this.port.postMessage({ type, value });
	}

	close() {
		this.#end.abort();
		this.port.onmessage = null;
		this.port.close();
		this.#waiting = [];
	}

	async #receive(data: unknown) {
		if (this.#end.signal.aborted) return;
		if (!this.#messages.take(this.now())) {
			this.#lost += 1;
			if (this.#lost >= LOST) this.shell.stop();
			return;
		}
		// Now and then too fast is no harm; without end is.
		this.#lost = Math.max(0, this.#lost - 1);
		if (typeof data !== 'object' || data === null) return;
		const message = data as Message;
		const id = message['id'];
		try {
			const value = await this.#act(message);
			if (typeof id === 'number') this.#answer({ id, value }, value);
		} catch (error) {
			if (typeof id !== 'number') return;
			const { kind, message: text } = error instanceof Refusal ? error : new Refusal('failed', String(error));
			this.#answer({ id, error: { kind, text } });
		}
	}

	#answer(message: Message, value?: unknown) {
		if (this.#end.signal.aborted) return;
		const body = (value as { body?: unknown } | undefined)?.body;
		this.port.postMessage(message, body instanceof ArrayBuffer ? [body] : []);
	}

	async #act(message: Message): Promise<unknown> {
		switch (message['type']) {
			case 'fetch':
				return this.#inTurn(() => this.#fetch(message));
			case 'size':
				return this.shell.size(figure(message['height']));
			case 'title':
				return this.shell.title(text(message['text'], 60));
			case 'toast':
				this.#within(this.#toasts);
				return this.shell.toast(text(message['text'], 200), message['tone'] === 'failed' ? 'failed' : 'done');
			case 'confirm':
				this.#within(this.#questions);
				return this.shell.confirm({
					title: text(message['title'], 80),
					text: text(message['text'], 500),
					act: text(message['act'], 40)
				});
			case 'call':
				this.#within(this.#questions);
				return this.shell.call(number(message['number']));
			case 'navigate':
				this.#within(this.#journeys);
				if (!this.shell.navigate(place(message['to'])))
					throw new Refusal('invalid', 'There is no such page.');
				return true;
			default:
				throw new Refusal('invalid', 'The shell does not know this message.');
		}
	}

	#within(allowance: Allowance) {
		if (!allowance.take(this.now())) throw new Refusal('busy', 'Too often.');
	}

	/** Some requests at a time, some that wait, no more. */
	async #inTurn<T>(work: () => Promise<T>): Promise<T> {
		if (this.#running >= AT_ONCE) {
			if (this.#waiting.length >= WAITING) throw new Refusal('busy', 'Too many requests at a time.');
			await new Promise<void>((go) => this.#waiting.push(go));
		}
		this.#running += 1;
		try {
			return await work();
		} finally {
			this.#running -= 1;
			this.#waiting.shift()?.();
		}
	}

	async #fetch(message: Message) {
		const url = addressIn(this.plugin, text(message['path'], 2000));
		const method = typeof message['method'] === 'string' ? message['method'].toUpperCase() : 'GET';
		if (!METHODS.includes(method)) throw new Refusal('invalid', `A plugin does not answer ${method}.`);
		const headers = { ...picked(message['headers']), ...SAME_SITE };
		const body = method === 'GET' ? undefined : content(message['body']);
		const options: RequestInit = { method, headers, redirect: 'error', signal: this.#end.signal };
		const response = await fetch(url, body === undefined ? options : { ...options, body }).catch(() => {
			throw new Refusal('offline', 'The server does not answer.');
		});
		if (response.status === 401) this.shell.signedOut();
		const answered = ANSWERED.map((name) => [name, response.headers.get(name)] as const);
		return {
			status: response.status,
			headers: Object.fromEntries(answered.filter(([, value]) => value !== null)),
			body: await response.arrayBuffer()
		};
	}
}

/** The address of a path below the plugin; nothing leads out of it. */
export function addressIn(plugin: string, path: string): string {
	const root = `${BASE}/plugins/${encodeURIComponent(plugin)}/web/`;
	if (!path.startsWith('/')) throw new Refusal('invalid', 'A path begins with “/”.');
	// The browser's own reading of `..`, `%2e%2e` and `\` is what counts, so it is asked.
	const url = new URL(root + path.slice(1), location.origin);
	if (url.origin !== location.origin || !url.pathname.startsWith(root))
		throw new Refusal('invalid', 'The path leads out of the plugin.');
	return url.pathname + url.search;
}

function picked(value: unknown): Record<string, string> {
	if (typeof value !== 'object' || value === null) return {};
	const entries = Object.entries(value as Message).map(
		([name, value]) => [name.toLowerCase(), value] as const
	);
	const sound = entries.filter(
		(entry): entry is readonly [string, string] =>
			ASKED.includes(entry[0]) && typeof entry[1] === 'string' && /^[\x20-\x7e]{0,200}$/.test(entry[1])
	);
	return Object.fromEntries(sound);
}

function content(value: unknown): string | ArrayBuffer | undefined {
	if (value === undefined || value === null) return undefined;
	const size =
		typeof value === 'string' ? value.length : value instanceof ArrayBuffer ? value.byteLength : NaN;
	if (!(size <= LARGEST_BODY)) throw new Refusal('invalid', 'A body is text or bytes, at most 1 MiB.');
	return value as string | ArrayBuffer;
}

function text(value: unknown, longest: number): string {
	if (typeof value !== 'string') throw new Refusal('invalid', 'A text is missing.');
	return value.length > longest ? `${value.slice(0, longest - 1)}…` : value;
}

function figure(value: unknown): number {
	if (typeof value !== 'number' || !Number.isFinite(value))
		throw new Refusal('invalid', 'A figure is missing.');
	return value;
}

function number(value: unknown): string {
	if (typeof value !== 'string' || !/^[0-9*#+]{1,32}$/.test(value))
		throw new Refusal('invalid', 'A number has digits, *, # and +.');
	return value;
}

function place(value: unknown): Place {
	const to = (typeof value === 'object' && value !== null ? value : {}) as Message;
	if (to['history'] === true) return { history: true };
	if (typeof to['page'] === 'string') return { page: text(to['page'], 64) };
	if (typeof to['person'] === 'string') return { person: text(to['person'], 100) };
	throw new Refusal('invalid', 'There is no such page.');
}
