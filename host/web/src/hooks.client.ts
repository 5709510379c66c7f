// Faults that no page expected.
import type { HandleClientError } from '@sveltejs/kit';

/** A page that does not exist is said on the page itself; everything else belongs into the browser's log too. */
export const handleError: HandleClientError = ({ error, status, message }) => {
	if (status !== 404) reportError(error);
	return { message };
};
