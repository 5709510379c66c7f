// The calls of the browser's telephone as a list that is never changed in place: what is shown and what can be done with each.
import type { Quality } from './quality';

/** How far a call is. `returning`: its connection is gone, and the page is about to take its place in it again. */
export type Phase = 'incoming' | 'dialling' | 'ringing' | 'talking' | 'returning' | 'transferring';

export interface Call {
	id: string;
	direction: 'in' | 'out';
	number: string;
	/** What the other side calls itself; empty when it does not say. */
	name: string;
	phase: Phase;
	/** When it was answered, in Unix milliseconds. */
	since?: number;
	/** Whether we have put it on hold. */
	held: boolean;
	/** Whether the other side has. */
	heldThere: boolean;
	muted: boolean;
	/** Whether the other side already sends sound while it rings there: no tone of ours then. */
	early: boolean;
	/** The call that this one is about: it was made to ask whether that one may be passed on. */
	consults?: string | undefined;
	quality?: Quality;
}

/** What names a dialog (RFC 3261 §12), as seen from here. */
export interface Dialog {
	callId: string;
	localTag: string;
	remoteTag: string;
}

/** Calls that one browser can have at a time: enough to ask somebody while another one waits. */
export const MOST_CALLS = 6;

export function newCall(id: string, direction: 'in' | 'out', number: string, name: string): Call {
	const phase = direction === 'in' ? 'incoming' : 'dialling';
	return { id, direction, number, name, phase, held: false, heldThere: false, muted: false, early: false };
}

export function changed(calls: readonly Call[], id: string, change: Partial<Call>): Call[] {
	return calls.map((call) => (call.id === id ? { ...call, ...change } : call));
}

/** Without one call; calls that were about it stand by themselves then. */
export function without(calls: readonly Call[], id: string): Call[] {
	return calls
		.filter((call) => call.id !== id)
		.map((call) => (call.consults === id ? { ...call, consults: undefined } : call));
}

/** The call that one speaks in: neither held nor ringing here. */
export function current(calls: readonly Call[]): Call | undefined {
	return calls.find((call) => call.phase !== 'incoming' && !call.held);
}

/** The call that rings and has waited longest. */
export function ringing(calls: readonly Call[]): Call | undefined {
	return calls.find((call) => call.phase === 'incoming');
}

/** The call that a key press without a name means: the one that one speaks in, else the last one. */
export function meant(calls: readonly Call[]): Call | undefined {
	return current(calls) ?? calls.filter((call) => call.phase !== 'incoming').at(-1);
}

/** Whether it is up, so that it can be held, transferred and pressed keys in. */
export function isUp(call: Call): boolean {
	return call.phase === 'talking';
}

/** The header field by which a page takes its own place in a call (RFC 3891 §6.1: `to-tag` is the other side's). */
export function replaces({ callId, localTag, remoteTag }: Dialog): string {
	return `Replaces: ${callId};to-tag=${remoteTag};from-tag=${localTag}`;
}

/** What of a text can be dialled: digits and signs, or the user of a SIP address. Empty when nothing is left. */
export function dialable(text: string): string {
	const bare = text
		.trim()
		.replace(/^(tel|sips?):/i, '')
		.replace(/[;?@].*$/, '');
	const digits = bare.replace(/[\s().\-/\u00a0\u2011]/g, '');
	return /^\+?[0-9A-Da-d*#]+$/.test(digits) && digits.length <= 32 ? digits : '';
}
