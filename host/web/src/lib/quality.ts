// How a call sounds, in words: scores, and why somebody is not heard.
import type { Schemas } from './api/client';
import { m } from './paraglide/messages';
import type { Tone } from './ui/Badge.svelte';

/** Mean opinion scores in hundredths from which on sound is good, fair, poor (ITU-T G.109: R 80, 70, 60). */
const GOOD = 402;
const FAIR = 360;
const POOR = 310;

/** A mean opinion score in hundredths as a word with its figure. */
export function score(mos: number): { tone: Tone; text: string } {
	const figure = figures.format(mos / 100);
	if (mos >= GOOD) return { tone: 'good', text: m.sound_good({ figure }) };
	if (mos >= FAIR) return { tone: 'accent', text: m.sound_fair({ figure }) };
	if (mos >= POOR) return { tone: 'warn', text: m.sound_poor({ figure }) };
	return { tone: 'bad', text: m.sound_bad({ figure }) };
}

/** Scores are written the same in every language: they are compared with tables and other systems. */
const figures = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** Whether the history mentions how a call sounded: only when it was not as it should be. */
export function mentioned(quality: Schemas['CallQuality'] | null | undefined): 'faulty' | 'poor' | undefined {
	if (quality?.faulty) return 'faulty';
	return quality?.mos != null && quality.mos < FAIR ? 'poor' : undefined;
}

/** Why a party is not heard, or does not hear, and what to do about it. */
export function faultWords(fault: Schemas['SoundFault'], who: string): { what: string; next: string } {
	switch (fault.kind) {
		case 'no-keys':
			return { what: m.fault_no_keys({ who, why: fault.why }), next: m.fault_no_keys_next() };
		case 'no-way':
			return { what: m.fault_no_way({ who }), next: m.fault_no_way_next() };
		case 'nothing-came':
			return {
				what: m.fault_nothing_came({ who, expected: fault.expected }),
				next: m.fault_nothing_came_next()
			};
		case 'wrong-address':
			return {
				what: m.fault_wrong_address({ who, from: fault.from, expected: fault.expected }),
				next: m.fault_wrong_address_next()
			};
		case 'wrong-codec':
			return {
				what: m.fault_wrong_codec({ who, type: fault.payload_type }),
				next: m.fault_wrong_codec_next()
			};
		case 'no-common-codec':
			return { what: m.fault_no_common_codec({ who }), next: m.fault_no_common_codec_next() };
		case 'cannot-decrypt':
			return { what: m.fault_cannot_decrypt({ who }), next: m.fault_cannot_decrypt_next() };
		case 'on-hold':
			return { what: m.fault_on_hold({ who }), next: m.fault_on_hold_next() };
		case 'stopped-coming':
			return {
				what: m.fault_stopped_coming({ who, seconds: fault.seconds }),
				next: m.fault_stopped_coming_next()
			};
		case 'does-not-receive':
			return {
				what: m.fault_does_not_receive({ who, to: fault.to }),
				next: m.fault_does_not_receive_next()
			};
		case 'lossy':
			return { what: m.fault_lossy({ who, percent: fault.percent }), next: m.fault_lossy_next() };
	}
}
