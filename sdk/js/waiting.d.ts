import type { Call } from "./index.js";

/** Give an input in the name of this caller and wait for the reply; from then on the state can send words to the call. */
export function join<R = any>(call: Call, key: string, what: unknown): R;
/** Wait for the next word, at most so many seconds (an hour); with `music` the caller hears the house's music on hold. */
export function waitForWord<W = any>(
    call: Call,
    options?: { music?: boolean; keys?: string; atMost?: number },
): { word: W; pressed?: undefined; timedOut?: undefined } | { pressed: string; word?: undefined; timedOut?: undefined } | { timedOut: true; word?: undefined; pressed?: undefined };
