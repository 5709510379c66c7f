import { session } from '$lib/session.svelte';
import { redirect } from '@sveltejs/kit';

export async function load() {
	const known = await session.load();
	if (!known) redirect(307, '/login');
	if (!known.must_change_password) redirect(307, '/');
}
