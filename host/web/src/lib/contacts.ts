// Contacts outside the house in the reader's language: kinds of numbers, what a column of a file holds, what is wrong with a line.
import type { Schemas } from './api/client';
import { m } from './paraglide/messages';

export const numberKinds: Record<Schemas['NumberKind'], () => string> = {
	work: m.number_work,
	mobile: m.number_mobile,
	home: m.number_home,
	other: m.number_other
};

/** In the order in which they are offered. */
export const fields: Record<Schemas['Field'], () => string> = {
	none: m.field_none,
	name: m.name,
	'first-name': m.field_first_name,
	'last-name': m.field_last_name,
	company: m.field_company,
	work: m.number_work,
	mobile: m.number_mobile,
	home: m.number_home,
	other: m.number_other,
	mail: m.field_mail,
	note: m.field_note
};

const faults: Record<string, (parts: { text: string }) => string> = {
	'no-name': m.contacts_fault_no_name,
	'no-number': m.contacts_fault_no_number,
	'not-a-number': m.contacts_fault_not_a_number,
	'too-many-numbers': m.contacts_fault_too_many,
	'too-long': m.contacts_fault_too_long
};

/** `Line 4: “x” is no telephone number`. */
export function explainFault({ line, code, text }: Schemas['LineFault']): string {
	return m.contacts_line({ line, what: faults[code]?.({ text }) ?? code });
}
