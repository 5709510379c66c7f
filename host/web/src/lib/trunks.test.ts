import { describe, expect, it } from 'vitest';
import { errorsOf, formOf, isAmongMore, settingsOf, type Settings } from './trunks';

const settings: Settings = {
	name: 'office',
	enabled: false,
	servers: ['sip:sip.carrier.example;transport=tls', 'sip:192.0.2.9'],
	outbound_proxy: null,
	domain: 'carrier.example',
	user: 'acme',
	auth_user: null,
	register: 'bulk',
	expires: 900,
	called_in: 'to',
	sources: ['192.0.2.0/28', '198.51.100.1'],
	channels: 4,
	country: '49',
	area: '30',
	international_prefix: '00',
	national_prefix: '0',
	number_format: 'national',
	identity: 'from',
	caller_id: '+4930123000',
	foreign_caller_id: true,
	ping: 0,
	try_next_after: 2,
	codecs: ['PCMA', 'opus'],
	dtmf: 'info',
	encryption: 'required',
	session_timer: 'required',
	session_interval: 600,
	numbers: [{ first: '+4930123000', last: null, to: '100', count_on: false }]
};

describe('the form of a trunk', () => {
	it('gives back what it was made of, and no password', () => {
		const form = formOf(settings);
		expect([form.server, form.transport, form.further]).toEqual([
			'sip.carrier.example',
			'tls',
			'sip:192.0.2.9'
		]);
		expect(settingsOf(form)).toEqual(settings);
	});

	it('sends a password that was typed, and an empty one to take it away', () => {
		expect(settingsOf({ ...formOf(settings), password: 'x y' }).password).toBe('x y');
		expect(settingsOf({ ...formOf(settings), forget_password: true }).password).toBe('');
	});

	it('takes a host, a host with a transport, or a whole address', () => {
		const server = (server: string, transport: 'auto' | 'tcp' = 'auto') =>
			settingsOf({ ...formOf(), server, transport }).servers[0];
		expect(server(' carrier.example:5070 ')).toBe('sip:carrier.example:5070');
		expect(server('carrier.example', 'tcp')).toBe('sip:carrier.example;transport=tcp');
		expect(server('sips:carrier.example', 'tcp')).toBe('sips:carrier.example');
		const whole = { ...settings, servers: ['sip:carrier.example;lr;transport=tcp'] };
		expect(settingsOf(formOf(whole)).servers).toEqual(whole.servers);
	});

	it('takes a country code as people write it', () => {
		const country = (country: string) => settingsOf({ ...formOf(), country }).country;
		expect(['+49', '0049', '49', ''].map(country)).toEqual(['49', '49', '49', '']);
	});

	it('says what is wrong at the field where it was typed', () => {
		const errors = errorsOf({ 'servers/0': 'a', 'servers/1': 'b', 'sources/3': 'c', 'numbers/0/to': 'd' });
		expect(errors).toEqual({ server: 'a', further: 'b', sources: 'c', 'numbers/0/to': 'd' });
		expect(isAmongMore({ server: 'a', 'numbers/0/to': 'd' })).toBe(false);
		expect(isAmongMore(errors)).toBe(true);
	});
});
