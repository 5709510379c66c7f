// The telephone of this browser: what pages show of it and what they can ask it to do.
import { directory } from '$lib/directory.svelte';
import { session as signedIn } from '$lib/session.svelte';
import { toasts } from '$lib/toasts.svelte';
import { m } from '$lib/paraglide/messages';
import type { RTCSession } from 'jssip/lib/RTCSession';
import { browserPhone } from './browser-phone.svelte';
import { changed, current, isUp, meant, MOST_CALLS, newCall, ringing, without, type Call } from './calls';
import { devices, NoMicrophone } from './devices.svelte';
import { forget, keep, kept } from './keep';
import { Line } from './line';
import { qualityOf, type Counts } from './quality';
import { Ringer } from './ringer';
import { Turn, type Holder } from './tabs';
import { Talk } from './talk';
import { announce, failure, troubleText } from './words.svelte';

export type Status = 'off' | 'no-number' | 'elsewhere' | 'connecting' | 'ready' | 'lost';

const NUMBER = 'phone-number';
/** How often the calls are kept and their quality is looked at. */
const BEAT_MS = 2_000;
/** A call that has not been found back after this time is over: the host has given it up as well. */
const RETURN_MS = 12_000;

class Phone {
	calls = $state.raw<Call[]>([]);
	#connection = $state<'closed' | 'connecting' | 'ready' | 'lost'>('closed');
	#holder = $state<Holder>('nobody');
	#chosen = $state(localStorage.getItem(NUMBER) ?? '');

	#line: Line | undefined;
	#talks = new Map<string, Talk>();
	#counts = new Map<string, Counts>();
	#ringer = new Ringer();
	#turn = new Turn((holder) => void this.#turnTo(holder));
	#beat: ReturnType<typeof setInterval> | undefined;
	#started = false;
	#next = 1;

	/** Own numbers, from which one can choose. */
	get numbers(): string[] {
		return signedIn.current?.numbers ?? [];
	}

