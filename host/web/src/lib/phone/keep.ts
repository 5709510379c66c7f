// The calls of this browser, kept so that a page that is loaded anew, or another tab, can go on with them.
import type { Call, Dialog } from './calls';

const KEPT_AS = 'phone-calls';
/** The host waits for so long for a page to come back. */
const GOOD_FOR_MS = 12_000;

export interface Kept {
	call: Call;
	dialog: Dialog;
}

interface Entry {
	/** Whose calls they are: nobody goes on with somebody else's. */
	user: number;
	number: string;
	at: number;
	calls: Kept[];
}

export function keep(user: number, number: string, calls: Kept[], now = Date.now()) {
	if (calls.length === 0) return forget();
	const entry: Entry = { user, number, at: now, calls };
	localStorage.setItem(KEPT_AS, JSON.stringify(entry));
}

export function forget() {
	localStorage.removeItem(KEPT_AS);
}

/** The calls that this person had at this number a moment ago. */
export function kept(user: number, number: string, now = Date.now()): Kept[] {
	try {
		const entry = JSON.parse(localStorage.getItem(KEPT_AS) ?? 'null') as Entry | null;
		if (!entry || entry.user !== user || entry.number !== number) return [];
		return now - entry.at <= GOOD_FOR_MS && Array.isArray(entry.calls) ? entry.calls : [];
	} catch {
		return [];
	}
}
