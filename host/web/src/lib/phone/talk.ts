// One call as JsSIP holds it, with its sound: what this telephone does with a session, and what it hears of it.
import type { IncomingEvent, OutgoingEvent, RTCSession } from 'jssip/lib/RTCSession';
import type { Dialog } from './calls';
import { countsOf, type Counts } from './quality';
import { relays } from './relays';
import { play } from './tones';

export interface TalkEvents {
	/** It rings there; with sound of its own when `early`. */
	rings: (early: boolean) => void;
	/** Both talk. */
	up: () => void;
	/** It is over; `status` is the other side's last word, if that was not a goodbye. */
	over: (status: number | undefined, byOther: boolean) => void;
	/** The other side has put us on hold, or no longer does. */
	heldThere: (held: boolean) => void;
	/** Its sound finds no way any more; or has never found one, which another try would not change. */
	broken: (ever: boolean) => void;
}

/** JsSIP refuses a change while another is under way: it is tried again so often, and in so many milliseconds. */
const TRIES = 50;
const PAUSE_MS = 100;

export class Talk {
	readonly session: RTCSession;
	#events: TalkEvents | undefined;
	#element = new Audio();
	#sink = '';
	#microphone: MediaStream | undefined;

	constructor(session: RTCSession, events: TalkEvents) {
		this.session = session;
		this.#events = events;
		if (session.connection) this.#listen(session.connection);
		else session.on('peerconnection', ({ peerconnection }) => this.#listen(peerconnection));
		session.on('icecandidate', ({ ready }) => {
			// The host learns where we are from the checks that we send: no need to wait for all candidates.
			ready();
		});
		session.on('progress', (event: IncomingEvent | OutgoingEvent) => {
			// Of a call to here JsSIP tells its own answer, which is none.
			if ('response' in event && event.response) this.#events?.rings(Boolean(event.response.body));
		});
		session.on('confirmed', () => this.#events?.up());
		session.on('hold', ({ originator }) => originator === 'remote' && this.#events?.heldThere(true));
		session.on('unhold', ({ originator }) => originator === 'remote' && this.#events?.heldThere(false));
		const over = (event: { originator: string; message?: unknown }) => {
			const status = (event.message as { status_code?: number } | undefined)?.status_code;
			this.#quiet();
			this.#events?.over(status, event.originator === 'remote');
		};
		session.on('ended', over);
		session.on('failed', over);
	}

	/** What it speaks with; it is let go with the call. */
	set microphone(stream: MediaStream) {
		this.#microphone = stream;
	}

	/** The names of its dialog; unknown before the other side has answered. */
	get dialog(): Dialog | undefined {
		const held = this.session as unknown as {
			_dialog?: { id: { call_id: string; local_tag: string; remote_tag: string } };
		};
		const id = held._dialog?.id;
		return id && { callId: id.call_id, localTag: id.local_tag, remoteTag: id.remote_tag };
	}

	answer(stream: MediaStream) {
		this.#microphone = stream;
		this.session.answer({ mediaStream: stream, pcConfig: { iceServers: relays.servers } });
	}

	/** Where it is heard, and how loud (0 to 1). */
	hear(sink: string, volume: number) {
		this.#element.volume = volume;
		if (sink === this.#sink) return;
		this.#sink = sink;
		if (this.#element.srcObject) void play(this.#element, sink);
	}

	/** Speaks with another microphone from now on. */
	async speak(stream: MediaStream) {
		const [track] = stream.getAudioTracks();
		const sender = this.session.connection?.getSenders().find(({ track }) => track?.kind === 'audio');
		if (!track || !sender) return stop(stream);
		track.enabled = sender.track?.enabled ?? true;
		await sender.replaceTrack(track);
		stop(this.#microphone);
		this.#microphone = stream;
	}

	mute(muted: boolean) {
		if (muted) this.session.mute({ audio: true });
		else this.session.unmute({ audio: true });
	}

	/** Resolves when the other side has taken it; `false` when it did not come to that. */
	async hold(held: boolean): Promise<boolean> {
		for (let tries = 0; tries < TRIES && this.session.isEstablished(); tries += 1) {
			if (this.session.isOnHold().local === held) return true;
			const asked = await new Promise<boolean>((done) => {
				const taken = () => done(true);
				const begun = held ? this.session.hold({}, taken) : this.session.unhold({}, taken);
				if (!begun) done(false);
			});
			if (asked) return true;
			await new Promise((later) => setTimeout(later, PAUSE_MS));
		}
		return false;
	}

	press(keys: string) {
		// The name of the enumeration is not part of what JsSIP exports to types.
		this.session.sendDTMF(keys, { transportType: 'RFC2833' as never, duration: 120, interToneGap: 80 });
	}

	/** Sends the other side elsewhere; whether that has worked. */
	transfer(to: string, into?: Talk): Promise<boolean> {
		return new Promise((done) => {
			const worked = () => done(true);
			const failed = () => done(false);
			const eventHandlers = { accepted: worked, failed, requestFailed: failed };
			this.session.refer(to, { eventHandlers, ...(into && { replaces: into.session }) });
		});
	}

	async counts(): Promise<Counts | undefined> {
		const stats = await this.session.connection?.getStats();
		return stats && countsOf(stats.values() as Iterable<Record<string, unknown>>);
	}

	/** Ends it; refuses it with that status where it rings here. */
	end(status?: number) {
		if (!this.session.isEnded()) this.session.terminate(status ? { status_code: status } : {});
	}

	/** Takes no further notice of what happens to it; its sound goes on. */
	ignore() {
		this.#events = undefined;
	}

	/** Lets go of everything without a word to the other side. */
	drop() {
		this.ignore();
		this.#quiet();
		this.session.connection?.close();
	}

	#listen(connection: RTCPeerConnection) {
		connection.addEventListener('track', ({ track }) => {
			this.#element.srcObject = new MediaStream([track]);
			void play(this.#element, this.#sink);
		});
		let ever = false;
		connection.addEventListener('iceconnectionstatechange', () => {
			const state = connection.iceConnectionState;
			ever ||= state === 'connected' || state === 'completed';
			if (state === 'failed') this.#events?.broken(ever);
		});
	}

	#quiet() {
		this.#element.pause();
		this.#element.srcObject = null;
		stop(this.#microphone);
	}
}

function stop(stream: MediaStream | undefined) {
	for (const track of stream?.getTracks() ?? []) track.stop();
}
