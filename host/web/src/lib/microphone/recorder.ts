// What a microphone hears, until it is stopped, as one file.

import { devices } from '$lib/phone/devices.svelte';
import { Meter } from '$lib/phone/meter';
import { RATE, trimmed, wavOf } from './wav';

export class Recorder {
	#stream: MediaStream;
	#recorder: MediaRecorder;
	#parts: Blob[] = [];
	#meter: Meter;

	private constructor(stream: MediaStream, tell: (level: number) => void) {
		this.#stream = stream;
		this.#meter = new Meter(stream, tell);
		this.#recorder = new MediaRecorder(stream, { audioBitsPerSecond: 128_000 });
		this.#recorder.ondataavailable = ({ data }) => this.#parts.push(data);
		// Pieces, so that what is there is there when the microphone is pulled out.
		this.#recorder.start(1_000);
	}

	/** Begins, with the microphone that is chosen on the page *Phone*; tells how loud it is, from 0 to 1. Throws `NoMicrophone`. */
	static async begin(tell: (level: number) => void): Promise<Recorder> {
		return new Recorder(await devices.microphone(), tell);
	}

	/** Ends it and gives what was heard, as a WAV file; undefined when that was nothing. */
	async end(): Promise<Blob | undefined> {
		const over = new Promise((resolve) => (this.#recorder.onstop = resolve));
		if (this.#recorder.state !== 'inactive') {
			this.#recorder.stop();
			await over;
		}
		this.drop();
		const heard = await new Blob(this.#parts).arrayBuffer();
		if (heard.byteLength === 0) return undefined;
		// Browsers record in containers of their own, which they read themselves.
		const context = new OfflineAudioContext(1, 1, RATE);
		const sound = await context.decodeAudioData(heard).catch(() => undefined);
		if (!sound || sound.length === 0) return undefined;
		return wavOf(trimmed(oneTrack(sound)));
	}

	/** Lets the microphone go; what was heard is thrown away unless {@link end} has taken it. */
	drop() {
		if (this.#recorder.state !== 'inactive') this.#recorder.stop();
		this.#meter.stop();
		for (const track of this.#stream.getTracks()) track.stop();
	}
}

function oneTrack(sound: AudioBuffer): Float32Array {
	const tracks = Array.from({ length: sound.numberOfChannels }, (_, at) => sound.getChannelData(at));
	const [only] = tracks;
	if (only && tracks.length === 1) return only;
	return Float32Array.from(
		{ length: sound.length },
		(_, at) => tracks.reduce((sum, track) => sum + (track[at] ?? 0), 0) / tracks.length
	);
}
