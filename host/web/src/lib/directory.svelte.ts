// Who has which number: the telephone list, read once and again when it changes.
import { answer, api, type Schemas } from './api/client';
import { live } from './live/live.svelte';

export type Entry = Schemas['Entry'];

/** Most lines that are kept for names beside numbers; longer lists are searched on the server. */
const MOST = 500;

class Directory {
	entries = $state.raw<Entry[]>([]);
	#version = -1;

	/** Reads the list when it has changed since. */
	async refresh() {
		const version = live.state.directory;
		if (version === this.#version) return;
		this.#version = version;
		try {
			const people = await answer(api.GET('/people', { params: { query: { limit: MOST } } }));
			this.entries = people.items;
		} catch {
			// Numbers without names are readable too; the next change tries again.
			this.#version = -1;
		}
	}

	#names = $derived(new Map(this.entries.map((entry) => [entry.number, entry.owner ?? entry.name])));

	/** The name that belongs to a number, if it is one of the house. */
	name(number: string): string | undefined {
		return this.#names.get(number);
	}
}

export const directory = new Directory();
