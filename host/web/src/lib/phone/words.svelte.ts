// What the telephone says in the reader's language, to the eye and to screen readers.
import { m } from '$lib/paraglide/messages';
import type { Tone } from '$lib/ui/Badge.svelte';
import type { Call } from './calls';
import type { Trouble } from './devices.svelte';
import type { Grade, Quality } from './quality';
import type { Status } from './phone.svelte';

export const statuses: Record<Status, { tone: Tone; text: () => string }> = {
	off: { tone: 'plain', text: m.phone_off },
	'no-number': { tone: 'warn', text: m.phone_no_number },
	elsewhere: { tone: 'plain', text: m.phone_in_other_tab },
	connecting: { tone: 'plain', text: m.phone_connecting },
	ready: { tone: 'good', text: m.phone_ready },
	lost: { tone: 'warn', text: m.phone_lost }
};

/** How a call stands, in a few words. */
export function phaseText(call: Call): string {
	switch (call.phase) {
		case 'incoming':
			return m.phone_calls_you();
		case 'dialling':
			return m.phone_dialling();
		case 'ringing':
			return m.phone_rings_there();
		case 'returning':
			return m.phone_returning();
		case 'transferring':
			return m.phone_transferring();
		case 'talking':
			if (call.held) return m.call_held();
			return call.heldThere ? m.phone_held_there() : m.call_talking();
	}
}

const grades: Record<Grade, { tone: Tone; text: () => string }> = {
	good: { tone: 'good', text: m.phone_quality_good },
	fair: { tone: 'warn', text: m.phone_quality_fair },
	poor: { tone: 'bad', text: m.phone_quality_poor }
};

export const grade = (of: Grade) => grades[of];

/** The figures behind the word. */
export function qualityDetail({ loss, jitter, roundTrip, codec }: Quality): string {
	const figures = { loss: loss.toFixed(1), jitter: jitter.toFixed(0), codec: codec ?? '?' };
	return m.phone_quality_detail({ ...figures, trip: roundTrip === undefined ? '?' : roundTrip.toFixed(0) });
}

/** Why there is no microphone, and the next step. */
export function troubleText(trouble: Trouble): string {
	const texts: Record<Trouble, () => string> = {
		insecure: m.phone_trouble_insecure,
		denied: m.phone_trouble_denied,
		missing: m.phone_trouble_missing,
		busy: m.phone_trouble_busy
	};
	return texts[trouble]();
}

/** Why a call has not come about; empty when there is nothing to say. */
export function failure(status: number | undefined, name: string): string {
	switch (status) {
		case undefined:
		case 487:
			return '';
		case 486:
		case 600:
			return m.phone_failed_busy({ name });
		case 404:
		case 484:
		case 604:
			return m.phone_failed_unknown({ name });
		case 408:
		case 480:
			return m.phone_failed_absent({ name });
		case 403:
		case 603:
			return m.phone_failed_refused({ name });
		default:
			return m.phone_failed({ name, status });
	}
}

/** The last thing to be said aloud; `urgent` where it cannot wait. */
export const said = $state({ polite: '', urgent: '' });

export function announce(text: string, urgent = false) {
	said[urgent ? 'urgent' : 'polite'] = text;
}
