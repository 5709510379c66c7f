import { describe, expect, it } from 'vitest';
import {
	apply,
	byNumber,
	nothing,
	type Conference,
	type Event,
	type LiveCall,
	type Message,
	type Registration
} from './state';

const call = (id: string, started: number, state: LiveCall['state'] = 'ringing'): LiveCall => ({
	id,
	started,
	state,
	direction: 'internal',
	caller: { number: '100', name: '', extension: '100' },
	callee: { number: '101', name: '', extension: '101' },
	recording: 'off'
});
const phone = (extension: string, contact: string, since = 1): Registration => ({
	extension,
	contact,
	since,
	source: '192.0.2.1:5060',
	transport: 'udp',
	user_agent: '',
	expires: 100
});
const event = (seq: number, rest: Partial<Event>) => ({ seq, at: 0, ...rest }) as Event;
const snapshot = (seq: number, calls: LiveCall[] = []): Message => ({
	type: 'snapshot',
	data: {
		run: 'a',
		seq,
		now: 5_000,
		calls,
		conferences: [],
		registrations: [phone('100', 'sip:a')],
		plugins: []
	}
});

describe('the live state', () => {
	it('begins with a snapshot and tells the two clocks apart', () => {
		const state = apply(nothing, [snapshot(7, [call('c-1', 1)])], 4_000);
		expect(state).toMatchObject({ run: 'a', seq: 7, skew: 1_000, directory: 1, records: 1 });
		expect(state.calls.map((c) => c.id)).toEqual(['c-1']);
	});

	it('ignores events that the snapshot contains already', () => {
		const late = event(7, { type: 'call-ended', data: { id: 'c-1' } });
		expect(apply(nothing, [snapshot(7, [call('c-1', 1)]), late], 0).calls).toHaveLength(1);
	});

	it('keeps a call in its place while it changes and drops it at its end', () => {
		const begin = apply(nothing, [snapshot(1, [call('c-1', 1), call('c-2', 2)])], 0);
		const talking = apply(begin, [event(2, { type: 'call', data: call('c-1', 1, 'talking') })], 0);
		expect(talking.calls.map((c) => [c.id, c.state])).toEqual([
			['c-1', 'talking'],
			['c-2', 'ringing']
		]);
		const more = apply(talking, [event(3, { type: 'call', data: call('c-0', 0) })], 0);
		expect(more.calls.map((c) => c.id)).toEqual(['c-0', 'c-1', 'c-2']);
		const ended = apply(more, [event(4, { type: 'call-ended', data: { id: 'c-1' } })], 0);
		expect(ended.calls.map((c) => c.id)).toEqual(['c-0', 'c-2']);
	});

	it('follows who speaks in a conference, and forgets it at its end', () => {
		const conference = { id: 3, title: 'Sales', speaker: null, members: [] } as unknown as Conference;
		const begun = apply(nothing, [snapshot(1), event(2, { type: 'conference', data: conference })], 0);
		const spoken = apply(
			begun,
			[
				event(3, { type: 'conference-speaker', data: { id: 3, speaker: 2 } }),
				event(4, { type: 'conference-speaker', data: { id: 4, speaker: 9 } })
			],
			0
		);
		expect(spoken.conferences).toEqual([{ ...conference, speaker: 2 }]);
		const ended = apply(spoken, [event(5, { type: 'conference-ended', data: { id: 3 } })], 0);
		expect(ended.conferences).toEqual([]);
	});

	it('knows one phone of an extension from another', () => {
		const begin = apply(nothing, [snapshot(1)], 0);
		const two = apply(begin, [event(2, { type: 'registered', data: phone('99', 'sip:b') })], 0);
		const three = apply(two, [event(3, { type: 'registered', data: phone('100', 'sip:c', 9) })], 0);
		expect(three.registrations.map((r) => r.contact)).toEqual(['sip:b', 'sip:a', 'sip:c']);
		const gone = { type: 'unregistered', data: { extension: '100', contact: 'sip:a' } } as const;
		expect(apply(three, [event(4, gone)], 0).registrations.map((r) => r.contact)).toEqual(['sip:b', 'sip:c']);
	});

	it('remembers once that a plugin must be read again, and counts what lists depend on', () => {
		const changed = (seq: number, id: string) => event(seq, { type: 'plugin-changed', data: { id } });
		const state = apply(
			nothing,
			[
				snapshot(1),
				changed(2, 'x'),
				changed(3, 'y'),
				changed(4, 'x'),
				event(5, { type: 'directory-changed' })
			],
			0
		);
		expect(state.stalePlugins).toEqual(['y', 'x']);
		expect(state.directory).toBe(2);
		expect(state.seq).toBe(5);
	});

	it('knows where people are who have moved, by person and by number', () => {
		const lunch = { state: 'lunch', note: '', until: null, hide_detail: false, since: 1 } as const;
		const moved = {
			type: 'availability' as const,
			data: { user: 7, numbers: ['100', '101'], availability: lunch }
		};
		const rings = { type: 'phone', data: { extension: '101', state: 'ringing' } } as const;
		const state = apply(nothing, [snapshot(1), event(2, moved), event(3, rings)], 0);
		expect(state.people[7]).toEqual(lunch);
		expect(Object.keys(state.whereabouts)).toEqual(['100', '101']);
		expect(state.phones).toEqual({ '101': 'ringing' });
		expect(apply(state, [snapshot(9)], 0)).toMatchObject({ phones: {}, whereabouts: {}, people: {} });
	});

	it('steps over events of a newer server', () => {
		const odd = event(2, { type: 'weather' as 'directory-changed' });
		expect(apply(nothing, [snapshot(1), odd], 0).seq).toBe(2);
	});
});

it('short numbers come first', () => {
	expect(['1000', '101', '20'].sort(byNumber)).toEqual(['20', '101', '1000']);
});
