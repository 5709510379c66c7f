// A note of the desktop about a caller, where somebody has allowed that and looks at another window.

/** Asks once whether that may be; at a click, when it is clear what for. */
export function askForNotices() {
	if ('Notification' in globalThis && Notification.permission === 'default')
		void Notification.requestPermission().catch(() => {});
}

/** Shows it; the function that it gives takes it away. */
export function notify(text: string): () => void {
	const title = document.title;
	document.title = `☎ ${text}`;
	const shown = document.hidden ? onDesktop(text) : undefined;
	return () => {
		shown?.close();
		// Another page may have been opened meanwhile.
		if (document.title.startsWith('☎')) document.title = title;
	};
}

function onDesktop(text: string): Notification | undefined {
	if (!allowed()) return undefined;
	try {
		const shown = new Notification(text, { tag: 'call' });
		shown.onclick = () => {
			window.focus();
			shown.close();
		};
		return shown;
	} catch {
		// Browsers of mobile phones have the name and no such thing.
		return undefined;
	}
}

function allowed(): boolean {
	return 'Notification' in globalThis && Notification.permission === 'granted';
}
