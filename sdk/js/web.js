// Answering the plugin's own pages.

import { VerbError, understood, words } from "./errors.js";
import { decode, encode } from "./text.js";

/** What a page asks. */
export class Request {
    #raw;

    constructor(raw) {
        this.#raw = raw;
    }

    /** Method and path: `GET /greeting`. */
    get route() {
        return `${this.#raw.method} ${this.#raw.path}`;
    }

    get method() {
        return this.#raw.method;
    }

    /** The path below the plugin, beginning with `/`. */
    get path() {
        return this.#raw.path;
    }

    /** A parameter after `?`. */
    query(name) {
        return this.#raw.query.find(([known]) => known === name)?.[1] ?? null;
    }

    /** A header. */
    header(name) {
        return this.#raw.headers.find(([known]) => known === name.toLowerCase())?.[1] ?? null;
    }

    /** The body, in bytes. */
    get body() {
        return Uint8Array.from(this.#raw.body);
    }

    /** The body, which must be JSON; the page gets a 400 when it is not. */
    json() {
        try {
            return JSON.parse(decode(this.#raw.body));
        } catch (thrown) {
            throw new VerbError("invalid", thrown.message);
        }
    }

    /** Who asks: `id`, `name`, `extension`, `roles`, and `isAdmin`. */
    get user() {
        const { user } = this.#raw;
        return { ...user, isAdmin: user.roles.includes("admin") };
    }

    /** The person's language: `en`, `fr`, `de`. */
    get language() {
        return this.#raw.language;
    }
}

const response = (status, type, body, headers = {}) => {
    const all = type === null ? headers : { "content-type": type, ...headers };
    return { status, headers: Object.entries(all), body: { tag: "bytes", val: body } };
};

/** Answer with a value as JSON. */
export const json = (value, status = 200) => response(status, "application/json", encode(JSON.stringify(value)));
/** Answer with a text. */
export const text = (words, status = 200) => response(status, "text/plain; charset=utf-8", encode(words));
/** Answer with a text or bytes of a media type. */
export const file = (type, content, headers = {}) =>
    response(200, type, typeof content === "string" ? encode(content) : content, headers);
/** Answer that it is done. */
export const done = () => response(204, null, new Uint8Array());
/** Answer that there is nothing here. */
export const notFound = () => text("There is nothing here.", 404);
/** Answer that this is not allowed. */
export const denied = (why) => text(why, 403);
/** The request makes no sense: the page gets a 400 with this text. */
export const refuse = (why) => {
    throw new VerbError("invalid", why);
};

/** A function from a `Request` to an answer, as the host calls it: `export const web = page(…)`. */
export function page(answer) {
    return {
        handle(raw) {
            try {
                return answer(new Request(raw)) ?? notFound();
            } catch (thrown) {
                const error = understood(thrown);
                if (error instanceof VerbError && error.kind === "invalid") return text(error.message, 400);
                if (error instanceof VerbError && error.kind === "denied") return denied(error.message);
                throw words(error);
            }
        },
    };
}
