// The sounds that the telephone makes itself. No sound file: two oscillators and a rhythm.

/** Seconds of sound and of silence, turn by turn. */
type Rhythm = readonly number[];

const KINDS = {
	/** Somebody calls: two soft notes, twice. */
	ring: { hertz: [587.33, 880], rhythm: [0.4, 0.2, 0.4, 2], loud: 0.5 },
	/** It rings there (ITU-T E.180, continental Europe). */
	ringback: { hertz: [425], rhythm: [1, 4], loud: 0.12 },
	/** A second call while one talks. */
	waiting: { hertz: [425], rhythm: [0.2, 0.2, 0.2, 4], loud: 0.08 },
	/** To hear whether the loudspeaker is the right one. */
	test: { hertz: [523.25, 659.25], rhythm: [0.6, 60], loud: 0.4 }
} as const satisfies Record<string, { hertz: readonly number[]; rhythm: Rhythm; loud: number }>;

export type ToneKind = keyof typeof KINDS;

/** Keys and their two frequencies (ITU-T Q.23). */
const KEY_ROWS: Record<string, [number, number]> = {};
['123A', '456B', '789C', '*0#D'].forEach((keys, row) =>
	[...keys].forEach((key, column) => {
		KEY_ROWS[key] = [[697, 770, 852, 941][row]!, [1209, 1336, 1477, 1633][column]!];
	})
);

/** A tone that goes on until it is stopped, at an output of its own. */
export class Tone {
	#context: AudioContext;
	#element = new Audio();
	#timer: ReturnType<typeof setTimeout> | undefined;

	/** `sink` is the id of an output, empty for the usual one; `volume` from 0 to 1. */
	constructor(kind: ToneKind, sink: string, volume: number) {
		const { hertz, rhythm, loud } = KINDS[kind];
		this.#context = new AudioContext();
		const out = this.#context.createMediaStreamDestination();
		const gate = new GainNode(this.#context, { gain: 0 });
		gate.connect(out);
		for (const frequency of hertz) {
			const note = new OscillatorNode(this.#context, { frequency });
			note.connect(gate);
			note.start();
		}
		const level = (loud * volume) / hertz.length;
		const step = (at: number) => {
			gate.gain.setTargetAtTime(at % 2 === 0 ? level : 0, this.#context.currentTime, 0.015);
			const pause = rhythm[at % rhythm.length]!;
			this.#timer = setTimeout(() => step((at + 1) % rhythm.length), pause * 1_000);
		};
		step(0);
		this.#element.srcObject = out.stream;
		void play(this.#element, sink);
		// Before the first click on a page browsers keep silent.
		void this.#context.resume().catch(() => {});
	}

	stop() {
		clearTimeout(this.#timer);
		this.#element.pause();
		this.#element.srcObject = null;
		void this.#context.close().catch(() => {});
	}
}

/** Lets somebody hear the key that they press, softly. */
export function soundKey(key: string) {
	const pair = KEY_ROWS[key];
	if (!pair) return;
	const context = new AudioContext();
	const gain = new GainNode(context, { gain: 0.04 });
	gain.connect(context.destination);
	for (const frequency of pair) {
		const note = new OscillatorNode(context, { frequency });
		note.connect(gain);
		note.start();
		note.stop(context.currentTime + 0.12);
	}
	setTimeout(() => void context.close().catch(() => {}), 300);
}

/** Plays at an output, or at the usual one when that is gone or the browser has no choice of them. */
export async function play(element: HTMLAudioElement, sink: string) {
	if (sink && 'setSinkId' in element) await element.setSinkId(sink).catch(() => {});
	await element.play().catch(() => {});
}
