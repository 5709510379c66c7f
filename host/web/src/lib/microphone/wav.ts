// Sound as a WAV file: what a browser has recorded in a container of its own is sent in a form that every host reads.

/** Samples a second of what is made: what prompts are kept at. */
export const RATE = 16_000;

/** Octets before the samples. */
const HEADER = 44;

/** A file of one track of 16 bits. Samples are from −1 to 1; what is beyond is held to that. */
export function wavOf(samples: Float32Array, rate = RATE): Blob {
	const file = new DataView(new ArrayBuffer(HEADER + samples.length * 2));
	const text = (at: number, letters: string) =>
		[...letters].forEach((letter, place) => file.setUint8(at + place, letter.charCodeAt(0)));
	text(0, 'RIFF');
	file.setUint32(4, file.byteLength - 8, true);
	text(8, 'WAVEfmt ');
	file.setUint32(16, 16, true);
	// PCM, one track.
	file.setUint16(20, 1, true);
	file.setUint16(22, 1, true);
	file.setUint32(24, rate, true);
	file.setUint32(28, rate * 2, true);
	file.setUint16(32, 2, true);
	file.setUint16(34, 16, true);
	text(36, 'data');
	file.setUint32(40, samples.length * 2, true);
	samples.forEach((sample, at) => {
		const held = Math.max(-1, Math.min(1, sample));
		file.setInt16(HEADER + at * 2, Math.round(held * 32_767), true);
	});
	return new Blob([file.buffer], { type: 'audio/wav' });
}

/** The samples without the stillness at both ends, but for a breath of it: nobody begins to speak as they press a button. */
export function trimmed(samples: Float32Array, rate = RATE): Float32Array {
	const frame = Math.round(rate / 100);
	const breath = Math.round(rate / 5);
	/** −50 dB of full scale. */
	const still = 0.003;
	const loud = (at: number) => {
		const part = samples.subarray(at, at + frame);
		return Math.sqrt(part.reduce((sum, sample) => sum + sample * sample, 0) / (part.length || 1)) > still;
	};
	let first = 0;
	while (first + frame < samples.length && !loud(first)) first += frame;
	let last = samples.length;
	while (last - frame > first && !loud(last - frame)) last -= frame;
	// Nothing was loud: then it is kept as it is, for whoever wants to hear that.
	if (last - first <= frame) return samples;
	return samples.subarray(Math.max(0, first - breath), Math.min(samples.length, last + breath));
}
