// Microphone, loudspeaker and ringer: which there are, which are chosen in this browser, and what keeps one from speaking.

const KEPT_AS = 'phone-devices';

export interface Chosen {
	/** Ids of devices; empty for the browser's usual one. */
	microphone: string;
	speaker: string;
	ringer: string;
	/** From 0 to 1. */
	volume: number;
	ringVolume: number;
}

/** Why there is no microphone: each has a next step of its own. */
export type Trouble = 'insecure' | 'denied' | 'missing' | 'busy';

export class NoMicrophone extends Error {
	constructor(readonly trouble: Trouble) {
		super(trouble);
		this.name = 'NoMicrophone';
	}
}

const USUAL: Chosen = { microphone: '', speaker: '', ringer: '', volume: 1, ringVolume: 0.8 };

class Devices {
	all = $state.raw<MediaDeviceInfo[]>([]);
	chosen = $state.raw<Chosen>(read());
	trouble = $state<Trouble>();

	/** Whether outputs can be chosen here. */
	readonly hasOutputs = 'setSinkId' in HTMLMediaElement.prototype;

	/** Follows what is plugged in and out. The function that it gives ends that. */
	watch(): () => void {
		void this.refresh();
		const media = navigator.mediaDevices as MediaDevices | undefined;
		const refresh = () => void this.refresh();
		media?.addEventListener('devicechange', refresh);
		return () => media?.removeEventListener('devicechange', refresh);
	}

	async refresh() {
		if (!canListen()) {
			this.trouble = 'insecure';
			return;
		}
		// Nameless ones stand for what the browser does not tell before it may use the microphone.
		this.all = (await navigator.mediaDevices.enumerateDevices()).filter(({ deviceId }) => deviceId !== '');
	}

	of(kind: MediaDeviceKind): MediaDeviceInfo[] {
		return this.all.filter((device) => device.kind === kind);
	}

	choose(change: Partial<Chosen>) {
		this.chosen = { ...this.chosen, ...change };
		localStorage.setItem(KEPT_AS, JSON.stringify(this.chosen));
	}

	/** Opens the microphone that is chosen, or the usual one when that is gone. Throws {@link NoMicrophone}. */
	async microphone(): Promise<MediaStream> {
		try {
			const stream = await this.#open();
			this.trouble = undefined;
			// Now it knows their names.
			void this.refresh();
			return stream;
		} catch (error) {
			const trouble = troubleOf(error);
			this.trouble = trouble;
			throw new NoMicrophone(trouble);
		}
	}

	async #open(): Promise<MediaStream> {
		if (!canListen()) throw new NoMicrophone('insecure');
		const { microphone } = this.chosen;
		const usual = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
		if (microphone) {
			const audio = { ...usual, deviceId: { exact: microphone } };
			const found = await navigator.mediaDevices.getUserMedia({ audio }).catch((error: unknown) => {
				if (troubleOf(error) === 'missing') return undefined;
				throw error;
			});
			if (found) return found;
		}
		return navigator.mediaDevices.getUserMedia({ audio: usual });
	}
}

export const devices = new Devices();

/** Browsers give a microphone to pages that came by HTTPS, or from this very machine. */
export function canListen(): boolean {
	return isSecureContext && 'mediaDevices' in navigator;
}

function troubleOf(error: unknown): Trouble {
	if (error instanceof NoMicrophone) return error.trouble;
	const name = error instanceof DOMException ? error.name : '';
	if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
	if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'missing';
	return 'busy';
}

function read(): Chosen {
	try {
		return { ...USUAL, ...(JSON.parse(localStorage.getItem(KEPT_AS) ?? '{}') as Partial<Chosen>) };
	} catch {
		return USUAL;
	}
}
