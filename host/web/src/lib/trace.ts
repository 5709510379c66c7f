// What happened in a call, as one line of time: decisions, scripts, phones and SIP messages.
import type { Schemas } from './api/client';
import { micros } from './format';
import { m } from './paraglide/messages';
import type { Tone } from './ui/Badge.svelte';

export type Trace = Schemas['CallTrace'];
type Event = Schemas['TraceEvent'];

/** What a line is about; the reader can leave kinds out. */
export type LineKind = 'decision' | 'phone' | 'script' | 'sip';

/** One step, in words. */
export interface Step {
	kind: LineKind;
	tone: Tone;
	/** What happened, in a sentence. */
	text: string;
	/** More about it, a line each. */
	details: string[];
}

export interface Line extends Step {
	at: number;
	/** A SIP message. */
	message?: Schemas['SipTrace'];
}

/** Everything in the order in which it happened; what happened at the same time in the order in which it is told. */
export function lines(trace: Trace): Line[] {
	const steps = trace.entries.map((entry) => ({ at: entry.at, ...step(entry.event) }));
	const messages = trace.messages.map((message): Line => {
		const start = startLine(message.text);
		const status = statusOf(start);
		return {
			at: message.at,
			kind: 'sip',
			tone: refuses(status) ? 'warn' : 'plain',
			text: start,
			details: [],
			message
		};
	});
	// Sorting keeps the order of equals: a message that led to a decision goes before it.
	return [...messages, ...steps].sort((a, b) => a.at - b.at);
}

/** Steps that have no time, as those that are foreseen. */
export function stepsOf(events: Event[]): Step[] {
	return events.map(step);
}

/** A moment as a field for date and time shows it, in the reader's zone. */
export function localMoment(at: number): string {
	const date = new Date(at);
	const two = (n: number) => String(n).padStart(2, '0');
	const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
	return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** What such a field shows as a moment; nothing when it makes no sense. */
export function momentOf(text: string): number | undefined {
	const at = new Date(text).getTime();
	return at >= 0 ? at : undefined;
}

/** The first line of a message. */
export function startLine(text: string): string {
	return text.split('\n', 1)[0] ?? '';
}

/** `INVITE`, `200 OK`: what stands on an arrow of the ladder. */
export function arrowText(text: string): string {
	const start = startLine(text);
	if (start.startsWith('SIP/2.0 ')) return start.slice('SIP/2.0 '.length);
	return start.split(' ', 1)[0] ?? '';
}

/** Whether an arrow stands for a refusal. */
export function isRefusal(text: string): boolean {
	return refuses(statusOf(startLine(text)));
}

/** A refusal by its status; asking for a password is none (RFC 3261 §22). */
function refuses(status: number): boolean {
	return status >= 400 && status !== 401 && status !== 407;
}

/** How long after its beginning something happened. */
export function since(began: number, at: number): string {
	return `+${(Math.max(0, at - began) / 1000).toFixed(3)} s`;
}

/** When a call began: its first message comes before the call is known to be one. */
export function beginning(trace: Trace, began: number): number {
	return trace.messages.reduce((first, message) => Math.min(first, message.at), began);
}

function statusOf(start: string): number {
	return start.startsWith('SIP/2.0 ') ? Number(start.slice(8, 11)) || 0 : 0;
}

const decisions: Record<Schemas['DecisionKind'], (inputs: { to: string }) => string> = {
	pass: () => m.trace_pass(),
	ring: m.trace_ring,
	run: m.trace_run,
	redirect: m.trace_redirect,
	'pick-up': m.trace_pick_up,
	park: m.trace_park,
	'call-back': m.trace_call_back,
	join: m.trace_join,
	reject: m.trace_reject
};

const rules: Record<Schemas['HouseRule'], (inputs: { number: string }) => string> = {
	extension: m.rule_extension,
	'own-number': m.rule_own_number,
	outside: m.rule_outside,
	emergency: m.rule_emergency,
	unknown: m.rule_unknown,
	circle: m.rule_circle
};

/** A decision in a sentence. */
export function decisionText(decision: Schemas['DecisionKind'], to: string): string {
	return decisions[decision]({ to });
}

/** A rule of the house in a sentence. */
export function ruleText(rule: Schemas['HouseRule'], number: string): string {
	return rules[rule]({ number });
}

/** What a plugin that was asked did. */
export function askedText(asked: Schemas['AskedPlugin']): string {
	const who = `${asked.plugin.id} ${asked.plugin.version}`;
	const time = micros(asked.micros);
	switch (asked.outcome.kind) {
		case 'passed':
			return m.asked_passed({ who, time });
		case 'decided':
			return m.asked_decided({ who, time });
		case 'failed':
			return m.asked_failed({ who, time, why: asked.outcome.why });
		case 'not-asked':
			return m.asked_not({ who });
	}
}

function step(event: Event): Step {
	switch (event.kind) {
		case 'decided': {
			const failed = event.asked.some(({ outcome }) => outcome.kind === 'failed');
			const details = event.asked.map(askedText);
			if (event.why) details.unshift(m.trace_reason({ why: event.why }));
			if (event.unreached) details.unshift(m.trace_unreached());
			return {
				kind: 'decision',
				tone: failed ? 'warn' : 'accent',
				text: event.by
					? m.trace_decided_by({ who: event.by.id, what: decisionText(event.decision, event.to) })
					: decisionText(event.decision, event.to),
				details
			};
		}
		case 'rule':
			return { kind: 'decision', tone: 'accent', text: ruleText(event.rule, event.number), details: [] };
		case 'rings':
			return {
				kind: 'phone',
				tone: 'plain',
				text: event.trunk
					? m.trace_rings_by({ target: event.target, at: event.at, trunk: event.trunk })
					: m.trace_rings({ target: event.target, at: event.at }),
				details: []
			};
		case 'refused':
			return {
				kind: 'phone',
				tone: 'warn',
				text: m.trace_refused({ target: event.target, status: event.status }),
				details: []
			};
		case 'not-reached':
			return { kind: 'phone', tone: 'warn', text: m.trace_not_reached({ why: event.why }), details: [] };
		case 'answered':
			return { kind: 'phone', tone: 'good', text: m.answered_by({ who: event.by }), details: [] };
		case 'script-began':
			return { kind: 'script', tone: 'accent', text: m.trace_script({ script: event.script }), details: [] };
		case 'script-ended':
			return event.failed
				? {
						kind: 'script',
						tone: 'bad',
						text: m.trace_script_failed({ script: event.script, why: event.failed }),
						details: []
					}
				: {
						kind: 'script',
						tone: 'plain',
						text: m.trace_script_ended({ script: event.script }),
						details: []
					};
		case 'verb':
			return {
				kind: 'script',
				tone: 'plain',
				text: [event.verb, event.detail].filter(Boolean).join(': '),
				details: event.millis > 0 ? [m.trace_took({ time: micros(event.millis * 1000) })] : []
			};
		case 'sent-on':
			return { kind: 'phone', tone: 'plain', text: m.trace_sent_on({ to: event.to }), details: [] };
		case 'ended':
			return { kind: 'phone', tone: 'plain', text: m.trace_ended({ why: event.detail }), details: [] };
	}
}
