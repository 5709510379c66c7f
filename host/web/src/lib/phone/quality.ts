// How well a call sounds, out of what the browser counts, in three words that anybody understands.

export type Grade = 'good' | 'fair' | 'poor';

export interface Quality {
	grade: Grade;
	/** Lost packets of the last seconds, in percent. */
	loss: number;
	/** Variation of their arrival, in milliseconds. */
	jitter: number;
	/** There and back, in milliseconds; unknown before the first report. */
	roundTrip?: number;
	codec?: string;
}

/** What is counted since the call began. */
export interface Counts {
	received: number;
	lost: number;
	/** Seconds. */
	jitter: number;
	/** Seconds. */
	roundTrip?: number;
	codec?: string;
}

/** Limits beyond which a call is fair, and poor: about where people notice it (ITU-T G.107, G.114). */
const FAIR = { loss: 1, jitter: 30, roundTrip: 300 };
const POOR = { loss: 5, jitter: 80, roundTrip: 600 };

/** What the browser has counted; `undefined` before the first packet. */
export function countsOf(stats: Iterable<Record<string, unknown>>): Counts | undefined {
	const all = [...stats];
	const inbound = all.find((one) => one['type'] === 'inbound-rtp' && one['kind'] === 'audio');
	if (!inbound) return undefined;
	const number = (value: unknown) => (typeof value === 'number' ? value : 0);
	const pair = all.find((one) => one['type'] === 'candidate-pair' && one['nominated'] === true);
	const roundTrip = pair?.['currentRoundTripTime'];
	const codec = all.find((one) => one['id'] === inbound['codecId'])?.['mimeType'];
	return {
		received: number(inbound['packetsReceived']),
		lost: number(inbound['packetsLost']),
		jitter: number(inbound['jitter']),
		...(typeof roundTrip === 'number' && { roundTrip }),
		...(typeof codec === 'string' && { codec: codec.replace(/^audio\//i, '') })
	};
}

/** How it sounds, by what has come since the last count. */
export function qualityOf(now: Counts, before: Counts | undefined): Quality {
	const lost = Math.max(0, now.lost - (before?.lost ?? 0));
	const received = Math.max(0, now.received - (before?.received ?? 0));
	const loss = lost + received > 0 ? (100 * lost) / (lost + received) : 0;
	const jitter = now.jitter * 1_000;
	const roundTrip = now.roundTrip === undefined ? undefined : now.roundTrip * 1_000;
	const beyond = (limit: typeof FAIR) =>
		loss > limit.loss || jitter > limit.jitter || (roundTrip ?? 0) > limit.roundTrip;
	return {
		grade: beyond(POOR) ? 'poor' : beyond(FAIR) ? 'fair' : 'good',
		loss,
		jitter,
		...(roundTrip !== undefined && { roundTrip }),
		...(now.codec !== undefined && { codec: now.codec })
	};
}