	/** The number that this browser is a telephone of. */
	get number(): string | undefined {
		return this.numbers.includes(this.#chosen) ? this.#chosen : this.numbers[0];
	}

	get status(): Status {
		if (!browserPhone.on) return 'off';
		if (!this.number) return 'no-number';
		if (this.#holder === 'elsewhere') return 'elsewhere';
		return this.#connection === 'closed' ? 'connecting' : this.#connection;
	}

	get current(): Call | undefined {
		return current(this.calls);
	}

	get ringing(): Call | undefined {
		return ringing(this.calls);
	}

	/** Begins to be a telephone, if it is this tab's turn; called by the frame of all pages. */
	start() {
		if (this.#started) return;
		this.#started = true;
		void this.#turn.take();
	}

	/** Ends that, and the calls with it. */
	stop() {
		this.#started = false;
		this.#turn.leave();
		this.#holder = 'nobody';
		for (const talk of this.#talks.values()) talk.end();
		this.#line?.close();
		this.#clear();
		forget();
	}

	/** Be the telephone in place of the other tab, and go on with its calls. */
	takeHere() {
		void this.#turn.take(true);
	}

	/** Be a telephone of another of one's own numbers. */
	choose(number: string) {
		if (number === this.number) return;
		this.#chosen = number;
		localStorage.setItem(NUMBER, number);
		if (!this.#line) return;
		this.#line.close();
		this.#clear();
		void this.#open();
	}

	/** Calls somebody; whoever one talks with waits on hold. */
	async call(number: string, name = '', consults?: string): Promise<string | undefined> {
		if (this.status !== 'ready') {
			toasts.failed(this.status === 'elsewhere' ? m.phone_elsewhere() : m.phone_not_ready());
			return undefined;
		}
		if (this.calls.length >= MOST_CALLS) {
			toasts.failed(m.phone_too_many());
			return undefined;
		}
		const microphone = await this.#microphone();
		if (!microphone) return undefined;
		await this.#holdAll();
		const session = this.#line?.call(number, microphone);
		if (!session) return undefined;
		const id = this.#id();
		const call = newCall(id, 'out', number, name || directory.name(number) || '');
		this.calls = [...this.calls, consults ? { ...call, consults } : call];
		this.#attach(id, session).microphone = microphone;
		this.#changed();
		return id;
	}

	async answer(id = this.ringing?.id) {
		const talk = id && this.#talks.get(id);
		if (!id || !talk) return;
		this.#ringer.stop();
		const microphone = await this.#microphone();
		if (!microphone || this.#talks.get(id) !== talk) return;
		await this.#holdAll();
		talk.answer(microphone);
	}

	reject(id = this.ringing?.id) {
		if (id) this.#talks.get(id)?.end(486);
	}

	hangUp(id = meant(this.calls)?.id) {
		if (!id) return;
		this.#talks.get(id)?.end();
		if (this.#find(id)?.phase === 'returning') this.#remove(id);
	}

	mute(id: string, muted: boolean) {
		this.#talks.get(id)?.mute(muted);
		this.#change(id, { muted });
	}

	/** Puts a call on hold, or takes it up again; then all others wait. */
	async hold(id: string, held: boolean) {
		const call = this.#find(id);
		const talk = this.#talks.get(id);
		if (!call || !talk || !isUp(call)) return;
		if (!held) await this.#holdAll(id);
		this.#change(id, { held });
		if (!(await talk.hold(held)) && this.#find(id)) {
			this.#change(id, { held: !held });
			toasts.failed(m.phone_hold_failed());
		}
	}

	press(id: string, key: string) {
		this.#talks.get(id)?.press(key);
	}

	/** Sends whom one talks with to a number, unseen. */
	async transfer(id: string, number: string) {
		const talk = this.#talks.get(id);
		if (!talk || !this.#line) return;
		await this.#pass(id, talk, this.#line.address(number), directory.name(number) ?? number);
	}

	/** Asks somebody first; the other call waits. */
	async consult(id: string, number: string) {
		await this.call(number, '', id);
	}

	/** Brings the two together: whom one has asked, and whom it is about. */
	async complete(id: string) {
		const consultation = this.calls.find((call) => call.consults === id);
		const [about, asked] = [this.#talks.get(id), consultation && this.#talks.get(consultation.id)];
		if (!about || !asked || !consultation || !this.#line) return;
		const name = consultation.name || consultation.number;
		if (!isUp(consultation)) {
			// Nobody has answered yet: they may ring for the other one just as well.
			asked.end();
			return this.#pass(id, about, this.#line.address(consultation.number), name);
		}
		await this.#pass(id, about, this.#line.address(consultation.number), name, asked);
	}

	/** Uses other devices, in calls that are up too. */
	async devicesChanged(microphoneToo: boolean) {
		const { speaker, volume } = devices.chosen;
		for (const talk of this.#talks.values()) talk.hear(speaker, volume);
		if (!microphoneToo) return;
		for (const call of this.calls.filter(isUp)) {
			const microphone = await this.#microphone();
			if (microphone) await this.#talks.get(call.id)?.speak(microphone);
		}
	}

	async #pass(id: string, talk: Talk, to: string, name: string, into?: Talk) {
		this.#change(id, { phase: 'transferring' });
		if (await talk.transfer(to, into)) {
			toasts.done(m.phone_transferred({ name }));
			talk.end();
			into?.end();
		} else if (this.#find(id)) {
			this.#change(id, { phase: 'talking' });
			toasts.failed(m.phone_transfer_failed({ name }));
		}
	}

	async #turnTo(holder: Holder) {
		if (!this.#started) return;
		this.#holder = holder;
		if (holder === 'here') return this.#open();
		// Another tab goes on with the calls, and with what is kept of them.
		this.#line?.cut();
		for (const talk of this.#talks.values()) talk.drop();
		this.#clear();
	}

	async #open() {
		const [number, user] = [this.number, signedIn.current?.user.id];
		if (!number || user === undefined) return;
		this.#connection = 'connecting';
		const left = kept(user, number);
		this.calls = left.map(({ call }) => ({ ...call, phase: 'returning' }));
		const places = new Map(left.map(({ call, dialog }) => [call.id, dialog]));
		const line = await Line.open(number, {
			up: () => {
				if (this.#connection !== 'ready') this.#connection = 'ready';
				for (const call of this.calls.filter(({ phase }) => phase === 'returning')) {
					const place = this.#talks.get(call.id)?.dialog ?? places.get(call.id);
					if (place) void this.#return(call, place);
				}
			},
			down: () => this.#lost(),
			incoming: (session) => this.#incoming(session)
		});
		if (!this.#started || this.#holder !== 'here') return line.cut();
		this.#line = line;
		this.#beat = setInterval(() => void this.#look(), BEAT_MS);
		this.#giveUpLater();
	}

	/** The line is gone: calls that were up sound on for as long as they can, and wait to be found back. */
	#lost() {
		this.#connection = 'lost';
		for (const call of this.calls) {
			const talk = this.#talks.get(call.id);
			if (call.phase === 'talking' && talk?.dialog) {
				talk.ignore();
				this.#change(call.id, { phase: 'returning' });
			} else if (call.phase !== 'returning') {
				talk?.drop();
				this.#remove(call.id);
				if (call.direction === 'out') toasts.failed(m.phone_call_lost({ name: nameOf(call) }));
			}
		}
		this.#giveUpLater();
	}

	#giveUpLater() {
		const waiting = this.calls.filter(({ phase }) => phase === 'returning').map(({ id }) => id);
		if (waiting.length === 0) return;
		setTimeout(() => {
			for (const id of waiting) {
				const call = this.#find(id);
				if (call?.phase !== 'returning') continue;
				this.#remove(id);
				toasts.failed(m.phone_call_lost({ name: nameOf(call) }));
			}
		}, RETURN_MS);
	}

	/** Takes the place of the page that there was before, or of the connection that is gone. */
	async #return(call: Call, place: NonNullable<Talk['dialog']>) {
		const before = this.#talks.get(call.id);
		const microphone = await this.#microphone();
		const session = microphone && this.#line?.call(call.number, microphone, place);
		if (!session || this.#find(call.id)?.phase !== 'returning') return;
		const talk: Talk = new Talk(session, {
			...this.#hears(call.id),
			rings: () => {},
			up: () => {
				before?.drop();
				this.#talks.set(call.id, talk);
				this.#change(call.id, { phase: 'talking', held: false });
				if (call.muted) talk.mute(true);
				if (call.held) void this.hold(call.id, true);
			}
		});
		talk.microphone = microphone;
		talk.hear(devices.chosen.speaker, devices.chosen.volume);
		if (!before) this.#talks.set(call.id, talk);
	}

	#incoming(session: RTCSession) {
		if (this.calls.length >= MOST_CALLS) {
			session.terminate({ status_code: 486 });
			return;
		}
		const id = this.#id();
		const { uri, display_name: name } = session.remote_identity;
		const number = uri.user ?? '';
		const known = directory.name(number) ?? '';
		const call = newCall(id, 'in', number, known || (name ?? ''));
		this.calls = [...this.calls, call];
		this.#attach(id, session);
		announce(m.phone_incoming_said({ name: nameOf(call) }), true);
		this.#changed();
	}

	#attach(id: string, session: RTCSession): Talk {
		const talk = new Talk(session, this.#hears(id));
		talk.hear(devices.chosen.speaker, devices.chosen.volume);
		this.#talks.set(id, talk);
		return talk;
	}

	#hears(id: string): ConstructorParameters<typeof Talk>[1] {
		return {
			rings: (early) => this.#change(id, early ? { phase: 'ringing', early } : { phase: 'ringing' }),
			up: () => {
				const call = this.#find(id);
				this.#change(id, { phase: 'talking', since: call?.since ?? Date.now() });
				if (call) announce(m.phone_talking_said({ name: nameOf(call) }));
			},
			over: (status, byOther) => {
				const call = this.#find(id);
				this.#remove(id);
				if (!call) return;
				const why = byOther && call.direction === 'out' && !call.since ? failure(status, nameOf(call)) : '';
				if (why) toasts.failed(why);
				else announce(m.phone_over_said({ name: nameOf(call) }));
			},
			heldThere: (heldThere) => this.#change(id, { heldThere }),
			broken: (ever) => {
				if (ever) return this.#line?.renew();
				toasts.failed(m.phone_no_way());
				this.hangUp(id);
			}
		};
	}

	async #microphone(): Promise<MediaStream | undefined> {
		try {
			return await devices.microphone();
		} catch (error) {
			if (error instanceof NoMicrophone) toasts.failed(troubleText(error.trouble));
			else throw error;
			return undefined;
		}
	}

	async #holdAll(but?: string) {
		const others = this.calls.filter((call) => isUp(call) && !call.held && call.id !== but);
		await Promise.all(others.map((call) => this.hold(call.id, true)));
	}

	async #look() {
		this.#keep();
		for (const call of this.calls.filter(isUp)) {
			const now = await this.#talks.get(call.id)?.counts();
			if (!now) continue;
			const before = this.#counts.get(call.id);
			this.#counts.set(call.id, now);
			if (before && !call.held) this.#change(call.id, { quality: qualityOf(now, before) });
		}
	}

	#keep() {
		const user = signedIn.current?.user.id;
		if (user === undefined || !this.number || this.#holder !== 'here') return;
		const calls = this.calls.flatMap((call) => {
			const dialog = call.phase === 'talking' ? this.#talks.get(call.id)?.dialog : undefined;
			return dialog ? [{ call, dialog }] : [];
		});
		// What waits to be found back is kept as it was.
		if (calls.length > 0 || !this.calls.some(({ phase }) => phase === 'returning'))
			keep(user, this.number, calls);
	}

	#find(id: string): Call | undefined {
		return this.calls.find((call) => call.id === id);
	}

	#change(id: string, change: Partial<Call>) {
		this.calls = changed(this.calls, id, change);
		this.#changed();
	}

	#remove(id: string) {
		this.#talks.delete(id);
		this.#counts.delete(id);
		this.calls = without(this.calls, id);
		this.#changed();
	}

	#changed() {
		this.#ringer.follow(this.calls);
		this.#keep();
	}

	#clear() {
		clearInterval(this.#beat);
		this.#line = undefined;
		this.#talks.clear();
		this.#counts.clear();
		this.calls = [];
		this.#connection = 'closed';
		this.#ringer.stop();
	}

	#id(): string {
		return `${Date.now().toString(36)}-${this.#next++}`;
	}
}

/** Whoever is at the other end, by name or by number. */
export function nameOf({ name, number }: Call): string {
	return name || number || m.anonymous();
}

export const phone = new Phone();
