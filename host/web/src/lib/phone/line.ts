// The line of this telephone: it is registered as long as it is open, and finds back by itself when the network has changed.
import type { UA } from 'jssip';
import type { RTCSession } from 'jssip/lib/RTCSession';
import type { RTCSessionEvent } from 'jssip/lib/UA';
import { BASE } from '$lib/api/client';
import { replaces, type Dialog } from './calls';
import { relays } from './relays';
import { Wire } from './wire';

export interface LineEvents {
	/** It is registered, at first and each time that it has found back. */
	up: () => void;
	/** It is not any more, and tries to be. */
	down: () => void;
	incoming: (session: RTCSession) => void;
}

/** Numbers are all that counts: the host knows by the connection who we are. */
const DOMAIN = 'jackfield.invalid';
const INSTANCE = 'phone-instance';
/** Pauses between attempts to connect again. */
const RETRY_MS = [200, 1_000, 2_000, 4_000, 8_000, 15_000];
/** A line that stays without an answer for so long is dead, whatever the browser thinks. */
const PATIENCE_MS = 4_000;
/** What was cut off is kept for so long: calls that the new line takes over sound on meanwhile. */
const FAREWELL_MS = 15_000;
const LOOK_MS = 5_000;

export class Line {
	readonly number: string;
	#events: LineEvents;
	#UA: typeof UA;
	#ua: UA | undefined;
	#wire: Wire | undefined;
	#attempt = 0;
	#retry: ReturnType<typeof setTimeout> | undefined;
	#look: ReturnType<typeof setInterval>;
	#looked = Date.now();
	#closed = false;
	#keepsRelays = relays.keep();

	static async open(number: string, events: LineEvents): Promise<Line> {
		const { UA } = await import('jssip');
		return new Line(UA, number, events);
	}

	private constructor(ua: typeof UA, number: string, events: LineEvents) {
		this.#UA = ua;
		this.number = number;
		this.#events = events;
		addEventListener('online', this.#check);
		document.addEventListener('visibilitychange', this.#check);
		// A clock that has jumped means that the computer has slept.
		this.#look = setInterval(() => {
			const slept = Date.now() - this.#looked > 3 * LOOK_MS;
			this.#looked = Date.now();
			if (slept) this.#check();
		}, LOOK_MS);
		this.#connect();
	}

	get isUp(): boolean {
		return this.#ua?.isRegistered() ?? false;
	}

	call(number: string, microphone: MediaStream, place?: Dialog): RTCSession | undefined {
		return this.#ua?.call(this.address(number), {
			mediaStream: microphone,
			pcConfig: { iceServers: relays.servers },
			...(place && { extraHeaders: [replaces(place)] })
		});
	}

	address(number: string): string {
		return `sip:${number.replaceAll('#', '%23')}@${DOMAIN}`;
	}

	/** Unregisters and hangs up whatever there is. */
	close() {
		this.#end();
		this.#ua?.stop();
	}

	/** Leaves without a word: another tab goes on. */
	cut() {
		this.#end();
		this.#takeOut();
	}

	/** Begins anew, on whatever network there is now. */
	renew() {
		if (this.#closed) return;
		clearTimeout(this.#retry);
		this.#takeOut();
		this.#events.down();
		this.#connect();
	}

	#end() {
		this.#closed = true;
		clearTimeout(this.#retry);
		clearInterval(this.#look);
		this.#keepsRelays();
		removeEventListener('online', this.#check);
		document.removeEventListener('visibilitychange', this.#check);
	}

	#connect() {
		const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
		const url = `${scheme}://${location.host}${BASE}/phone?number=${encodeURIComponent(this.number)}`;
		const wire = new Wire(url, DOMAIN);
		const ua = new this.#UA({
			sockets: [wire],
			uri: this.address(this.number),
			instance_id: instance(),
			register_expires: 600,
			no_answer_timeout: 300,
			user_agent: 'Jackfield web page'
		});
		this.#wire = wire;
		this.#ua = ua;
		const failed = () => {
			if (this.#ua === ua && !this.#closed) this.#lost();
		};
		ua.on('registered', () => {
			this.#attempt = 0;
			clearTimeout(this.#retry);
			this.#events.up();
		});
		ua.on('disconnected', failed);
		ua.on('registrationFailed', failed);
		ua.on('newRTCSession', ({ originator, session }: RTCSessionEvent) => {
			if (originator === 'remote') this.#events.incoming(session);
		});
		ua.start();
		this.#retry = setTimeout(failed, 2 * PATIENCE_MS);
	}

	#lost() {
		this.#takeOut();
		this.#events.down();
		const pause = RETRY_MS[Math.min(this.#attempt, RETRY_MS.length - 1)]!;
		this.#attempt += 1;
		this.#retry = setTimeout(() => this.#connect(), pause * (0.75 + Math.random() / 2));
	}

	#takeOut() {
		const [ua, wire] = [this.#ua, this.#wire];
		this.#ua = this.#wire = undefined;
		clearTimeout(this.#retry);
		wire?.cut();
		if (ua) setTimeout(() => ua.stop(), FAREWELL_MS);
	}

	#check = () => {
		const wire = this.#wire;
		if (document.hidden || this.#closed) return;
		if (!wire) {
			this.#attempt = 0;
			return this.renew();
		}
		if (!this.isUp) return;
		wire.ask(PATIENCE_MS, () => {
			if (this.#wire === wire) this.renew();
		});
	};
}

/** Which telephone this browser is (RFC 5626): the host puts a page that comes back in the place of itself. */
function instance(): string {
	const known = localStorage.getItem(INSTANCE);
	if (known) return known;
	const made = uuid();
	localStorage.setItem(INSTANCE, made);
	return made;
}

/** As `crypto.randomUUID`, which pages by plain HTTP do not have. */
function uuid(): string {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	bytes[6] = (bytes[6]! & 0x0f) | 0x40;
	bytes[8] = (bytes[8]! & 0x3f) | 0x80;
	const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
	return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
