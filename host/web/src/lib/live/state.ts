// What is known of the running system, and how each message changes it. No browser in here.
import type { Schemas } from '$lib/api/client';

export type LiveCall = Schemas['LiveCall'];
export type Conference = Schemas['Conference'];
export type Registration = Schemas['Registration'];
export type PluginStatus = Schemas['PluginStatus'];
export type Availability = Schemas['Availability'];
export type PhoneState = Schemas['PhoneState'];
export type Snapshot = Schemas['Snapshot'];
export type Event = Schemas['Event'];
export type Message = Event | { type: 'snapshot'; data: Snapshot };

export interface LiveState {
	/** Names the run of the server that `seq` counts in. */
	run: string;
	/** Number of the newest event seen. */
	seq: number;
	/** Server time minus browser time, in milliseconds. */
	skew: number;
	/** Oldest first. */
	calls: LiveCall[];
	/** Oldest first; for admins alone. */
	conferences: Conference[];
	/** By extension. */
	registrations: Registration[];
	/** Routing plugins first, in their order. */
	plugins: PluginStatus[];
	/** What telephones do that have changed since the snapshot, by number. */
	phones: Record<string, PhoneState>;
	/** Where people are who have moved since the snapshot, by number. */
	whereabouts: Record<string, Availability>;
	/** The same by the person's id. */
	people: Record<number, Availability>;
	/** Rises when users or extensions have changed. */
	directory: number;
	/** Rises when a source was banned or let in again. */
	bans: number;
	/** Rises when a trunk stands in another way, or is set up in another. */
	trunks: number;
	/** Rises when a schedule was set up in another way, or somebody has decided what holds. */
	schedules: number;
	/** Rises when a call record was stored. */
	records: number;
	/** Rises when plugins bring other pages. */
	pages: number;
	/** Plugins to be read again. */
	stalePlugins: string[];
}

export const nothing: LiveState = {
	run: '',
	seq: 0,
	skew: 0,
	calls: [],
	conferences: [],
	registrations: [],
	plugins: [],
	phones: {},
	whereabouts: {},
	people: {},
	directory: 0,
	bans: 0,
	trunks: 0,
	schedules: 0,
	records: 0,
	pages: 0,
	stalePlugins: []
};

/** The state after some messages; `now` is the browser's clock. */
export function apply(state: LiveState, messages: Message[], now: number): LiveState {
	return messages.reduce((state, message) => step(state, message, now), state);
}

function step(state: LiveState, message: Message, now: number): LiveState {
	if (message.type === 'snapshot') {
		const { run, seq, now: theirs, calls, conferences, registrations, plugins } = message.data;
		// What was missed is unknown, so everything that is read by request is read again.
		const { directory, bans, trunks, schedules, records, pages } = state;
		return {
			run,
			seq,
			skew: theirs - now,
			calls,
			conferences,
			registrations,
			plugins,
			phones: {},
			whereabouts: {},
			people: {},
			directory: directory + 1,
			bans: bans + 1,
			trunks: trunks + 1,
			schedules: schedules + 1,
			records: records + 1,
			pages: pages + 1,
			stalePlugins: []
		};
	}
	// An event that a snapshot contains already.
	if (message.seq <= state.seq) return state;
	const seen = { ...state, seq: message.seq };
	switch (message.type) {
		case 'call':
			return { ...seen, calls: withCall(state.calls, message.data) };
		case 'call-ended':
			return { ...seen, calls: state.calls.filter((call) => call.id !== message.data.id) };
		case 'call-recorded':
			return { ...seen, records: state.records + 1 };
		case 'conference':
			return { ...seen, conferences: withConference(state.conferences, message.data) };
		case 'conference-speaker': {
			const { id, speaker } = message.data;
			const told = (c: Conference) => (c.id === id ? { ...c, speaker: speaker ?? null } : c);
			return { ...seen, conferences: state.conferences.map(told) };
		}
		case 'conference-ended':
			return { ...seen, conferences: state.conferences.filter((c) => c.id !== message.data.id) };
		case 'registered':
			return { ...seen, registrations: withRegistration(state.registrations, message.data) };
		case 'unregistered': {
			const { extension, contact } = message.data;
			const stays = (r: Registration) => r.extension !== extension || r.contact !== contact;
			return { ...seen, registrations: state.registrations.filter(stays) };
		}
		case 'phone': {
			const { extension, state: phone } = message.data;
			return { ...seen, phones: { ...state.phones, [extension]: phone } };
		}
		case 'availability': {
			const { user, numbers, availability } = message.data;
			const moved = Object.fromEntries(numbers.map((number) => [number, availability]));
			const people = user == null ? state.people : { ...state.people, [user]: availability };
			return { ...seen, people, whereabouts: { ...state.whereabouts, ...moved } };
		}
		case 'directory-changed':
			return { ...seen, directory: state.directory + 1 };
		case 'bans-changed':
			return { ...seen, bans: state.bans + 1 };
		case 'trunk':
		case 'trunks-changed':
			return { ...seen, trunks: state.trunks + 1 };
		case 'schedules-changed':
			return { ...seen, schedules: state.schedules + 1 };
		case 'pages-changed':
			return { ...seen, pages: state.pages + 1 };
		case 'plugin-changed': {
			const { id } = message.data;
			return { ...seen, stalePlugins: [...state.stalePlugins.filter((other) => other !== id), id] };
		}
		default:
			// A newer server may know more events than this page.
			return seen;
	}
}

/** A call keeps its place when it changes, so that rows do not jump under the pointer. */
function withCall(calls: LiveCall[], call: LiveCall): LiveCall[] {
	const at = calls.findIndex((other) => other.id === call.id);
	if (at >= 0) return calls.with(at, call);
	const next = [...calls, call];
	return next.sort((a, b) => a.started - b.started || a.id.localeCompare(b.id));
}

function withConference(conferences: Conference[], conference: Conference): Conference[] {
	const at = conferences.findIndex((other) => other.id === conference.id);
	return at >= 0 ? conferences.with(at, conference) : [...conferences, conference];
}

function withRegistration(registrations: Registration[], registration: Registration): Registration[] {
	const same = (r: Registration) =>
		r.extension === registration.extension && r.contact === registration.contact;
	const at = registrations.findIndex(same);
	if (at >= 0) return registrations.with(at, registration);
	const next = [...registrations, registration];
	return next.sort((a, b) => byNumber(a.extension, b.extension) || a.since - b.since);
}

/** Telephone numbers in the order of a list: short ones first. */
export function byNumber(a: string, b: string): number {
	return a.length - b.length || a.localeCompare(b);
}
