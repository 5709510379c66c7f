// Talking to a caller.

import { VerbError, understood, verb, words } from "./errors.js";

export { VerbError };

const ms = (seconds) => Math.round(seconds * 1_000);

/** A tone for so many seconds: `beep`, `busy`, `congestion`, `ringback`, `dial`. */
export const tone = (which, seconds) => ({ tag: "tone", val: [which, ms(seconds)] });
/** Nothing for so many seconds. */
export const silence = (seconds) => ({ tag: "silence", val: ms(seconds) });
/** What was recorded, by its id. */
export const recording = (id) => ({ tag: "recording", val: id });

/** Things to be spoken, among prompts. */
export const spoken = {
    number: (number) => ({ tag: "number", val: number }),
    digits: (digits) => ({ tag: "digits", val: digits }),
    date: (year, month, day) => ({ tag: "date", val: [year, month, day] }),
    time: (hour, minute) => ({ tag: "time", val: [hour, minute] }),
    duration: (seconds) => ({ tag: "duration", val: ms(seconds) }),
};

const PROMPTS = ["file", "tone", "silence", "recording", "other"];
const prompt = (one) => (typeof one === "string" ? { tag: "file", val: one } : one);
const prompts = (all) => [all].flat(Infinity).map(prompt);
const speech = (all) => prompts(all).map((one) => (PROMPTS.includes(one.tag) ? { tag: "prompt", val: one } : one));

function collecting({ max = 1, within = 5, between = 3, endingWith = "", bargeIn = true } = {}) {
    return { max, terminators: endingWith, firstTimeout: ms(within), interTimeout: ms(between), bargeIn };
}

/** A live call: the caller of a script, or, from `dial`, somebody who has answered. Verbs wait until they are done. */
export class Call {
    #raw;
    #args;
    #caller;

    constructor(raw, args = [], caller = null) {
        this.#raw = raw;
        this.#args = new Map(args);
        this.#caller = caller;
    }

    /** The call as the contract has it, for interfaces that take one. */
    get raw() {
        return this.#raw;
    }

    /** The call's id. */
    get id() {
        return this.#raw.id();
    }

    /** Who called. */
    get caller() {
        return this.#raw.caller();
    }

    /** What was called. */
    get callee() {
        return this.#raw.callee();
    }

    /** What the decision wanted the script to know. */
    arg(name) {
        return this.#args.get(name) ?? null;
    }

    /** A variable of the call. */
    var(name) {
        return this.#raw.getVar(name);
    }

    /** Set one. */
    setVar(name, value) {
        verb(() => this.#raw.setVar(name, String(value)));
        return this;
    }

    /** Prompts are of this language from now on. */
    speak(language) {
        return this.setVar("language", language);
    }

    /** Answer. */
    answer() {
        verb(() => this.#raw.answer());
        return this;
    }

    /** Let the caller hear ringing. */
    ring() {
        verb(() => this.#raw.ring());
        return this;
    }

    /** Play prompts to their end: names of the package's prompts, `tone`, `silence`, `recording`, lists of them. */
    play(...what) {
        verb(() => this.#raw.play(prompts(what)));
        return this;
    }

    /** Speak numbers, dates and prompts to their end. */
    say(...what) {
        verb(() => this.#raw.say(speech(what), false));
        return this;
    }

    /** The same until a key is pressed, which is given. */
    sayUntilKey(...what) {
        return verb(() => this.#raw.say(speech(what), true));
    }

    /** Play and collect digits: at most `max`, the first `within` so many seconds, each further one `between`. */
    ask(what, options) {
        return this.collect(what, options).digits;
    }

    /** The same with how it ended. */
    collect(what, options) {
        return verb(() => this.#raw.collect(prompts(what), collecting(options)));
    }

    /** Send the caller's own sound back, at most so many seconds. */
    echo(seconds) {
        verb(() => this.#raw.echo(ms(seconds)));
        return this;
    }

    /** Wait for a key, at most so many seconds. */
    wait(seconds) {
        return verb(() => this.#raw.wait(ms(seconds)));
    }

    /** Ring targets in parallel, at most `forAtMost` seconds; gives the one who answers. */
    dial(targets, { forAtMost = 30, showing = null, music = false } = {}) {
        const options = { timeout: ms(forAtMost), callerId: showing, music };
        return new Call(verb(() => this.#raw.dial([targets].flat(), options)), [], this);
    }

    /** Of somebody who was dialled: connect with the caller until one of the two hangs up. */
    bridge() {
        if (!this.#caller) throw new VerbError("invalid", "only who was dialled is bridged with the caller");
        verb(() => this.#caller.#raw.bridge(this.#raw));
    }

    /** Route the caller as if it had dialled this, and leave the script for good: return when it succeeds. */
    transfer(to) {
        verb(() => this.#raw.transfer(to));
    }

    /** End the call: `normal`, `busy`, `no-answer`, `rejected`, `not-found`, `error`. */
    hangUp(cause = "normal") {
        verb(() => this.#raw.hangUp(cause));
    }
}

/** Functions by the names of `script.entries`, each taking a `Call`, as the host calls them: `export const handler = scripts(…)`. */
export function scripts(entries) {
    return {
        handle(entry, raw, args) {
            const script = Object.hasOwn(entries, entry) ? entries[entry] : null;
            if (!script) throw { tag: "invalid", val: `there is no script “${entry}”` };
            try {
                script(new Call(raw, args));
            } catch (thrown) {
                throw reason(understood(thrown));
            }
        },
    };
}

/** Why a script has ended, as the contract has it. */
function reason(thrown) {
    if (!(thrown instanceof VerbError)) return { tag: "failed", val: words(thrown) };
    if (thrown.isGone) return { tag: "gone" };
    const kinds = ["invalid", "denied", "failed"];
    return { tag: kinds.includes(thrown.kind) ? thrown.kind : "failed", val: thrown.message };
}
