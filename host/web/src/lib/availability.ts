// Where people are and what their telephones do, in the reader's language.
import type { Schemas } from './api/client';
import { moment } from './format';
import { m } from './paraglide/messages';
import type { Tone } from './ui/Badge.svelte';

export type Availability = Schemas['Availability'];
export type AvailabilityState = Schemas['AvailabilityState'];
export type PhoneState = Schemas['PhoneState'];

/** Every state, in the order in which people are offered them. */
export const availabilities: Record<AvailabilityState, { tone: Tone; text: () => string }> = {
	office: { tone: 'good', text: m.available_office },
	meeting: { tone: 'warn', text: m.available_meeting },
	break: { tone: 'warn', text: m.available_break },
	lunch: { tone: 'warn', text: m.available_lunch },
	'gone-out': { tone: 'plain', text: m.available_gone_out },
	'gone-home': { tone: 'plain', text: m.available_gone_home },
	vacation: { tone: 'plain', text: m.available_vacation },
	sick: { tone: 'plain', text: m.available_sick },
	'do-not-disturb': { tone: 'bad', text: m.available_do_not_disturb },
	'call-me': { tone: 'accent', text: m.available_call_me }
};

export const phoneStates: Record<PhoneState, { tone: Tone; text: () => string }> = {
	idle: { tone: 'good', text: m.reachable },
	ringing: { tone: 'warn', text: m.phone_ringing },
	'in-call': { tone: 'accent', text: m.phone_in_call },
	unregistered: { tone: 'plain', text: m.not_reachable }
};

/** `Room 4 · until 23 Nov, 15:00`; often empty. */
export function detailOf({ note, until }: Availability): string {
	return [note, until ? m.until_when({ when: moment(until) }) : ''].filter(Boolean).join(' · ');
}

/** A moment as a field for date and time has it, in the reader's own time. */
export function toField(at: number): string {
	const date = new Date(at);
	const two = (n: number) => String(n).padStart(2, '0');
	const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
	return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The moment in such a field; nothing when it is empty. */
export function fromField(text: string): number | null {
	const at = new Date(text).getTime();
	return Number.isNaN(at) ? null : at;
}
