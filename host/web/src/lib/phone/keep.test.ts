import { beforeEach, expect, it } from 'vitest';
import { newCall } from './calls';
import { forget, keep, kept } from './keep';

const calls = [
	{ call: newCall('a', 'out', '101', ''), dialog: { callId: 'x', localTag: '1', remoteTag: '2' } }
];
beforeEach(() => forget());

it('calls are found again by the same person at the same number, for a while', () => {
	keep(7, '200', calls, 1_000_000);
	expect(kept(7, '200', 1_011_000)).toEqual(calls);
	expect(kept(7, '200', 1_013_000)).toEqual([]);
	expect(kept(8, '200', 1_001_000)).toEqual([]);
	expect(kept(7, '201', 1_001_000)).toEqual([]);
});

it('when there are none any more nothing is kept, and nonsense is not believed', () => {
	keep(7, '200', calls, 1_000_000);
	keep(7, '200', [], 1_000_500);
	expect(kept(7, '200', 1_000_600)).toEqual([]);
	localStorage.setItem('phone-calls', '{"user":7,"number":"200","at":1000000,"calls":5}');
	expect(kept(7, '200', 1_000_600)).toEqual([]);
	localStorage.setItem('phone-calls', '{');
	expect(kept(7, '200', 1_000_600)).toEqual([]);
});
