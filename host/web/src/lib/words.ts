// The words of the telephone side in the reader's language.
import type { Schemas } from './api/client';
import { directory } from './directory.svelte';
import { m } from './paraglide/messages';
import type { Tone } from './ui/Badge.svelte';

type Direction = Schemas['Direction'];
type CallState = Schemas['CallState'];
type Cause = Schemas['EndCause'];

export const directions: Record<Direction, () => string> = {
	internal: m.direction_internal,
	inbound: m.direction_inbound,
	outbound: m.direction_outbound
};

export const callStates: Record<CallState, { tone: Tone; text: () => string }> = {
	routing: { tone: 'plain', text: m.call_routing },
	ringing: { tone: 'warn', text: m.call_ringing },
	'in-script': { tone: 'accent', text: m.call_in_script },
	talking: { tone: 'good', text: m.call_talking },
	held: { tone: 'plain', text: m.call_held }
};

export const causes: Record<Cause, { tone: Tone; text: () => string }> = {
	answered: { tone: 'good', text: m.cause_answered },
	cancelled: { tone: 'plain', text: m.cause_cancelled },
	'no-answer': { tone: 'warn', text: m.cause_no_answer },
	busy: { tone: 'warn', text: m.cause_busy },
	rejected: { tone: 'warn', text: m.cause_rejected },
	'not-found': { tone: 'plain', text: m.cause_not_found },
	unavailable: { tone: 'warn', text: m.cause_unavailable },
	failed: { tone: 'bad', text: m.cause_failed }
};

export const offences: Record<Schemas['Offence'], () => string> = {
	'unknown-name': m.offence_unknown_name,
	'wrong-password': m.offence_wrong_password,
	'no-password': m.offence_no_password
};

export const letterStates: Record<Schemas['LetterState'], { tone: Tone; text: () => string }> = {
	waiting: { tone: 'warn', text: m.letter_waiting },
	sent: { tone: 'good', text: m.letter_sent },
	failed: { tone: 'bad', text: m.letter_failed }
};

export const mailFaults: Record<Schemas['MailFault'], () => string> = {
	unreachable: m.mail_fault_unreachable,
	tls: m.mail_fault_tls,
	password: m.mail_fault_password,
	refused: m.mail_fault_refused,
	later: m.mail_fault_later
};

export const trunkStates: Record<Schemas['TrunkState'], { tone: Tone; text: () => string }> = {
	starting: { tone: 'plain', text: m.trunk_starting },
	up: { tone: 'good', text: m.trunk_up },
	down: { tone: 'bad', text: m.trunk_down }
};

export const trunkFaults: Record<Schemas['TrunkFault'], () => string> = {
	'unusable-address': m.trunk_unusable_address,
	'no-address': m.trunk_no_address,
	'name-server-silent': m.trunk_name_server_silent,
	'servers-silent': m.trunk_servers_silent,
	'registrar-silent': m.trunk_registrar_silent,
	'registrar-busy': m.trunk_registrar_busy,
	'wrong-password': m.trunk_wrong_password,
	'unknown-user': m.trunk_unknown_user,
	'kind-refused': m.trunk_kind_refused,
	refused: m.trunk_refused
};

/** A party as a name with its number, or whichever of the two there is. */
export function partyName(party: Schemas['Party']): { name: string; number: string } {
	const known = party.extension ? directory.name(party.extension) : undefined;
	const name = party.name || known || '';
	return name ? { name, number: party.number } : { name: party.number || m.anonymous(), number: '' };
}
