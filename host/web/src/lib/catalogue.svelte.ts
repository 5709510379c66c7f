// The plugins that can be had, as the registries had them when they were last read.
import { answer, api, type Schemas } from './api/client';

export type Offer = Schemas['CatalogueEntry'];

class Catalogue {
	view = $state.raw<Schemas['CatalogueView']>();
	failure = $state.raw<unknown>();
	reading = $state(false);

	/** What the host has read; when it has read nothing yet, have it read. */
	async load() {
		await this.#take(async () => {
			const view = await answer(api.GET('/catalogue'));
			const unread = view.sources.some(({ read, fault }) => !read && !fault);
			return unread ? await answer(api.POST('/catalogue/refresh')) : view;
		});
	}

	/** Have all registries read anew. */
	async refresh() {
		await this.#take(() => answer(api.POST('/catalogue/refresh')));
	}

	/** The version to which an installed plugin can be updated. */
	updateOf(id: string): string | undefined {
		return this.view?.plugins.find((offer) => offer.id === id)?.update ?? undefined;
	}

	async #take(ask: () => Promise<Schemas['CatalogueView']>) {
		this.reading = true;
		try {
			this.view = await ask();
			this.failure = undefined;
		} catch (error) {
			this.failure = error;
		} finally {
			this.reading = false;
		}
	}
}

export const catalogue = new Catalogue();
