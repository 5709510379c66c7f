// Callers who wait for word from a state: for scripts of plugins with the capability `reducer`.

import waiting from "jackfield:reducer/waiting@0.1.0";

import { verb } from "./errors.js";
import { decode, encode } from "./text.js";

/** Give an input in the name of this caller and wait for the reply; from then on the state can send words to the call. */
export function join(call, key, what) {
    const reply = verb(() => waiting.join(call.raw, key, encode(JSON.stringify(what ?? null))));
    return reply.length === 0 ? null : JSON.parse(decode(reply));
}

/** Wait for the next word, at most so many seconds: `{ word }`, `{ pressed }`, or `{ timedOut: true }`. */
export function waitForWord(call, { music = false, keys = "", atMost = 3_600 } = {}) {
    const { tag, val } = verb(() => waiting.wait(call.raw, music, keys, Math.round(atMost * 1_000)));
    if (tag === "message") return { word: JSON.parse(decode(val)) };
    return tag === "pressed" ? { pressed: val } : { timedOut: true };
}
