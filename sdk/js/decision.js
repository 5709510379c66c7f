// Deciding where a call goes.

import { words } from "./errors.js";

const RING_MS = 30_000;

/** Where a call goes, with what goes along. Made by `pass`, `ring`, `run` and the others. */
export class Decision {
    #decision;
    #vars = [];
    #why = null;

    constructor(decision) {
        this.#decision = decision;
    }

    /** When nobody of those before has answered, ring these. */
    thenRing(...targets) {
        if (this.#decision.tag === "ring") this.#decision.val.push(targets.map(leg));
        return this;
    }

    /** How long those ring who were named last, in seconds; 30 when nothing is said. */
    forAtMost(seconds) {
        for (const leg of this.#lastNamed()) leg.ring = Math.round(seconds * 1_000);
        return this;
    }

    /** What those who were named last see as caller. */
    showing(party) {
        for (const leg of this.#lastNamed()) leg.callerId = { name: "", extension: null, ...party };
        return this;
    }

    /** How the telephones of those ring who were named last: `internal`, `external`, `priority`, `auto-answer`. */
    ringing(style) {
        for (const leg of this.#lastNamed()) leg.style = style;
        return this;
    }

    /** Something that the script is to know. */
    with(name, value) {
        if (this.#decision.tag === "run") this.#decision.val.args.push([name, String(value)]);
        return this;
    }

    /** Set a variable of the call. */
    set(name, value) {
        this.#vars.push([name, String(value)]);
        return this;
    }

    /** Why, in one sentence for the administrator. */
    because(why) {
        this.#why = why;
        return this;
    }

    #lastNamed() {
        return this.#decision.tag === "ring" ? (this.#decision.val.at(-1) ?? []) : [];
    }

    /** As the contract has it. */
    get answer() {
        return { decision: this.#decision, setVars: this.#vars, explain: this.#why };
    }
}

const leg = (to) => ({ to, ring: RING_MS, callerId: null, style: "usual" });
const decide = (tag, val) => new Decision(val === undefined ? { tag } : { tag, val });

/** No opinion: the next plugin, then the built-in rule. */
export const pass = () => decide("pass");
/** Ring these in parallel: `ext:100`, a number, a SIP URI. */
export const ring = (...targets) => decide("ring", [targets.map(leg)]);
/** Give the caller to a script of this plugin, or of another. */
export const run = (entry, plugin = "") => decide("run", { plugin, entry, args: [] });
/** Route again with this callee. */
export const redirect = (to) => decide("redirect", to);
/** Give the caller the call that rings at this number. */
export const pickUp = (number) => decide("pick-up", number);
/** Park the call at this number. */
export const park = (number) => decide("park", number);
/** Call back when this number is free. */
export const callBack = (number) => decide("call-back", number);
/** Take part in the conversation of this number: `listen`, `whisper` or `barge`. */
export const join = (number, part) => decide("join", { number, part });
/** Refuse with this SIP status. */
export const reject = (status) => decide("reject", status);

/** A function from a request to a `Decision`, as the host calls it: `export const decide = router(…)`. */
export function router(route) {
    return {
        decide(request) {
            try {
                return (route(request) ?? pass()).answer;
            } catch (thrown) {
                throw words(thrown);
            }
        },
    };
}
