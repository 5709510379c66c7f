// How loud somebody speaks, to see whether the microphone hears them.

/** Times a second that the level is told. */
const RATE = 12;

export class Meter {
	#context = new AudioContext();
	#stream: MediaStream;
	#timer: ReturnType<typeof setInterval>;

	/** Tells the level from 0 to 1 until it is stopped; then the microphone is let go. */
	constructor(stream: MediaStream, tell: (level: number) => void) {
		this.#stream = stream;
		const analyser = new AnalyserNode(this.#context, { fftSize: 1024 });
		this.#context.createMediaStreamSource(stream).connect(analyser);
		const samples = new Float32Array(analyser.fftSize);
		this.#timer = setInterval(() => {
			analyser.getFloatTimeDomainData(samples);
			tell(levelOf(samples));
		}, 1_000 / RATE);
	}

	stop() {
		clearInterval(this.#timer);
		for (const track of this.#stream.getTracks()) track.stop();
		void this.#context.close().catch(() => {});
	}
}

/** Loudness of samples on a scale of 0 (−60 dB) to 1 (full scale), as the ear has it. */
export function levelOf(samples: Float32Array): number {
	const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / (samples.length || 1);
	const decibels = 10 * Math.log10(Math.max(power, 1e-9));
	return Math.min(1, Math.max(0, (decibels + 60) / 60));
}
