// The language of the page. Messages read it when they are drawn, so a change shows at once.
import { baseLocale, isLocale, locales, overwriteGetLocale, type Locale } from '$lib/paraglide/runtime';

export { locales, type Locale };

/** What each language calls itself. */
export const languageNames: Record<Locale, string> = { en: 'English', fr: 'Français', de: 'Deutsch' };

const KEPT_AS = 'language';

let current = $state<Locale>(atStart());
overwriteGetLocale(() => current);

export const locale = {
	get current(): Locale {
		return current;
	},
	/** Changes the language of the page and remembers it on this computer. */
	set(next: Locale) {
		current = next;
		document.documentElement.lang = next;
		localStorage.setItem(KEPT_AS, next);
	}
};

/** The language chosen on this computer, else the first one that the browser asks for and we speak. */
function atStart(): Locale {
	const kept = localStorage.getItem(KEPT_AS);
	const wanted = [kept, ...navigator.languages.map((language) => language.split('-')[0])];
	const found = wanted.find((language): language is Locale => isLocale(language)) ?? baseLocale;
	document.documentElement.lang = found;
	return found;
}
