// What is to be heard besides the calls themselves: ringing here, ringing there, and a second caller who waits.
import { ringing, type Call } from './calls';
import { devices } from './devices.svelte';
import { Tone, type ToneKind } from './tones';

export class Ringer {
	#kind: ToneKind | undefined;
	#tone: Tone | undefined;

	/** Sounds what these calls ask for. */
	follow(calls: readonly Call[]) {
		const kind = toneFor(calls);
		if (kind === this.#kind) return;
		this.stop();
		this.#kind = kind;
		if (!kind) return;
		const { ringer, ringVolume, speaker, volume } = devices.chosen;
		this.#tone = kind === 'ring' ? new Tone(kind, ringer, ringVolume) : new Tone(kind, speaker, volume);
	}

	stop() {
		this.#tone?.stop();
		this.#tone = undefined;
		this.#kind = undefined;
	}
}

/** Somebody who calls is heard first; while one talks already, only just. */
export function toneFor(calls: readonly Call[]): ToneKind | undefined {
	const isTalking = calls.some((call) => call.phase === 'talking' && !call.held);
	if (ringing(calls)) return isTalking ? 'waiting' : 'ring';
	return calls.some((call) => call.phase === 'ringing' && !call.early) ? 'ringback' : undefined;
}
