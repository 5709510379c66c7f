// Before the first paint: the theme and language that were chosen on this computer.
(function () {
	try {
		var root = document.documentElement;
		var theme = localStorage.getItem('theme');
		if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
		var language = localStorage.getItem('language');
		if (language) root.lang = language;
	} catch {
		// A browser that keeps nothing shows its own theme.
	}
})();
