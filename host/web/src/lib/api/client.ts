// The typed client of the host's API. `schema.d.ts` is generated from host/api/openapi.json: npm run types.
import createClient from 'openapi-fetch';
import type { components, paths } from './schema';

export type Schemas = components['schemas'];
export type FieldError = Schemas['FieldError'];

/** The header without which the host changes nothing: no other site's page can add it. */
export const SAME_SITE = { 'X-Jackfield': '1' };
export const BASE = '/api/v1';

export const api = createClient<paths>({ baseUrl: BASE, headers: SAME_SITE });

/** A request that failed, in the words of RFC 9457. */
export class Problem extends Error {
	constructor(
		/** The stable name, e.g. `taken`; `offline` when no answer came. */
		readonly kind: string,
		readonly status: number,
		/** What happened and the next step, in English. */
		readonly detail: string,
		readonly fields: FieldError[] = [],
		/** Seconds after which a retry makes sense. */
		readonly retryAfter?: number
	) {
		super(detail);
		this.name = 'Problem';
	}
}

type Outcome<T> = { data?: T; error?: unknown; response: Response };

let onRefused: (problem: Problem) => void = () => {};

/** Sets what happens when the session is over or a password must be set first, whatever was asked for. */
export function whenRefused(handler: (problem: Problem) => void) {
	onRefused = handler;
}

/** What the host answered, or the problem thrown. */
export async function answer<T>(asked: Promise<Outcome<T>>): Promise<T> {
	let outcome: Outcome<T>;
	try {
		outcome = await asked;
	} catch {
		throw new Problem('offline', 0, 'The server does not answer.');
	}
	if (outcome.response.ok) return outcome.data as T;
	const problem = problemOf(outcome.response, outcome.error);
	if (problem.kind === 'not-signed-in' || problem.kind === 'password-change-required') onRefused(problem);
	throw problem;
}

/** Sends a file as the body of a request; `progress` is told what share of it has left. */
export async function upload<T>(path: string, file: Blob, progress?: (share: number) => void): Promise<T> {
	const asked = send(BASE + path, file, progress).then(async (response) => {
		const body: unknown = await response.json().catch(() => undefined);
		return response.ok ? { data: body as T, response } : { error: body, response };
	});
	return answer<T>(asked);
}

/** `fetch` does not say how much has left. */
function send(address: string, file: Blob, progress?: (share: number) => void): Promise<Response> {
	return new Promise((resolve, reject) => {
		const request = new XMLHttpRequest();
		request.open('POST', address);
		for (const [name, value] of Object.entries({ ...SAME_SITE, 'Content-Type': 'application/octet-stream' }))
			request.setRequestHeader(name, value);
		if (progress) request.upload.onprogress = ({ loaded, total }) => progress(total > 0 ? loaded / total : 0);
		request.onload = () => {
			const retry = request.getResponseHeader('Retry-After');
			const { status, statusText } = request;
			const init = { status, statusText, ...(retry && { headers: { 'Retry-After': retry } }) };
			resolve(new Response(request.responseText, init));
		};
		request.onerror = () => reject(new TypeError('no answer'));
		request.send(file);
	});
}

function problemOf(response: Response, body: unknown): Problem {
	const { type, detail, errors } = (body ?? {}) as Partial<Schemas['Problem']>;
	const kind =
		type?.split('/').pop() ?? (response.status >= 502 && response.status <= 504 ? 'offline' : 'internal');
	const retryAfter = Number(response.headers.get('Retry-After'));
	return new Problem(
		kind,
		response.status,
		detail ?? response.statusText,
		errors ?? [],
		retryAfter || undefined
	);
}
