// What is open around the telephone: a dialog to pass a call on, the keys of a call.

class Desk {
	/** The call that is about to be passed on. */
	transferOf = $state<string>();
	/** The call whose keys are shown. */
	keypadOf = $state<string>();
}

export const desk = new Desk();
