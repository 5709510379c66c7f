import { describe, expect, it } from 'vitest';
import { arrowText, beginning, isRefusal, lines, localMoment, momentOf, since, type Trace } from './trace';

const trace: Trace = {
	dialogs: [{ call_id: 'a', with: '100' }],
	entries: [
		{
			at: 2,
			event: {
				kind: 'decided',
				decision: 'ring',
				to: 'ext:101 (20 s)',
				by: { id: 'org.example.plan', version: '1.2.0' },
				why: 'Office hours',
				asked: [
					{
						plugin: { id: 'org.example.crm', version: '3.0.0' },
						outcome: { kind: 'failed', why: 'it trapped' },
						micros: 900
					},
					{ plugin: { id: 'org.example.plan', version: '1.2.0' }, outcome: { kind: 'decided' }, micros: 64 }
				],
				micros: 970,
				unreached: false
			}
		},
		{ at: 9, event: { kind: 'ended', cause: 'busy', detail: 'the called phone said 486' } }
	],
	messages: [
		{
			at: 2,
			dialog: 0,
			sent: false,
			transport: 'UDP',
			remote: '192.0.2.1:5060',
			text: 'INVITE sip:101@h SIP/2.0\nCSeq: 1 INVITE'
		},
		{
			at: 8,
			dialog: 0,
			sent: true,
			transport: 'UDP',
			remote: '192.0.2.1:5060',
			text: 'SIP/2.0 486 Busy Here'
		}
	],
	left_out: 0
};

describe('trace', () => {
	it('makes one line of time in which a message comes before what it led to', () => {
		const found = lines(trace);
		expect(found.map(({ kind, tone }) => [kind, tone])).toEqual([
			['sip', 'plain'],
			['decision', 'warn'],
			['sip', 'warn'],
			['phone', 'plain']
		]);
	});

	it('says who decided, why, and who was asked in vain', () => {
		const decision = lines(trace)[1]!;
		expect(decision.text).toContain('org.example.plan');
		expect(decision.text).toContain('ext:101 (20 s)');
		expect(decision.details).toHaveLength(3);
		expect(decision.details[0]).toContain('Office hours');
		expect(decision.details[1]).toContain('it trapped');
	});

	it('reads back the moment that a field shows, to the minute', () => {
		const at = new Date(2026, 11, 24, 18, 5).getTime();
		expect(localMoment(at)).toBe('2026-12-24T18:05');
		expect(momentOf(localMoment(at))).toBe(at);
		expect(momentOf('nonsense')).toBeUndefined();
	});

	it('writes on an arrow what the message is', () => {
		expect(trace.messages.map(({ text }) => arrowText(text))).toEqual(['INVITE', '486 Busy Here']);
	});

	it('counts time from the first message, and takes no challenge for a refusal', () => {
		expect(beginning(trace, 3)).toBe(2);
		expect(since(2, 1_502)).toBe('+1.500 s');
		expect(isRefusal('SIP/2.0 401 Unauthorized')).toBe(false);
		expect(isRefusal('SIP/2.0 407 Proxy Authentication Required')).toBe(false);
		expect(isRefusal('SIP/2.0 486 Busy Here')).toBe(true);
	});
});
