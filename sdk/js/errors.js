// What a verb of the host throws, as an Error with a kind.

/** A verb did not do what it says. */
export class VerbError extends Error {
    /**
     * @param {string} kind `gone`, `invalid`, `denied`, `failed`, `other`; of dialling `busy`, `no-answer`, `rejected`, `unavailable`
     * @param {string} message why, where the host says it
     */
    constructor(kind, message) {
        super(message || kind);
        this.name = "VerbError";
        this.kind = kind;
        this.detail = message;
    }

    /** The caller has hung up: let it pass, and the script ends. */
    get isGone() {
        return this.kind === "gone";
    }

    /** Dialling failed in a way that another target may mend. */
    get isUnreached() {
        return ["busy", "no-answer", "rejected", "unavailable"].includes(this.kind);
    }
}

/** What was thrown, as a VerbError where the host has thrown it. */
export function understood(thrown) {
    const reason = thrown?.payload ?? thrown;
    if (thrown instanceof VerbError || typeof reason?.tag !== "string") return thrown;
    const detail = Array.isArray(reason.val) ? reason.val.join(": ") : reason.val;
    return new VerbError(reason.tag, detail ?? "");
}

/** Do something with the host; what it throws is a VerbError. */
export function verb(work) {
    try {
        return work();
    } catch (thrown) {
        throw understood(thrown);
    }
}

/** What was thrown, in words for the plugin's log: where in the plugin, when it was a mistake there. */
export function words(thrown) {
    if (thrown instanceof VerbError) return thrown.message;
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}\n${thrown.stack ?? ""}`.trim() : String(thrown);
}
