// The WebSocket under the telephone. Unlike JsSIP's own it can be cut: from then on nothing is sent and nothing is heard, so
// that a telephone can be taken out of service without hanging up the calls that another one goes on with.
import type { Socket } from 'jssip';

export class Wire implements Socket {
	readonly url: string;
	readonly sip_uri: string;
	readonly via_transport: string;
	onconnect: () => void = () => {};
	ondisconnect: (error: boolean, code?: number, reason?: string) => void = () => {};
	ondata: (data: unknown) => void = () => {};

	#socket: WebSocket | undefined;
	#cut = false;
	#answered: (() => void) | undefined;

	constructor(url: string, domain: string) {
		this.url = url;
		this.sip_uri = `sip:${domain};transport=ws`;
		this.via_transport = url.startsWith('wss:') ? 'WSS' : 'WS';
	}

	connect() {
		const socket = new WebSocket(this.url, 'sip');
		this.#socket = socket;
		socket.onopen = () => this.onconnect();
		socket.onmessage = ({ data }) => {
			this.#answered?.();
			this.ondata(data);
		};
		socket.onclose = ({ wasClean, code, reason }) => {
			if (this.#socket === socket) this.ondisconnect(!wasClean, code, reason);
		};
	}

	disconnect() {
		const socket = this.#socket;
		this.#socket = undefined;
		if (!socket) return;
		socket.onmessage = socket.onopen = null;
		socket.close();
	}

	send(message: unknown): boolean {
		// Whoever is cut off shall not take what follows for failures.
		if (this.#cut) return true;
		if (this.#socket?.readyState !== WebSocket.OPEN) return false;
		this.#socket.send(String(message));
		return true;
	}

	isConnected(): boolean {
		return this.#cut || this.#socket?.readyState === WebSocket.OPEN;
	}

	isConnecting(): boolean {
		return !this.#cut && this.#socket?.readyState === WebSocket.CONNECTING;
	}

	/** Asks the host whether it is still there (RFC 5626 §3.5.1), and tells when nothing comes in time. */
	ask(patience: number, dead: () => void) {
		const timer = setTimeout(dead, patience);
		this.#answered = () => clearTimeout(timer);
		if (this.send('\r\n\r\n')) return;
		clearTimeout(timer);
		dead();
	}

	cut() {
		this.#cut = true;
		this.onconnect = this.ondisconnect = this.ondata = () => {};
		this.disconnect();
	}
}
