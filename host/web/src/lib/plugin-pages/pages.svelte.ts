// The pages that plugins bring, read once and again when they change.
import { answer, api, type Schemas } from '$lib/api/client';
import { live } from '$lib/live/live.svelte';
import { locale } from '$lib/locale.svelte';

export type PluginPage = Schemas['PageView'];

class PluginPages {
	list = $state.raw<PluginPage[]>([]);
	/** Whether the list has been read. */
	known = $state(false);
	#version = -1;

	/** Those of the navigation. */
	get main(): PluginPage[] {
		return this.list.filter((page) => page.place === 'main');
	}

	find(plugin: string, id: string): PluginPage | undefined {
		return this.list.find((page) => page.plugin === plugin && page.id === id);
	}

	/** The tabs beside a plugin's settings. */
	tabsOf(plugin: string): PluginPage[] {
		return this.list.filter((page) => page.plugin === plugin && page.place === 'settings');
	}

	/** Reads the list when it has changed since. */
	async refresh() {
		const version = live.state.pages;
		if (version === this.#version) return;
		this.#version = version;
		try {
			this.list = await answer(api.GET('/pages'));
			this.known = true;
		} catch {
			// The next change or connection tries again.
			this.#version = -1;
		}
	}

	forget() {
		this.list = [];
		this.known = false;
		this.#version = -1;
	}
}

export const pluginPages = new PluginPages();

export function titleOf(page: PluginPage): string {
	return page.titles[locale.current] ?? page.title;
}

export function addressOf(page: PluginPage): string {
	return `/p/${encodeURIComponent(page.plugin)}/${encodeURIComponent(page.id)}`;
}
