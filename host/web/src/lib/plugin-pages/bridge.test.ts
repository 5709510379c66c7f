import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { addressIn, Bridge, type Shell } from './bridge';

const PLUGIN = 'org.example.notes';
const ROOT = `/api/v1/plugins/${PLUGIN}/web/`;

/** A page that sends what the test wants, and keeps what it is told. */
function page(shell: Partial<Shell> = {}) {
	let now = 0;
	const told: Record<string, unknown>[] = [];
	const port = {
		onmessage: null as ((event: { data: unknown }) => void) | null,
		postMessage: (message: Record<string, unknown>) => void told.push(message),
		close: vi.fn()
	};
	const whole: Shell = {
		toast: vi.fn(),
		confirm: vi.fn(async () => true),
		title: vi.fn(),
		size: vi.fn(),
		navigate: vi.fn(() => true),
		call: vi.fn(async () => true),
		stop: vi.fn(),
		signedOut: vi.fn(),
		...shell
	};
	const bridge = new Bridge(port as unknown as MessagePort, PLUGIN, whole, () => now);
	const send = async (data: unknown) => {
		port.onmessage?.({ data });
		await new Promise((done) => setTimeout(done));
	};
	return { bridge, told, shell: whole, send, wait: (ms: number) => (now += ms) };
}

const asked = vi.fn<(url: string, options: RequestInit) => Promise<Response>>();
beforeEach(() => {
	asked.mockImplementation(
		async () => new Response('{"a":1}', { headers: { 'content-type': 'application/json' } })
	);
	vi.stubGlobal('fetch', asked);
});
afterEach(() => {
	asked.mockReset();
	vi.unstubAllGlobals();
});

describe('addresses', () => {
	test('are below the plugin', () => {
		expect(addressIn(PLUGIN, '/notes/7?q=a b')).toBe(`${ROOT}notes/7?q=a%20b`);
		expect(addressIn(PLUGIN, '/')).toBe(ROOT);
		expect(addressIn(PLUGIN, '/a/../b')).toBe(`${ROOT}b`);
		expect(addressIn(PLUGIN, '/x#y')).toBe(`${ROOT}x`);
	});

	test('never lead out of it', () => {
		for (const path of [
			'/../../other/web/x',
			'/%2e%2e/%2e%2e/other/web/x',
			'/..\\..\\..\\users',
			'/a/../../..',
			'notes',
			'https://evil.example/',
			''
		])
			expect(() => addressIn(PLUGIN, path), path).toThrow();
		// Two slashes name no other host, since there is a path before them.
		expect(addressIn(PLUGIN, '//evil.example/x')).toBe(`${ROOT}/evil.example/x`);
	});
});

test('a request goes to the plugin with our header and without what pages may not say', async () => {
	const { told, send } = page();
	const headers = { 'Content-Type': 'text/plain', Cookie: 'x=1', 'X-Jackfield': '0', accept: 'a\nb' };
	await send({ id: 1, type: 'fetch', path: '/notes', method: 'post', headers, body: 'hello' });
	const [url, options] = asked.mock.calls[0]!;
	expect(url).toBe(`${ROOT}notes`);
	expect(options.method).toBe('POST');
	expect(options.headers).toEqual({ 'content-type': 'text/plain', 'X-Jackfield': '1' });
	expect(options.body).toBe('hello');
	const value = told[0]!['value'] as { status: number; headers: object; body: ArrayBuffer };
	expect([told[0]!['id'], value.status, value.headers]).toEqual([
		1,
		200,
		{ 'content-type': 'application/json' }
	]);
	expect(new TextDecoder().decode(value.body)).toBe('{"a":1}');
});

test('what makes no sense is refused and never sent', async () => {
	const { told, send, shell } = page();
	for (const message of [
		{ id: 1, type: 'fetch', path: 7 },
		{ id: 2, type: 'fetch', path: '/x', method: 'TRACE' },
		{ id: 3, type: 'fetch', path: '/x', method: 'PUT', body: { evil: true } },
		{ id: 4, type: 'fetch', path: '/x', method: 'PUT', body: new ArrayBuffer(1024 * 1024 + 1) },
		{ id: 5, type: 'eval', text: 'alert(1)' },
		{ id: 6, type: 'call', number: '100;rm' },
		{ id: 7, type: 'navigate', to: 'https://evil.example' },
		{ id: 8, type: 'size', height: Infinity }
	])
		await send(message);
	for (const junk of [null, 7, 'x', [], { type: '__proto__' }]) await send(junk);
	expect(told.map((message) => [message['id'], (message['error'] as { kind: string }).kind])).toEqual(
		[1, 2, 3, 4, 5, 6, 7, 8].map((id) => [id, 'invalid'])
	);
	expect(asked).not.toHaveBeenCalled();
	expect(shell.size).not.toHaveBeenCalled();
	expect(shell.call).not.toHaveBeenCalled();
});

test('texts are cut to their length', async () => {
	const { send, shell } = page();
	await send({ type: 'title', text: 'x'.repeat(100) });
	expect(shell.title).toHaveBeenCalledWith(`${'x'.repeat(59)}…`);
	await send({ type: 'toast', text: 'done', tone: 'evil' });
	expect(shell.toast).toHaveBeenCalledWith('done', 'done');
});

test('eight requests are under way, some wait, and more are refused', async () => {
	let release = () => {};
	const gate = new Promise<void>((done) => (release = done));
	asked.mockImplementation(() => gate.then(() => new Response('')));
	const { told, send } = page();
	for (let id = 1; id <= 45; id++) await send({ id, type: 'fetch', path: '/x' });
	expect(asked).toHaveBeenCalledTimes(8);
	expect(told.map((message) => (message['error'] as { kind: string }).kind)).toEqual(Array(5).fill('busy'));
	release();
	await vi.waitFor(() => expect(told.length).toBe(45));
	expect(asked).toHaveBeenCalledTimes(40);
});

test('a burst is served, a page that never stops is stopped', async () => {
	const { send, shell, wait } = page();
	for (let n = 0; n < 60; n++) await send({ type: 'size', height: n });
	expect(shell.size).toHaveBeenCalledTimes(60);
	await send({ type: 'size', height: 1 });
	expect(shell.size).toHaveBeenCalledTimes(60);
	wait(1000);
	await send({ type: 'size', height: 1 });
	expect(shell.size).toHaveBeenCalledTimes(61);
	for (let n = 0; n < 300; n++) await send({ type: 'size', height: n });
	expect(shell.stop).toHaveBeenCalled();
});

test('questions cannot be asked without end', async () => {
	const { send, shell, told } = page();
	for (let id = 1; id <= 7; id++)
		await send({ id, type: 'confirm', title: 'Sure?', text: 'Really?', act: 'Do it' });
	expect(shell.confirm).toHaveBeenCalledTimes(5);
	expect(told.filter((message) => message['error']).length).toBe(2);
});

test('when the page is gone nothing is done or told any more', async () => {
	const { bridge, send, told, shell } = page();
	bridge.close();
	await send({ id: 1, type: 'toast', text: 'hello' });
	expect(shell.toast).not.toHaveBeenCalled();
	expect(told).toEqual([]);
});

test('a session that is over is noticed', async () => {
	asked.mockImplementation(async () => new Response('', { status: 401 }));
	const { send, shell } = page();
	await send({ id: 1, type: 'fetch', path: '/x' });
	expect(shell.signedOut).toHaveBeenCalled();
});
