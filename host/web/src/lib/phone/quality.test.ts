import { expect, it } from 'vitest';
import { countsOf, qualityOf, type Counts } from './quality';
import { levelOf } from './meter';

const counts = (received: number, lost: number, jitter = 0.005, roundTrip = 0.02): Counts => ({
	received,
	lost,
	jitter,
	roundTrip
});

it('the last seconds count and not the whole call', () => {
	expect(qualityOf(counts(1_000, 0), undefined).grade).toBe('good');
	expect(qualityOf(counts(1_100, 2), counts(1_000, 0)).grade).toBe('fair');
	expect(qualityOf(counts(1_090, 10), counts(1_000, 0)).grade).toBe('poor');
	expect(qualityOf(counts(2_000, 10), counts(1_090, 10)).grade).toBe('good');
	expect(qualityOf(counts(1_000, 10), counts(1_000, 10)).loss).toBe(0);
});

it('delay and its variation count as well as loss', () => {
	expect(qualityOf(counts(100, 0, 0.05), undefined).grade).toBe('fair');
	expect(qualityOf(counts(100, 0, 0.005, 0.7), undefined).grade).toBe('poor');
	expect(qualityOf({ received: 100, lost: 0, jitter: 0.005 }, undefined)).toEqual({
		grade: 'good',
		loss: 0,
		jitter: 5
	});
});

it('what browsers count is read out of their report', () => {
	const report = [
		{ type: 'inbound-rtp', kind: 'audio', packetsReceived: 50, packetsLost: 1, jitter: 0.01, codecId: 'c' },
		{ type: 'candidate-pair', nominated: false, currentRoundTripTime: 9 },
		{ type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.03 },
		{ type: 'codec', id: 'c', mimeType: 'audio/opus' }
	];
	expect(countsOf(report)).toEqual({ received: 50, lost: 1, jitter: 0.01, roundTrip: 0.03, codec: 'opus' });
	expect(countsOf([{ type: 'outbound-rtp', kind: 'audio' }])).toBeUndefined();
});

it('a level goes from silence to full scale as the ear hears it', () => {
	expect(levelOf(new Float32Array(100))).toBe(0);
	expect(levelOf(new Float32Array(100).fill(1))).toBe(1);
	expect(levelOf(new Float32Array(100).fill(0.0316))).toBeCloseTo(0.5, 2);
});
