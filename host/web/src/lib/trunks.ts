// A trunk between the API's settings and the form. No browser in here.
import type { Schemas } from './api/client';

export type Settings = Schemas['TrunkSettings'];

/** One range of numbers as it is typed. */
export interface NumbersForm {
	first: string;
	last: string;
	to: string;
	count_on: boolean;
}

/** A trunk as it is typed. */
export interface TrunkForm {
	name: string;
	enabled: boolean;
	server: string;
	/** `auto` has the name servers decide. */
	transport: 'auto' | 'udp' | 'tcp' | 'tls';
	/** One URI in each line. */
	further: string;
	register: NonNullable<Settings['register']>;
	user: string;
	auth_user: string;
	/** Empty to keep the one that is there. */
	password: string;
	forget_password: boolean;
	domain: string;
	outbound_proxy: string;
	expires: number | null;
	called_in: NonNullable<Settings['called_in']>;
	/** One network in each line. */
	sources: string;
	channels: number | null;
	country: string;
	area: string;
	international_prefix: string;
	national_prefix: string;
	number_format: NonNullable<Settings['number_format']>;
	identity: NonNullable<Settings['identity']>;
	caller_id: string;
	foreign_caller_id: boolean;
	ping: number | null;
	try_next_after: number | null;
	/** Names with commas between them. */
	codecs: string;
	dtmf: NonNullable<Settings['dtmf']>;
	encryption: NonNullable<Settings['encryption']>;
	session_timer: NonNullable<Settings['session_timer']>;
	session_interval: number | null;
	numbers: NumbersForm[];
}

/** A host with a transport, which most servers are. */
const PLAIN = /^sip:([^;?@<>\s]+?)(?:;transport=(udp|tcp|tls))?$/i;

/** The form of a trunk, or of a new one with what suits most providers. */
export function formOf(settings?: Settings): TrunkForm {
	const [first = '', ...further] = settings?.servers ?? [];
	const plain = PLAIN.exec(first);
	return {
		name: settings?.name ?? '',
		enabled: settings?.enabled ?? true,
		server: plain?.[1] ?? first,
		transport: (plain?.[2]?.toLowerCase() as TrunkForm['transport'] | undefined) ?? 'auto',
		further: further.join('\n'),
		register: settings ? (settings.register ?? 'no') : 'single',
		user: settings?.user ?? '',
		auth_user: settings?.auth_user ?? '',
		password: '',
		forget_password: false,
		domain: settings?.domain ?? '',
		outbound_proxy: settings?.outbound_proxy ?? '',
		expires: settings?.expires ?? 600,
		called_in: settings?.called_in ?? 'request-uri',
		sources: (settings?.sources ?? []).join('\n'),
		channels: settings?.channels ?? null,
		country: settings?.country ?? '',
		area: settings?.area ?? '',
		international_prefix: settings?.international_prefix ?? '00',
		national_prefix: settings?.national_prefix ?? '0',
		number_format: settings?.number_format ?? 'e164',
		identity: settings?.identity ?? 'p-asserted-identity',
		caller_id: settings?.caller_id ?? '',
		foreign_caller_id: settings?.foreign_caller_id ?? false,
		ping: settings?.ping ?? 60,
		try_next_after: settings?.try_next_after ?? 4,
		codecs: (settings?.codecs ?? []).join(', '),
		dtmf: settings?.dtmf ?? 'rtp',
		encryption: settings?.encryption ?? 'house',
		session_timer: settings?.session_timer ?? 'offered',
		session_interval: settings?.session_interval ?? 1800,
		numbers: (settings?.numbers ?? []).map(({ first, last, to, count_on }) => ({
			first,
			last: last ?? '',
			to: to ?? '',
			count_on: count_on ?? false
		}))
	};
}

/** Whether what stands in the server's field says all by itself. */
export const isUri = (server: string) => /^sips?:/i.test(server.trim());

/** What is sent to the API. */
export function settingsOf(form: TrunkForm): Settings {
	const text = (typed: string) => typed.trim() || null;
	const lines = (typed: string) =>
		typed
			.split(/[\n,]/)
			.map((line) => line.trim())
			.filter(Boolean);
	const server = form.server.trim();
	const transport = form.transport === 'auto' ? '' : `;transport=${form.transport}`;
	const first = isUri(server) ? server : `sip:${server}${transport}`;
	const password = form.forget_password ? '' : form.password;
	return {
		name: form.name.trim(),
		enabled: form.enabled,
		servers: [first, ...lines(form.further)],
		register: form.register,
		user: text(form.user),
		auth_user: text(form.auth_user),
		...((password || form.forget_password) && { password }),
		domain: text(form.domain),
		outbound_proxy: text(form.outbound_proxy),
		expires: form.expires ?? 0,
		called_in: form.called_in,
		sources: lines(form.sources),
		channels: form.channels ?? null,
		country: form.country.trim().replace(/^(\+|00)/, ''),
		area: form.area.trim(),
		international_prefix: form.international_prefix.trim(),
		national_prefix: form.national_prefix.trim(),
		number_format: form.number_format,
		identity: form.identity,
		caller_id: text(form.caller_id),
		foreign_caller_id: form.foreign_caller_id,
		ping: form.ping ?? 0,
		try_next_after: form.try_next_after ?? 0,
		codecs: lines(form.codecs),
		dtmf: form.dtmf,
		encryption: form.encryption,
		session_timer: form.session_timer,
		session_interval: form.session_interval ?? 0,
		numbers: form.numbers.map(({ first, last, to, count_on }) => ({
			first: first.trim(),
			last: text(last),
			to: text(to),
			count_on: count_on && to.trim() !== ''
		}))
	};
}

/** What is wrong, by the fields of the form: further servers and networks stand in one field each. */
export function errorsOf(byField: Record<string, string>): Record<string, string> {
	return Object.fromEntries(
		Object.entries(byField).map(([field, message]) => {
			const [name, place] = field.split('/');
			if (name === 'servers') return [place && place !== '0' ? 'further' : 'server', message];
			if (name === 'sources') return ['sources', message];
			return [field, message];
		})
	);
}

/** The fields that everybody fills in; all others are shown on demand. */
const FIRST = new Set(['name', 'server', 'register', 'user', 'password', 'country', 'area', 'channels']);

/** Whether something is wrong with a field that may be hidden. */
export const isAmongMore = (errors: Record<string, string>) =>
	Object.keys(errors).some((field) => !FIRST.has(field) && !field.startsWith('numbers/'));
