import { Problem } from '$lib/api/client';
import { session } from '$lib/session.svelte';
import { error, redirect } from '@sveltejs/kit';

/** Everything in here is for people who are signed in; the admin's pages are for admins. */
export async function load({ url }) {
	let known;
	try {
		known = await session.load();
	} catch (fault) {
		error(fault instanceof Problem && fault.status > 0 ? fault.status : 503, 'no answer');
	}
	if (!known) redirect(307, `/login?next=${encodeURIComponent(url.pathname + url.search)}`);
	if (known.must_change_password) redirect(307, '/password');
	if (known.user.role !== 'admin' && (url.pathname === '/' || url.pathname.startsWith('/admin')))
		redirect(307, '/me');
}
