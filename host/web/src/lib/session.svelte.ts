// Who is signed in.
import { goto } from '$app/navigation';
import { answer, api, Problem, whenRefused, type Schemas } from './api/client';
import { locale } from './locale.svelte';
import { live } from './live/live.svelte';

export type Session = Schemas['SessionView'];

let current = $state<Session | null>(null);

let farewell = () => {};

/** Sets what is done before somebody signs out. */
export function beforeSignOut(act: () => void) {
	farewell = act;
}

export const session = {
	get current(): Session | null {
		return current;
	},
	get isAdmin(): boolean {
		return current?.user.role === 'admin';
	},

	/** Asks the host once; `null` when nobody is signed in. */
	async load(): Promise<Session | null> {
		if (current) return current;
		const { data, response } = await api.GET('/session').catch(() => {
			throw new Problem('offline', 0, 'The server does not answer.');
		});
		if (!data && response.status !== 401) throw new Problem('internal', response.status, response.statusText);
		if (data) begin(data);
		return current;
	},

	async signIn(login: string, password: string): Promise<Session> {
		begin(await answer(api.POST('/session', { body: { login, password } })));
		return current!;
	},

	async signOut() {
		// The telephone of this browser says goodbye while it still may.
		farewell();
		await answer(api.DELETE('/session'));
		end();
		await goto('/login');
	},

	/** The profile has changed. */
	update(user: Session['user']) {
		if (current) current = { ...current, user };
		locale.set(user.language);
	},

	passwordChanged() {
		if (current) current = { ...current, must_change_password: false };
	}
};

function begin(next: Session) {
	current = next;
	locale.set(next.user.language);
}

function end() {
	live.stop();
	current = null;
}

whenRefused((problem) => {
	if (problem.kind === 'password-change-required') {
		void goto('/password');
		return;
	}
	end();
	if (location.pathname !== '/login') {
		void goto(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
	}
});
