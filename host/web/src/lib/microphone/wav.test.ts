import { expect, it } from 'vitest';
import { RATE, trimmed, wavOf } from './wav';

const sine = (seconds: number) =>
	Float32Array.from({ length: RATE * seconds }, (_, at) => 0.5 * Math.sin((2 * Math.PI * 440 * at) / RATE));

it('a file has its length in its head and its samples held to what fits', async () => {
	const bytes = new DataView(await wavOf(Float32Array.of(0, 1, -1, 2, -2)).arrayBuffer());
	expect(bytes.byteLength).toBe(54);
	expect([bytes.getUint32(4, true), bytes.getUint32(24, true), bytes.getUint32(40, true)]).toEqual([
		46,
		RATE,
		10
	]);
	expect([0, 1, 2, 3, 4].map((at) => bytes.getInt16(44 + 2 * at, true))).toEqual([
		0, 32_767, -32_767, 32_767, -32_767
	]);
});

it('stillness at both ends goes but for a breath, and what is still altogether stays', () => {
	const spoken = new Float32Array(RATE * 4);
	spoken.set(sine(1), RATE * 2);
	const left = trimmed(spoken).length / RATE;
	expect(left).toBeGreaterThan(1.35);
	expect(left).toBeLessThan(1.45);
	expect(trimmed(sine(1)).length).toBe(RATE);
	expect(trimmed(new Float32Array(RATE)).length).toBe(RATE);
	expect(trimmed(new Float32Array(0)).length).toBe(0);
});
