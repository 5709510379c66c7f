// Relays by which sound may travel where the network lets nothing else out, with credentials that end.
import { answer, api } from '$lib/api/client';

/** So long before credentials end they are asked for anew: a call that begins then still has some. */
const MARGIN_MS = 120_000;
/** A question that was not answered is asked again after so long. */
const RETRY_MS = 30_000;
/** Where credentials do not end, the list is read again once a day. */
const DAY_MS = 86_400_000;

/** How long to wait until the relays are asked for again. */
export function restOf(until: number | null | undefined, now: number): number {
	return until ? Math.max(RETRY_MS, until - now - MARGIN_MS) : DAY_MS;
}

class Relays {
	/** As `RTCPeerConnection` takes them. */
	servers: RTCIceServer[] = [];
	#timer: ReturnType<typeof setTimeout> | undefined;

	/** Asks for them, and again before they end; the function that it gives ends that. */
	keep(): () => void {
		let over = false;
		const ask = async () => {
			let rest = RETRY_MS;
			try {
				const { ice_servers, until } = await answer(api.GET('/phone/relays'));
				this.servers = ice_servers.map(({ urls, username, credential }) => ({
					urls,
					...(username && { username }),
					...(credential && { credential })
				}));
				rest = restOf(until, Date.now());
			} catch {
				// Those that are known may do; without any, most networks let sound through all the same.
			}
			if (!over) this.#timer = setTimeout(() => void ask(), rest);
		};
		void ask();
		return () => {
			over = true;
			clearTimeout(this.#timer);
		};
	}
}

export const relays = new Relays();
