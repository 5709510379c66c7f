// State that the host holds under keys, and the one function that changes it: for plugins with the capability `reducer`.
//
//     export const reduce = reducer(() => ({ count: 0 }), (state, event, effects) => {
//         if (event.kind === "asked") effects.reply(++state.count);
//     });
//
// States, inputs, replies and words are JSON.

import state from "jackfield:reducer/state@0.1.0";

import { verb, words } from "./errors.js";
import { decode, encode } from "./text.js";

const written = (value) => encode(JSON.stringify(value ?? null));
const read = (bytes) => (bytes.length === 0 ? null : JSON.parse(decode(bytes)));

/** What is held under a key as of now; null when nothing is. */
export const look = (key) => {
    const held = verb(() => state.look(key));
    return held && read(held.data);
};
/** Give an input and wait for the reply. */
export const ask = (key, what) => read(verb(() => state.ask(key, written(what))));
/** Give an input that is kept until it is taken, and do not wait. */
export const tell = (key, what) => verb(() => state.tell(key, written(what)));

/** What is to be done once the new state is kept. */
class Effects {
    commands = [];
    #reply = new Uint8Array();

    /** Reply to whoever asks. */
    reply(value) {
        this.#reply = written(value);
    }

    /** Send a word to a call that has joined. */
    send(call, word) {
        this.commands.push({ tag: "send", val: [call, written(word)] });
    }

    /** Have this key told at a time, in milliseconds since 1970. */
    setTimer(name, at, payload = null) {
        this.commands.push({ tag: "set-timer", val: [name, at, written(payload)] });
    }

    /** Do not. */
    cancelTimer(name) {
        this.commands.push({ tag: "cancel-timer", val: name });
    }

    /** Tell another key of this plugin, or this one. */
    tell(key, what) {
        this.commands.push({ tag: "tell", val: [key, written(what)] });
    }

    takeReply() {
        const reply = this.#reply;
        this.#reply = new Uint8Array();
        return reply;
    }
}

/** An input in words of its own. */
function event({ seq, at, event: { tag, val } }) {
    const input = { seq, at, kind: tag };
    switch (tag) {
        case "asked":
            return { ...input, call: val[0], what: read(val[1]) };
        case "told":
            return { ...input, what: read(val) };
        case "timer":
            return { ...input, name: val[0], what: read(val[1]) };
        case "call-over":
            return { ...input, call: val };
        case "dialled":
            return { ...input, name: val[0], outcome: val[1] };
        default:
            return input;
    }
}

/**
 * A function of state, event and effects, as the host calls it: `export const reduce = reducer(…)`. It changes the state that it is
 * given, or gives back another.
 */
export function reducer(initial, take, layout = 0) {
    return {
        reduce(key, data, _layout, inputs) {
            try {
                let state = data === null ? initial(key) : read(data);
                const effects = new Effects();
                const replies = inputs.map((input) => {
                    state = take(state, event(input), effects, key) ?? state;
                    return effects.takeReply();
                });
                return { data: written(state), layout, replies, commands: effects.commands };
            } catch (thrown) {
                throw words(thrown);
            }
        },
    };
}
