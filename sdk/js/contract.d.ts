// The contract of wit/ in the shapes that componentize-qjs gives values. Made by
// JACKFIELD_UPDATE=1 cargo test -p jackfield-pack: do not edit.

declare module "jackfield:call/control@0.1.0" {
    export type DurationMs = import("jackfield:types/types@0.1.0").DurationMs;
    export type Party = import("jackfield:types/types@0.1.0").Party;
    export type Error = import("jackfield:types/types@0.1.0").Error;
    /** Call progress tones (ITU-T E.180, European cadences). */
    export type Tone =
        /** 1,000 Hz. */
        | "beep"
        /** 425 Hz, 0.5 s on, 0.5 s off. */
        | "busy"
        /** 425 Hz, 0.25 s on, 0.25 s off. */
        | "congestion"
        /** 425 Hz, 1 s on, 4 s off. */
        | "ringback"
        /** 425 Hz, steady. */
        | "dial";
    /** Something to be heard. */
    export type Prompt =
        /**
         * A prompt of the package by its name: `welcome` is `prompts/<language>/welcome.wav`. The language is the
         * call variable `language`; where it lacks the prompt, the package's first language has it. An administrator may
         * have uploaded another of the same name, which then is heard. Where the package has none, the house's own is:
         * `call-recorded`, `goodbye`, `not-available`, `not-understood`, `please-wait`, `unknown-number`.
         */
        | { tag: "file"; val: string }
        /** A tone for so long, at most 60 s. */
        | { tag: "tone"; val: [Tone, DurationMs] }
        /** Nothing for so long, at most 60 s. */
        | { tag: "silence"; val: DurationMs }
        /** What `recording.record` kept, by its id. */
        | { tag: "recording"; val: string }
        /** A kind of prompt that this version of the contract has no case for; refused by this host. */
        | { tag: "other"; val: [string, string] };
    /**
     * Something to be spoken from pieces, in the language of prompts, or to be heard among them. Numbers, dates and the like
     * are of the house's own prompts, which there are in English, French and German; other languages hear the house's first.
     */
    export type Spoken =
        /** A whole number; beyond a billion it is spoken digit by digit. */
        | { tag: "number"; val: number }
        /** Digits one by one, `*`, `#` and `+` among them; at most 64. What is none of these is left out. */
        | { tag: "digits"; val: string }
        /** A day: year, month from 1, day from 1, spoken with its weekday. */
        | { tag: "date"; val: [number, number, number] }
        /** A time of day: hour from 0 to 23, minute. */
        | { tag: "time"; val: [number, number] }
        /** Days, hours, minutes and seconds; what is less is left out. */
        | { tag: "duration"; val: DurationMs }
        /** A prompt, a tone, or nothing for a while. */
        | { tag: "prompt"; val: Prompt }
        /** A kind that this version of the contract has no case for; refused by this host. */
        | { tag: "other"; val: [string, string] };
    /** How digits are collected. */
    export interface CollectOptions {
        /** Stop after so many digits, 1 to 64. */
        max: number;
        /** Digits that end the collection and are not part of it, e.g. `#`. */
        terminators: string;
        /** How long to wait for the first digit once the prompts have ended. */
        firstTimeout: DurationMs;
        /** How long to wait for each further digit. */
        interTimeout: DurationMs;
        /** Whether a digit stops the prompts. It counts as the first digit either way. */
        bargeIn: boolean;
    }
    /** What was collected. */
    export interface Collected {
        /** The digits, without the terminator. */
        digits: string;
        /** The digit that ended it. */
        terminator: string | null;
        /** Whether time ran out before `max` digits or a terminator. */
        timedOut: boolean;
    }
    /** How targets are dialled. */
    export interface DialOptions {
        /** Give up after so long, 1 s to 10 min. */
        timeout: DurationMs;
        /** What the targets see as caller, in place of the real one. */
        callerId: Party | null;
        /** Whether a caller who is answered hears the house's music on hold meanwhile, in place of ringing. */
        music: boolean;
    }
    /** Why dialling brought no answer. */
    export type DialFailure =
        /** All targets were busy. */
        | { tag: "busy" }
        /** Nobody answered in time. */
        | { tag: "no-answer" }
        /** Refused by all. */
        | { tag: "rejected" }
        /** No target exists, or none is reachable. */
        | { tag: "unavailable" }
        /** The caller hung up meanwhile. */
        | { tag: "gone" }
        /** The host could not; the text says why. */
        | { tag: "failed"; val: string }
        /** A reason that this version of the contract has no case for: a code and a sentence. */
        | { tag: "other"; val: [string, string] };
    /** Why a call ends, as the far end is told (RFC 3261 section 21, RFC 3326). */
    export type HangUpCause =
        /** Clear: BYE, or 480 before an answer. */
        | "normal"
        /** 486. */
        | "busy"
        /** 480. */
        | "no-answer"
        /** 603. */
        | "rejected"
        /** 404. */
        | "not-found"
        /** 500. */
        | "error";
    /**
     * A live call: the caller that a script was given, or a leg that it dialled.
     *
     * Dropping the handle of a dialled leg hangs that leg up. Dropping the caller's handle changes nothing: the
     * caller is hung up when the script returns, or goes to the failover destination when it fails.
     */
    export class Call {
        private constructor();
        /** The call's id, stable for its life. */
        id(): string;
        /** Who called. */
        caller(): Party;
        /** What was called. */
        callee(): Party;
        /** A call variable. Variables outlive the script: later decisions and scripts of the call read them. */
        getVar(name: string): string | null;
        /**
         * Set a call variable: at most 64 of them, names up to 64 bytes and values up to 1,024.
         * @throws {Error}
         */
        setVar(name: string, value: string): void;
        /**
         * Answer; nothing happens when it is answered already.
         * @throws {Error}
         */
        answer(): void;
        /**
         * Let the caller hear ringing (180); nothing happens once answered.
         * @throws {Error}
         */
        ring(): void;
        /**
         * Play prompts one after the other to their end; at most 32 of them.
         * @throws {Error}
         */
        play(prompts: Array<Prompt>): void;
        /**
         * Speak these one after the other, at most 32; with `barge-in` a key ends it, and is given back.
         * @throws {Error}
         */
        say(what: Array<Spoken>, bargeIn: boolean): string | null;
        /**
         * Play prompts and collect digits.
         * @throws {Error}
         */
        collect(prompts: Array<Prompt>, options: CollectOptions): Collected;
        /**
         * Send the caller's own sound back until `max` is over or a digit is pressed.
         * @throws {Error}
         */
        echo(max: DurationMs): void;
        /**
         * Wait for a digit, at most so long.
         * @throws {Error}
         */
        wait(max: DurationMs): string | null;
        /**
         * Ring targets in parallel while the caller hears ringing; the first that answers is the new leg. A target
         * is `ext:100`, a number as a phone of the house would dial it, or a SIP URI; at most 16 of them.
         * @throws {DialFailure}
         */
        dial(targets: Array<string>, options: DialOptions): Call;
        /**
         * Connect the caller with a leg that `dial` gave, until one side hangs up.
         * @throws {Error}
         */
        bridge(leg: Call): void;
        /**
         * Route the caller to a number or URI as if dialled, and leave the script for good. On success the far end
         * has answered and the two are connected: return. On failure the caller is still here.
         * @throws {DialFailure}
         */
        transfer(to: string): void;
        /**
         * End the call.
         * @throws {Error}
         */
        hangUp(cause: HangUpCause): void;
        [Symbol.dispose](): void;
    }
}

declare module "jackfield:call/fax@0.1.0" {
    export type DurationMs = import("jackfield:types/types@0.1.0").DurationMs;
    export type Error = import("jackfield:types/types@0.1.0").Error;
    export type Call = import("jackfield:call/control@0.1.0").Call;
    /** How a fax is carried. */
    export interface Options {
        /** What the far end shows as our number: digits, `+` and spaces, at most 20. */
        station: string;
        /** A line above every page that is sent, before date and page number, at most 50 characters; none when empty. */
        header: string;
        /** Whether errors may be corrected (ECM, T.30 annex A). */
        ecm: boolean;
        /** Fastest rate in bit/s: 14,400, 9,600 or 4,800. */
        fastest: number;
        /** Whether it may go as packets (T.38) where the far end can. It goes as sound where not. */
        t38: boolean;
    }
    /** What a fax came to. */
    export type Outcome =
        /** All pages are over there. */
        | "complete"
        /** There was no fax at the other end. */
        | "no-fax"
        /** The line was cut before the end. */
        | "line-dropped"
        /** The two found no rate at which the line carries pages. */
        | "not-trained"
        /** The far end cannot take these pages, or we not its. */
        | "incompatible"
        /** The far end gave up, or found a page unreadable. */
        | "refused"
        /** The document cannot be read or kept. */
        | "document"
        /** The far end said something that is not to be said there, or nothing. */
        | "protocol"
        /** The host could not; the explanation says why. */
        | "failed";
    /** What has become of a fax. */
    export interface Report {
        /** What it came to. */
        outcome: Outcome;
        /** The same in more words, in English. */
        explanation: string;
        /** Pages that went over and were confirmed. */
        pages: number;
        /** What the far end calls itself; empty when it did not. */
        station: string;
        /** Rate in bit/s; 0 when no page went. */
        bitRate: number;
        /** Whether errors were corrected. */
        ecm: boolean;
        /** Whether it went as packets (T.38). */
        t38: boolean;
        /** How long it took. */
        took: DurationMs;
        /** The pages that came, by the id of a document: some may be there although the fax was not complete. */
        document: string | null;
    }
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * Receive a fax; the call is answered first.
         * @throws {Error}
         */
        receive(call: Call, options: Options): Report;
        /**
         * Send a document of this plugin; the call is answered first.
         * @throws {Error}
         */
        send(call: Call, document: string, options: Options): Report;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:call/recording@0.1.0" {
    export type DurationMs = import("jackfield:types/types@0.1.0").DurationMs;
    export type Error = import("jackfield:types/types@0.1.0").Error;
    export type Call = import("jackfield:call/control@0.1.0").Call;
    /** How the caller is recorded. */
    export interface RecordOptions {
        /** Stop after so long, 1 s to 10 min. */
        max: DurationMs;
        /** Stop after so much silence; 0: never. */
        silence: DurationMs;
        /** Beep first. */
        beep: boolean;
        /** Digits that stop it. */
        terminators: string;
    }
    /** A finished recording, kept among the plugin's files. */
    export interface Recorded {
        /** Plays it again as `prompt.recording`. */
        id: string;
        /** How long it is. */
        length: DurationMs;
        /** The digit that stopped it. */
        terminator: string | null;
    }
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * Record the caller. The recordings of one plugin take 64 MiB at most, or as much as `quota_mib` of the capability in
         * `plugin.toml` says; beyond that this fails.
         * @throws {Error}
         */
        recordCaller(call: Call, options: RecordOptions): Recorded;
        /**
         * Another recording with the same sound: each can be erased without the other.
         * @throws {Error}
         */
        copy(id: string): Recorded;
        /**
         * Erase a recording; nothing happens when there is none of that id.
         * @throws {Error}
         */
        erase(id: string): void;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:conference/rooms@0.1.0" {
    export type DurationMs = import("jackfield:types/types@0.1.0").DurationMs;
    export type TimestampMs = import("jackfield:types/types@0.1.0").TimestampMs;
    export type Party = import("jackfield:types/types@0.1.0").Party;
    export type Error = import("jackfield:types/types@0.1.0").Error;
    export type Call = import("jackfield:call/control@0.1.0").Call;
    export type Prompt = import("jackfield:call/control@0.1.0").Prompt;
    /** What a room is like. Its first member says so; of those who follow it is not asked. */
    export interface RoomOptions {
        /** What people see as its name, at most 64 bytes. */
        title: string;
        /** How many it takes, 2 to 32. */
        maxMembers: number;
        /** Whether it may sound at 16 kHz; it does while a member speaks a codec that carries as much. */
        wideband: boolean;
        /** Whether only moderators are let in from the beginning on. */
        locked: boolean;
        /** Whether members wait until a moderator has come. */
        waitForModerator: boolean;
        /** Whether it ends when its last moderator leaves. */
        endsWithModerator: boolean;
        /** How long it lasts; all are warned a minute before. Without it, as long as somebody is in it. */
        lasts: DurationMs | null;
        /** What all hear when somebody enters, at most 4 prompts of 10 s together; nothing when it is empty. */
        entry: Array<Prompt>;
        /** What all hear when somebody leaves; the same bounds. */
        exit: Array<Prompt>;
        /**
         * The script entry of this plugin that takes up whom an administrator adds to the room; its argument `room` is
         * the room's name. Without it such a person is in the room as soon as they answer.
         */
        guests: string | null;
    }
    /** How a caller enters. */
    export interface Seat {
        /** Enters a locked room, and others wait for it. */
        moderator: boolean;
        /** Is not heard until it is unmuted. */
        muted: boolean;
        /** Whether it hears music while it is alone or waits for a moderator. */
        music: boolean;
    }
    /** Why a caller does not get in. */
    export type EntryFailure =
        /** The caller has hung up. */
        | { tag: "gone" }
        /** The room is locked. */
        | { tag: "locked" }
        /** The room has all the members that it takes. */
        | { tag: "full" }
        /** The arguments make no sense; the text says which and why. */
        | { tag: "invalid"; val: string }
        /** Not permitted to this plugin. */
        | { tag: "denied"; val: string }
        /** The host could not, for instance because the plugin has too many rooms; the text says why. */
        | { tag: "failed"; val: string }
        /** A reason that this version of the contract has no case for: a code and a sentence. */
        | { tag: "other"; val: [string, string] };
    /** What ends a stay. */
    export type Happening =
        /** The member has pressed a key that was listened for; it is in the room still. */
        | { tag: "pressed"; val: string }
        /** The time was over; it is in the room still. */
        | { tag: "timed-out" }
        /** Somebody has removed it. */
        | { tag: "removed" }
        /** The room has ended. */
        | { tag: "ended" }
        /** Something that this version of the contract has no case for: a code and a sentence. */
        | { tag: "other"; val: [string, string] };
    /** Somebody in a room. */
    export interface Member {
        /** Its number in the room: 1 for the first who entered, and given to nobody else. */
        id: number;
        /** Its call. */
        call: string;
        /** Who it is. */
        who: Party;
        /** Since when it has been in the room. */
        since: TimestampMs;
        /** Whether it is a moderator. */
        moderator: boolean;
        /** Whether nobody hears it. */
        muted: boolean;
        /** Whether it has put the room on hold; nobody hears it then, either. */
        onHold: boolean;
        /** How loud the others hear it, in per cent of how loud it speaks. */
        gain: number;
    }
    /** A room as it is now. */
    export interface Room {
        /** What people see as its name. */
        title: string;
        /** Since when there has been somebody in it. */
        since: TimestampMs;
        /** When it ends. */
        ends: TimestampMs | null;
        /** How many it takes. */
        maxMembers: number;
        /** Whether only moderators get in. */
        locked: boolean;
        /** Whether its members wait for a moderator. */
        waiting: boolean;
        /** Who has the floor, by id. */
        speaker: number | null;
        /** Who is in it, by id. */
        members: Array<Member>;
    }
    /** Who is meant by a change. */
    export type Whom =
        /** One member. */
        | { tag: "member"; val: number }
        /** Everybody but the moderators. */
        | { tag: "all" };
    /** Whom to ring and bring into a room. */
    export interface Invitation {
        /** A target as `call.dial` takes it. */
        to: string;
        /** How long it may ring, 1 s to 10 min. */
        timeout: DurationMs;
        /** The script entry of this plugin that takes up whoever answers, and usually brings them into the room. */
        entry: string;
        /** What that script shall know; at most 16. */
        args: Array<[string, string]>;
    }
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * Put the caller into a room, which it makes when there is none of that name (1 to 64 bytes); gives the member's id.
         * A caller that is not answered is answered. It leaves a room that it was in before.
         * @throws {EntryFailure}
         */
        enter(call: Call, name: string, options: RoomOptions, seat: Seat): number;
        /**
         * Have it stay there until something happens: at most so long, up to an hour; or a key of these. Keys that were
         * pressed before and not read count too.
         * @throws {Error}
         */
        stay(call: Call, keys: string, max: DurationMs): Happening;
        /**
         * Take it out of its room. This also happens when the script ends, or transfers or bridges it.
         * @throws {Error}
         */
        leave(call: Call): void;
        /**
         * Whether this caller may try a PIN for a room: not after 10 wrong ones within ten minutes, counted for each extension
         * and for all callers from outside together, whose numbers prove nothing. A script that asks for PINs must ask this.
         */
        mayTry(call: Call, name: string): boolean;
        /**
         * Note that this caller has typed a wrong PIN for a room.
         * @throws {Error}
         */
        wrongPin(call: Call, name: string): void;
        /** A room of this plugin; nothing when there is none of that name. */
        look(name: string): Room | null;
        /**
         * Have nobody hear these members, or everybody again.
         * @throws {Error}
         */
        mute(name: string, whom: Whom, muted: boolean): void;
        /**
         * How loud the others hear a member, 0 to 400 per cent.
         * @throws {Error}
         */
        setGain(name: string, id: number, gain: number): void;
        /**
         * Make a member a moderator, or an ordinary member again.
         * @throws {Error}
         */
        setModerator(name: string, id: number, moderator: boolean): void;
        /**
         * Remove a member; its script is told.
         * @throws {Error}
         */
        remove(name: string, id: number): void;
        /**
         * Let nobody in but moderators, or everybody again.
         * @throws {Error}
         */
        lock(name: string, locked: boolean): void;
        /**
         * Let it last longer by so much, at most 24 hours from now. Nothing happens to one that has no end.
         * @throws {Error}
         */
        extend(name: string, by: DurationMs): void;
        /**
         * End it: everybody's script is told.
         * @throws {Error}
         */
        end(name: string): void;
        /**
         * Play to everybody in it, over what is said; at most 32 prompts. With eight waiting it is left out.
         * @throws {Error}
         */
        play(name: string, prompts: Array<Prompt>): void;
        /**
         * Ring somebody, and give them to a script when they answer; does not wait for that. At most 8 ring at a time for one
         * room. Who pays for a call to the outside is the extension that this script's caller calls from.
         * @throws {Error}
         */
        invite(name: string, invitation: Invitation): void;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:hooks/contacts@0.1.0" {
    export type Contact = import("jackfield:services/contacts@0.1.0").Contact;
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * Contacts for whatever somebody types; at most `limit`.
         * @throws {string}
         */
        search(text: string, limit: number): Array<Contact>;
        /**
         * Whose number this is: in E.164 with `+`.
         * @throws {string}
         */
        lookup(number: string): Contact | null;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:hooks/events@0.1.0" {
    export type TimestampMs = import("jackfield:types/types@0.1.0").TimestampMs;
    /** What has happened. */
    export interface Event {
        /** Its number, which rises and is the same when it comes again. */
        seq: number;
        /** What it is about: `calls/missed`, `org.jackfield.voicemail/left`. */
        topic: string;
        /** The id of the plugin that published it; empty for the house. */
        publisher: string;
        /** When. */
        at: TimestampMs;
        /** A JSON value. */
        payload: string;
        /** Recordings that the publisher lets this plugin attach to letters (`services/mail`) while it handles this event. */
        recordings: Array<string>;
    }
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * These have happened, 1 to 64, in the order of their numbers.
         * @throws {string}
         */
        onEvents(batch: Array<Event>): void;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:hooks/lifecycle@0.1.0" {
    /** What is wrong with one setting. */
    export interface FieldError {
        /** Which, as a JSON pointer (RFC 6901): `/menus/0/keys`. */
        path: string;
        /** What is wrong and what would be right, for the admin. */
        message: string;
    }
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * Check settings that already satisfy the plugin's schema, before they are stored.
         * @throws {Array<FieldError>}
         */
        validateSettings(json: string): void;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:hooks/start@0.1.0" {
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * The plugin begins to be used.
         * @throws {string}
         */
        started(): void;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:hooks/timer@0.1.0" {
    export type TimestampMs = import("jackfield:types/types@0.1.0").TimestampMs;
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * The timer of this name was due then.
         * @throws {string}
         */
        onTimer(name: string, due: TimestampMs, payload: Uint8Array): void;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:hooks/web@0.1.0" {
    /** Who asks. The host vouches for it. */
    export interface User {
        /** The person's id, which stays when the name changes. */
        id: string;
        /** The person's name. */
        name: string;
        /** The person's first extension. */
        extension: string | null;
        /** What the person is: `user`, or `admin` and `user`. */
        roles: Array<string>;
    }
    /** One request. */
    export interface Request {
        /**
         * `GET`, `POST`, `PUT`, `PATCH` or `DELETE` of a page; `PRINT` of the house, when somebody has printed to the plugin: `document`
         * among the parameters is the id of the pages, which are the plugin's from now on, `pages` their number, `name` the title and
         * `to` the numbers that it is for, separated by commas, perhaps none. A status of 200 to 299 takes it. `LINK` of the house, when
         * a page is open by a link (`[links]` in `plugin.toml`): `word` among the parameters is what stands in its address. Nobody has
         * signed in then: the user has no id and no role. 404 says that the link is not good.
         */
        method: string;
        /** The path below the plugin, decoded, beginning with `/`: `/messages/7`. */
        path: string;
        /** The parameters after `?`, decoded, in their order. */
        query: Array<[string, string]>;
        /** `accept`, `content-type` and `if-none-match`, as far as they came; names in lower case. */
        headers: Array<[string, string]>;
        /** The body; empty when there is none. */
        body: Uint8Array;
        /** Who asks. */
        user: User;
        /** The person's language: `en`, `fr`, `de`. */
        language: string;
    }
    /** What is sent back. */
    export type Body =
        /** These bytes, at most 4 MiB. */
        | { tag: "bytes"; val: Uint8Array }
        /** A recording of this plugin, by its id, as `audio/wav` and in the parts that the browser wants. */
        | { tag: "recording"; val: string }
        /** A document of this plugin, by its id, as `application/pdf`; needs `documents`. */
        | { tag: "document"; val: string };
    /** An answer. */
    export interface Response {
        /** 200 to 599, but for 502 to 504, which are the host's. */
        status: number;
        /** `content-type`, `content-disposition`, `cache-control` and `etag`; others are left out. */
        headers: Array<[string, string]>;
        /** What is sent back. */
        body: Body;
    }
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * Answer. An error is for the log; the page gets a 500 with this text.
         * @throws {string}
         */
        handle(request: Request): Response;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:reducer/reduce@0.1.0" {
    export type TimestampMs = import("jackfield:types/types@0.1.0").TimestampMs;
    export type DurationMs = import("jackfield:types/types@0.1.0").DurationMs;
    export type Party = import("jackfield:types/types@0.1.0").Party;
    /** How a call that was dialled for a state came out. */
    export type Dialled =
        /** Somebody has answered, and the script has ended since. */
        | "done"
        /** Busy. */
        | "busy"
        /** Nobody answered in time. */
        | "no-answer"
        /** Refused. */
        | "rejected"
        /** No target exists, or none is reachable. */
        | "unavailable"
        /** The host could not, or was ended in between: whether anybody answered is not known. */
        | "failed";
    /** What has happened. */
    export type Event =
        /** Somebody asks and waits for a reply; with the call's id when a script does with `join`. */
        | { tag: "asked"; val: [string | null, Uint8Array] }
        /** Somebody tells, from the plugin's code or from another key. */
        | { tag: "told"; val: Uint8Array }
        /** A timer of this key is due: its name and what it was set with. */
        | { tag: "timer"; val: [string, Uint8Array] }
        /** The script of a call that had joined has ended. */
        | { tag: "call-over"; val: string }
        /** A call that this key wanted dialled is over: its name. */
        | { tag: "dialled"; val: [string, Dialled] }
        /** The host has started, or the plugin has begun to be used again. */
        | { tag: "started" }
        /** Something that this version of the contract has no case for: a code and a sentence. */
        | { tag: "other"; val: [string, string] };
    /** One input. */
    export interface Input {
        /** Its number: inputs are counted from 1, anew when nothing was held. */
        seq: number;
        /** When it came. */
        at: TimestampMs;
        /** What has happened. */
        event: Event;
    }
    /** A call to be made. */
    export interface Dial {
        /** The name under which its end is told; one of this name is made at a time. */
        name: string;
        /**
         * Whom to call: an extension of the house, `ext:100`; or, with `call.outside`, any number as an extension would
         * dial it, `as:100/0123456`: it answers for the call, which goes by its rules and within its limits.
         */
        to: string;
        /** How long it may ring, 1 s to 10 min. */
        timeout: DurationMs;
        /** What the telephone shows as caller. */
        caller: Party;
        /** The script entry of this plugin that takes up whoever answers. */
        entry: string;
        /** What that script shall know; at most 16. */
        args: Array<[string, string]>;
    }
    /** What is to be done, after all of this is kept and in this order. */
    export type Command =
        /** Send a word of up to 64 KiB to a call that has joined; nothing happens when it is over. */
        | { tag: "send"; val: [string, Uint8Array] }
        /** Have this key told at a time, in place of a timer of the same name: name, time, payload of up to 4 KiB. */
        | { tag: "set-timer"; val: [string, TimestampMs, Uint8Array] }
        /** Do not. */
        | { tag: "cancel-timer"; val: string }
        /** Tell another key of this plugin, or this one. */
        | { tag: "tell"; val: [string, Uint8Array] }
        /** Make a call; needs `call.originate`. */
        | { tag: "dial"; val: Dial }
        /** Something that this version of the contract has no case for; refused by this host. */
        | { tag: "other"; val: [string, string] };
    /** What becomes of a batch. */
    export interface Outcome {
        /** The state from now on, at most 1 MiB; none: nothing is held under this key any more. */
        data: Uint8Array | null;
        /** The layout of that state, for later versions of the plugin. */
        layout: number;
        /** One reply for each input, empty for those who do not wait; each up to 1 MiB. */
        replies: Array<Uint8Array>;
        /** What is to be done; at most 1,000. */
        commands: Array<Command>;
    }
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * Take these inputs in their order. `data` and `layout` are what is held now: none and 0 at first.
         * @throws {string}
         */
        reduce(key: string, data: Uint8Array | null, layout: number, inputs: Array<Input>): Outcome;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:reducer/state@0.1.0" {
    export type Error = import("jackfield:types/types@0.1.0").Error;
    /** What is held under a key. */
    export interface Snapshot {
        /** How many inputs it has taken since there is something. */
        seq: number;
        /** The layout that the plugin gave it. */
        layout: number;
        /** The state. */
        data: Uint8Array;
    }
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * What is held under a key (1 to 128 bytes), as of now. Open to decisions: it takes no time and changes nothing.
         * @throws {Error}
         */
        look(key: string): Snapshot | null;
        /**
         * Keys that begin with `prefix`, in order; at most 1,000.
         * @throws {Error}
         */
        keys(prefix: string): Array<string>;
        /**
         * Give an input of up to 64 KiB and wait until it is taken: gives the reply, empty when there is none.
         * @throws {Error}
         */
        ask(key: string, input: Uint8Array): Uint8Array;
        /**
         * Give an input of up to 64 KiB that is kept until it is taken, and do not wait for that.
         * @throws {Error}
         */
        tell(key: string, input: Uint8Array): void;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:reducer/waiting@0.1.0" {
    export type Error = import("jackfield:types/types@0.1.0").Error;
    export type DurationMs = import("jackfield:types/types@0.1.0").DurationMs;
    export type Call = import("jackfield:call/control@0.1.0").Call;
    /** What ends a wait. */
    export type Word =
        /** The state has sent this. */
        | { tag: "message"; val: Uint8Array }
        /** The caller has pressed a key that was listened for. */
        | { tag: "pressed"; val: string }
        /** The time was over. */
        | { tag: "timed-out" }
        /** Something that this version of the contract has no case for: a code and a sentence. */
        | { tag: "other"; val: [string, string] };
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * Give an input in the name of this script's caller, and wait until it is taken: gives the reply. From then on the state
         * can send words to the call, and is told `call-over` once the script has ended, however it has, also by the end of
         * the host.
         * @throws {Error}
         */
        join(call: Call, key: string, input: Uint8Array): Uint8Array;
        /**
         * Wait for the next word, at most so long, up to an hour; or for a key of these. With `music` the caller hears the
         * house's music on hold meanwhile; it goes on where the caller waits again without having heard anything else. Words
         * are kept while the script does something else, 64 of them.
         * @throws {Error}
         */
        wait(call: Call, music: boolean, keys: string, max: DurationMs): Word;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:routing/decide@0.1.0" {
    export type TimestampMs = import("jackfield:types/types@0.1.0").TimestampMs;
    export type DurationMs = import("jackfield:types/types@0.1.0").DurationMs;
    export type Party = import("jackfield:types/types@0.1.0").Party;
    export type Direction = import("jackfield:types/types@0.1.0").Direction;
    /** Why a call reached nobody. */
    export type Unreached =
        /** All phones were busy, or do not want to be disturbed (486, 600). */
        | "busy"
        /** Nobody answered in time (480, 408). */
        | "no-answer"
        /** Somebody has declined (603). */
        | "rejected"
        /** No phone is registered, or none could be reached. */
        | "unavailable";
    /** Everything a decision may depend on. */
    export interface Request {
        /** The call's id. */
        call: string;
        /** Which way it goes. */
        direction: Direction;
        /** Who calls; signed in when `extension` is set. */
        caller: Party;
        /** What was dialled; `extension` is set when it is an extension of the house. */
        callee: Party;
        /** The trunk it came in by. */
        trunk: string | null;
        /** Header fields of the INVITE that plugins may see, in order; never credentials. */
        headers: Array<[string, string]>;
        /** How often this call has been routed before: 0 at first, one more after each redirect or transfer. */
        hop: number;
        /** When it is. */
        now: TimestampMs;
        /** Variables set by earlier decisions and scripts of this call. */
        vars: Array<[string, string]>;
        /**
         * Set when the callee, an extension of the house, was rung and nobody took the call: what becomes of it now? Only
         * plugins with `unreached = true` under `hooks.router` are asked so; when all pass, the call ends as it would have.
         */
        unreached: Unreached | null;
    }
    /** How a phone rings. What a phone does not know, it passes over. */
    export type RingStyle =
        /** As for a call from outside, or for one of the house. */
        | "usual"
        /** As for a call of the house. */
        | "internal"
        /** As for a call from outside. */
        | "external"
        /** As for something urgent. */
        | "priority"
        /** Not at all: the phone answers by itself, on its loudspeaker, if it can. An intercom. */
        | "auto-answer";
    /** One leg to ring. */
    export interface Leg {
        /**
         * `ext:100`, a number as a phone of the house would dial it, a SIP URI, or `trunk:NAME/NUMBER` to call a number
         * outside by one trunk. A number outside is called for the extension that calls, or that has sent the caller here;
         * a caller from outside gets out by `trunk:` alone.
         */
        to: string;
        /** How long to ring it, 1 s to 10 min. */
        ring: DurationMs;
        /** What it sees as caller, in place of the real one. */
        callerId: Party | null;
        /** How it rings. */
        style: RingStyle;
    }
    /** One entry of a plugin's script, with what it should know. */
    export interface Script {
        /** The plugin's id; empty means this plugin. */
        plugin: string;
        /** The entry's name, one of `script.entries` in that plugin's `plugin.toml`. */
        entry: string;
        /** Names and values for the script; at most 32. */
        args: Array<[string, string]>;
    }
    /** How a caller takes part in a conversation of others. */
    export type Part =
        /** Hears both and is heard by neither. */
        | "listen"
        /** Hears both and is heard by the party whose number was named. */
        | "whisper"
        /** Talks with both. */
        | "barge";
    /** A conversation to take part in. */
    export interface Conversation {
        /** The number of the house whose conversation it is. */
        number: string;
        /** How to take part. */
        part: Part;
    }
    /** Where a call goes. */
    export type Decision =
        /** No opinion: the next plugin, then the built-in rule. */
        | { tag: "pass" }
        /** Ring groups one after the other, at most 16; the legs of a group ring in parallel, at most 32. */
        | { tag: "ring"; val: Array<Array<Leg>> }
        /** Give the caller to a script. */
        | { tag: "run"; val: Script }
        /** Route again with this number or URI as the callee. */
        | { tag: "redirect"; val: string }
        /** Give the caller the call that has been ringing longest at this number; 404 when none rings there. */
        | { tag: "pick-up"; val: string }
        /**
         * Park a call that was transferred here at this number, with music, until somebody dials the number; whoever
         * dials it gets the call that is there, or 404.
         */
        | { tag: "park"; val: string }
        /**
         * Call the caller back when this number of the house is free, within 45 minutes; empty for the number that the
         * caller found busy or silent last. The caller hears a tone and is let go; 404 when there is no such number.
         */
        | { tag: "call-back"; val: string }
        /**
         * Let the caller take part in the conversation that this number is in; 404 when there is none, 403 when the
         * house does not allow it (`calls.monitoring`).
         */
        | { tag: "join"; val: Conversation }
        /** Refuse with this SIP status, 300 to 699 (RFC 3261 section 21). */
        | { tag: "reject"; val: number }
        /** A decision that this version of the contract has no case for; taken as `pass` by this host. */
        | { tag: "other"; val: [string, string] };
    /** A decision with what goes along. */
    export interface Answer {
        /** Where the call goes. */
        decision: Decision;
        /** Variables to set on the call; at most 16. */
        setVars: Array<[string, string]>;
        /** Why, in one sentence for the admin; at most 200 characters are kept. */
        explain: string | null;
    }
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * Decide. An error is written to the plugin's log and counts as `pass`.
         * @throws {string}
         */
        decide(request: Request): Answer;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:script/handler@0.1.0" {
    export type Error = import("jackfield:types/types@0.1.0").Error;
    export type Call = import("jackfield:call/control@0.1.0").Call;
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * Handle a call. `entry` is one of `script.entries` in `plugin.toml`, `args` is what the decision wanted the
         * script to know. When it returns, the call is hung up if it still stands.
         * @throws {Error}
         */
        handle(entry: string, call: Call, args: Array<[string, string]>): void;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:services/analytics@0.1.0" {
    export type TimestampMs = import("jackfield:types/types@0.1.0").TimestampMs;
    export type Error = import("jackfield:types/types@0.1.0").Error;
    /** What a figure is counted in. */
    export type Unit =
        /** A word or a name. */
        | "text"
        /** A whole number of things. */
        | "count"
        /** Any number. */
        | "number"
        /** A share of a hundred. */
        | "percent"
        /** Milliseconds. */
        | "duration"
        /** Milliseconds since 1970-01-01T00:00:00Z. */
        | "time"
        /** A day, a week by its Monday, as `2026-03-09`; a month as `2026-03`. */
        | "date"
        /** 1 or 0. */
        | "yes-no";
    /** Something that can be asked of a dataset. */
    export interface Field {
        /** Its name. */
        name: string;
        /** What it is counted in. */
        unit: Unit;
        /** Whether it is counted of rows, or tells them apart. */
        measure: boolean;
        /** How it is defined. */
        definition: string;
    }
    /** Rows of one kind. */
    export interface Dataset {
        /** Its name. */
        name: string;
        /** What one row is. */
        definition: string;
        /** What can be asked. */
        fields: Array<Field>;
    }
    /** How long the stretches of time are that the dimension `interval` tells apart. */
    export type Interval =
        | "quarter-hour"
        | "half-hour"
        | "hour"
        | "day"
        | "week"
        | "month";
    /** How a field is compared. */
    export type Comparison =
        /** Is one of the values. */
        | "is"
        /** Is none of them. */
        | "is-not"
        /** Is the value or more. */
        | "at-least"
        /** Is the value or less. */
        | "at-most"
        /** Has the value in it, whatever the case of its letters. */
        | "contains"
        /** Begins with the value. */
        | "begins"
        /** Is there; values are not looked at. */
        | "known"
        /** Is not there. */
        | "unknown";
    /** Something in a row. */
    export type Value =
        /** Nothing. */
        | { tag: "none" }
        /** A word. */
        | { tag: "text"; val: string }
        /** A whole number. */
        | { tag: "integer"; val: number }
        /** Any number. */
        | { tag: "number"; val: number };
    /** Rows of which only some are counted. */
    export interface Filter {
        /** A field that is no measure. */
        field: string;
        /** How it is compared. */
        comparison: Comparison;
        /** With what: one value, or up to 100 for `is` and `is-not`. */
        values: Array<Value>;
    }
    /** By what rows are put in order. */
    export interface Order {
        /** A field that is asked for. */
        field: string;
        /** Largest first. */
        descending: boolean;
    }
    /** A question. */
    export interface Query {
        /** The dataset's name. */
        dataset: string;
        /** From when on. */
        begins: TimestampMs;
        /** Until when, itself not counted; at most ten years later. */
        ends: TimestampMs;
        /** A time zone of the IANA database: `Europe/Paris`. */
        zone: string;
        /** What the dimension `interval` tells apart. */
        interval: Interval;
        /** Whether rows belong to the time at which they ended, in place of that at which they began. */
        byEnd: boolean;
        /** The dimensions, up to 24. */
        dimensions: Array<string>;
        /** The measures, up to 40; none for the rows themselves. */
        measures: Array<string>;
        /** What rows must be, up to 20. */
        filters: Array<Filter>;
        /** The order; by the dimensions unless said otherwise. */
        order: Array<Order>;
        /** How many rows at most, 5,000 at most. */
        limit: number;
        /** How many rows are passed over. */
        offset: number;
    }
    /** An answer. */
    export interface Table {
        /** A value for each dimension and then for each measure of the question. */
        rows: Array<Array<Value>>;
        /** Whether there are rows after these. */
        more: boolean;
    }
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * Which datasets there are, and what can be asked of each.
         * @throws {Error}
         */
        catalogue(): Array<Dataset>;
        /**
         * Ask.
         * @throws {Error}
         */
        ask(query: Query): Table;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:services/blobs@0.1.0" {
    export type Error = import("jackfield:types/types@0.1.0").Error;
    /** A blob. */
    export interface Blob {
        /** Its name. */
        name: string;
        /** How many bytes it has. */
        size: number;
        /** What it is, such as `image/png`. */
        mediaType: string;
        /** SHA-256 of its content, 64 hexadecimal digits. */
        sha256: string;
        /** When it was written, in milliseconds since 1970. */
        changed: number;
    }
    /** How much there is, and how much there may be. */
    export interface Room {
        /** Bytes that are taken, what is being written included. */
        taken: number;
        /** Bytes that there may be. */
        quota: number;
        /** How many blobs there are. */
        blobs: number;
    }
    /** A blob that is being written. Dropped without `commit`, it has never been. */
    export class Writing {
        private constructor();
        /**
         * More of it.
         * @throws {Error}
         */
        append(part: Uint8Array): void;
        /**
         * It is whole: it takes the place of whatever had its name, at once.
         * @throws {Error}
         */
        commit(): Blob;
        [Symbol.dispose](): void;
    }
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * Begin to write a blob; the one of this name stays as it is until `commit`.
         * @throws {Error}
         */
        begin(name: string, mediaType: string): Writing;
        /**
         * What is known of a blob; none when there is none of that name.
         * @throws {Error}
         */
        look(name: string): Blob | null;
        /**
         * At most `most` bytes from the place `at`; fewer at its end, none beyond it.
         * @throws {Error}
         */
        read(name: string, at: number, most: number): Uint8Array;
        /**
         * Those whose names begin with `prefix`, by name, after the name `after`; at most `limit`, 200 at most.
         * @throws {Error}
         */
        scan(prefix: string, after: string | null, limit: number): Array<Blob>;
        /**
         * Give it another name, in the place of whatever had that; false when there is none.
         * @throws {Error}
         */
        rename(name: string, to: string): boolean;
        /**
         * Delete it; false when there is none.
         * @throws {Error}
         */
        delete(name: string): boolean;
        /**
         * How much room there is.
         * @throws {Error}
         */
        usage(): Room;
        /**
         * Of a request of a page: what it is answered is this blob, in the parts that the browser wants; the answer that the guest gives then
         * has no body. Browsers save it, unless `content-disposition` among the answer's headers says otherwise. False when there is none.
         * @throws {Error}
         */
        answerWith(name: string): boolean;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:services/clock@0.1.0" {
    export type TimestampMs = import("jackfield:types/types@0.1.0").TimestampMs;
    /** Days of the week. */
    export type Weekday =
        | "monday"
        | "tuesday"
        | "wednesday"
        | "thursday"
        | "friday"
        | "saturday"
        | "sunday";
    /** A moment on the clocks of one place. */
    export interface LocalTime {
        /** Year, e.g. 2026. */
        year: number;
        /** Month, 1 to 12. */
        month: number;
        /** Day of the month, 1 to 31. */
        day: number;
        /** Hour, 0 to 23. */
        hour: number;
        /** Minute, 0 to 59. */
        minute: number;
        /** Second, 0 to 59. */
        second: number;
        /** Day of the week. */
        weekday: Weekday;
        /** What is added to UTC there at that moment, in seconds; summer time included. */
        utcOffset: number;
    }
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /** Now. */
        now(): TimestampMs;
        /**
         * What clocks in a time zone of the IANA database (`Europe/Paris`) show at a moment. The host brings the
         * database, so a plugin needs none. The error names the zone that does not exist.
         * @throws {string}
         */
        local(zone: string, at: TimestampMs): LocalTime;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:services/contacts@0.1.0" {
    export type Error = import("jackfield:types/types@0.1.0").Error;
    /** What kind of number. */
    export type NumberKind =
        /** At work. */
        | "work"
        /** In the pocket. */
        | "mobile"
        /** At home. */
        | "home"
        /** Another one. */
        | "other";
    /** A number of a contact. */
    export interface Number {
        /** What kind of number. */
        kind: NumberKind;
        /** The number, in E.164 with `+`: callers are known by such a one. Others can be dialled all the same. */
        number: string;
    }
    /** Somebody outside the house. */
    export interface Contact {
        /** Tells it from the others of this plugin, for as long as it is there; 1 to 256 bytes. */
        key: string;
        /** The person's name; empty when it is a company's number. */
        name: string;
        /** The company; may be empty when there is a name. */
        company: string;
        /** Their numbers; the first is the one to call. */
        numbers: Array<Number>;
        /** A mail address, perhaps empty. */
        mail: string;
        /** Anything else, perhaps empty. */
        note: string;
    }
    /** What has become of the plugin's contacts. */
    export interface Outcome {
        /** Contacts now. */
        contacts: number;
        /** Those that were not there before, by key. */
        added: number;
        /** Those that are not there any more. */
        removed: number;
    }
    /**
     * All contacts of the plugin, put in the place of those that it had: at once, and only when all are there. Dropping it
     * unfinished leaves everything as it was.
     */
    export class Replacement {
        private constructor();
        /**
         * These are among them; of two with the same key the later one counts.
         * @throws {Error}
         */
        put(contacts: Array<Contact>): void;
        /**
         * That is all: they count from now on.
         * @throws {Error}
         */
        finish(): Outcome;
        [Symbol.dispose](): void;
    }
}

declare module "jackfield:services/directory@0.1.0" {
    export type Error = import("jackfield:types/types@0.1.0").Error;
    /** An extension of the house. */
    export interface Entry {
        /** Its number. */
        number: string;
        /** Its name. */
        name: string;
        /** The language of its prompts: `en`, `fr` or `de`. */
        language: string;
        /** The person whose it is, by an id that stays the same. */
        owner: string | null;
    }
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * The extension of a number.
         * @throws {Error}
         */
        extension(number: string): Entry | null;
        /**
         * Extensions whose number begins with `query` or whose name holds all its words, by number; at most `limit`, 100 at
         * most.
         * @throws {Error}
         */
        search(query: string, limit: number): Array<Entry>;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:services/documents@0.1.0" {
    export type Error = import("jackfield:types/types@0.1.0").Error;
    /** A document. */
    export interface Document {
        /** Its id. */
        id: string;
        /** How many pages it has. */
        pages: number;
        /** How many bytes it takes. */
        bytes: number;
    }
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * Make a document of a PDF, a TIFF of black and white, or a text in UTF-8. An error says in English what would help.
         * @throws {Error}
         */
        keep(content: Uint8Array): Document;
        /**
         * What is known of it.
         * @throws {Error}
         */
        look(id: string): Document;
        /**
         * Another document with the same pages: each can be erased without the other.
         * @throws {Error}
         */
        copy(id: string): Document;
        /**
         * Erase it; nothing happens when there is none of that id.
         * @throws {Error}
         */
        erase(id: string): void;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:services/events@0.1.0" {
    export type Error = import("jackfield:types/types@0.1.0").Error;
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * Publish an event: `name` of lower-case letters, digits and `-`, a JSON value of up to 8 KiB, and up to 8 recordings of
         * this plugin, which subscribers may attach to letters while they handle the event, and nothing else.
         *
         * When this returns, the event is on the disk for every plugin that is on and subscribes; it gives how many there are.
         * It fails, for all of them, when 1,000 events wait for one of them.
         * @throws {Error}
         */
        publish(name: string, payload: string, recordings: Array<string>): number;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:services/facts@0.1.0" {
    export type TimestampMs = import("jackfield:types/types@0.1.0").TimestampMs;
    export type DurationMs = import("jackfield:types/types@0.1.0").DurationMs;
    export type Error = import("jackfield:types/types@0.1.0").Error;
    /** How somebody got in touch. */
    export type Media =
        /** By telephone. */
        | "voice"
        /** By telephone; the house calls. */
        | "callback"
        /** By e-mail. */
        | "mail"
        /** By fax. */
        | "fax"
        /** By chat. */
        | "chat";
    /** What a queue promises. It is kept with each visit, so that a report on last month counts by what was promised then. */
    export interface ServiceGoal {
        /** The share of visits, in percent, that is to be answered in time: 0 to 100; 80 is usual. */
        percent: number;
        /** In time is within this; 20 s is usual. */
        target: DurationMs;
        /** Who gives up within this does not count as abandoned; 5 s is usual. */
        short: DurationMs;
    }
    /** A visit begins. */
    export interface QueueEnter {
        /** The queue's name. */
        queue: string;
        /** How the contact came. */
        media: Media;
        /** Its number or address; empty when it is not shown. */
        contact: string;
        /** Its name; empty when there is none. */
        name: string;
        /** Larger goes first; 0 is usual. */
        priority: number;
        /** Whether the contact has precedence by a list of the house. */
        vip: boolean;
        /** The place on entry, from 1. */
        position: number;
        /** The skills that are asked for. */
        skills: Array<string>;
        /** The agent who is wanted first. */
        preferred: string | null;
        /** What the queue promises. */
        goal: ServiceGoal;
    }
    /** The skills that are asked for have been relaxed. */
    export interface QueueLevel {
        /** The step, from 1. */
        level: number;
        /** The skills asked for from now on. */
        skills: Array<string>;
    }
    /** What came of an offer. */
    export type OfferResult =
        /** The agent took it. */
        | "answered"
        /** The agent did not answer in time (“redirect on no answer”). */
        | "rona"
        /** The agent refused it. */
        | "rejected"
        /** The caller left meanwhile. */
        | "caller-left";
    /** The contact was offered to an agent, and that is over now: one for each agent who was asked. */
    export interface Offer {
        /** The agent's extension. */
        agent: string;
        /** The telephone that rang; empty when it is not known. */
        device: string;
        /** How long it rang. */
        ring: DurationMs;
        /** What came of it. */
        outcome: OfferResult;
    }
    /** An agent and the contact are connected. */
    export interface Answer {
        /** The agent's extension. */
        agent: string;
        /** The agent's telephone; empty when it is not known. */
        device: string;
    }
    /** Who ended a conversation. */
    export type EndedBy =
        /** The contact. */
        | "contact"
        /** The agent. */
        | "agent"
        /** The agent passed the contact on. */
        | "transfer"
        /** The house. */
        | "house";
    /** The conversation with the agent is over. */
    export interface AnswerEnd {
        /** The agent's extension. */
        agent: string;
        /** Who ended it. */
        by: EndedBy;
    }
    /** How a contact is passed on. */
    export type TransferKind =
        /** Without asking whoever gets it. */
        | "blind"
        /** After a word with whoever gets it. */
        | "attended";
    /** An agent passed the contact on. */
    export interface Transfer {
        /** How. */
        kind: TransferKind;
        /** The agent's extension. */
        agent: string;
        /** The number or the queue to which it went. */
        to: string;
        /** Whether it went there. */
        done: boolean;
    }
    /** An agent asked a supervisor for help; told once that is over. */
    export interface HelpRequest {
        /** The agent's extension. */
        agent: string;
        /** The supervisor who came; none when nobody did. */
        supervisor: string | null;
        /** How long the agent waited. */
        response: DurationMs;
    }
    /** How somebody takes part who is not a party. */
    export type MonitorMode =
        /** Hears both. */
        | "listen"
        /** Is heard by the agent. */
        | "whisper"
        /** Is heard by both. */
        | "barge";
    /** A supervisor listened. */
    export interface Monitor {
        /** The supervisor's extension. */
        supervisor: string;
        /** The agent's extension. */
        agent: string;
        /** How. */
        mode: MonitorMode;
        /** How long. */
        lasted: DurationMs;
        /** Why that was allowed, in the house's words; empty when nothing was said. */
        basis: string;
    }
    /** Wrap-up begins. */
    export interface AcwStart {
        /** The agent's extension. */
        agent: string;
        /** The time given; none when there is no limit. */
        allowed: DurationMs | null;
    }
    /** Why wrap-up ended. */
    export type AcwEnd =
        /** The agent was done. */
        | "done"
        /** The time was over. */
        | "timeout"
        /** The agent had it extended and was done then. */
        | "extended";
    /** Wrap-up is over. */
    export interface AcwStop {
        /** The agent's extension. */
        agent: string;
        /** Why. */
        why: AcwEnd;
    }
    /** The agent said what the contact was about; several are possible. */
    export interface WrapupCode {
        /** The agent's extension. */
        agent: string;
        /** The code. */
        code: string;
    }
    /** Why a visit left its queue. */
    export type ExitReason =
        /** An agent took it. */
        | "answered"
        /** The contact gave up. */
        | "abandoned"
        /** It was passed to another queue or number by a rule. */
        | "overflow"
        /** It had waited as long as it may. */
        | "timeout"
        /** The contact pressed a key. */
        | "key"
        /** It is called back, and waits no more on the line. */
        | "callback"
        /** Somebody took it out. */
        | "forced"
        /** The queue was closed. */
        | "closed"
        /** Something broke. */
        | "flow-error";
    /** The visit has left the queue. */
    export interface QueueExit {
        /** Why. */
        reason: ExitReason;
        /** Where it goes next: a queue, a number, a key; empty when nowhere. */
        to: string;
        /** The waiting time that the contact was told last. */
        told: DurationMs | null;
    }
    /** How far a call-back is. */
    export type CallbackStep =
        /** The contact wants one. */
        | "requested"
        /** It was shown to an agent. */
        | "offered"
        /** It was tried, in vain. */
        | "attempt"
        /** The two have talked. */
        | "done"
        /** It is given up. */
        | "expired";
    /** A step of a call-back. */
    export interface Callback {
        /** Which. */
        step: CallbackStep;
        /** The number that is called. */
        number: string;
        /** Which try, from 1; 0 before the first. */
        attempt: number;
        /** The agent, when there is one yet. */
        agent: string | null;
    }
    /** What an agent does. */
    export type AgentStateKind =
        /** Free for contacts. */
        | "ready"
        /** A contact is being offered. */
        | "ringing"
        /** Talks with a contact. */
        | "talking"
        /** Wraps up. */
        | "acw"
        /** Has a break. */
        | "pause"
        /** Cannot be offered contacts for another reason. */
        | "not-ready";
    /** An agent is in another state from now on, until the next one or the logout. */
    export interface AgentState {
        /** The agent's extension. */
        agent: string;
        /** The state. */
        state: AgentStateKind;
        /** The kind of break, or why not ready (`rona`); empty when there is no more to say. */
        reason: string;
        /** How long this break may last. */
        allowed: DurationMs | null;
    }
    /** An agent has logged in. */
    export interface Login {
        /** The agent's extension. */
        agent: string;
        /** The telephone; empty when it is not known. */
        device: string;
        /** The queues. */
        queues: Array<string>;
    }
    /** An agent has logged out. */
    export interface Logout {
        /** The agent's extension. */
        agent: string;
    }
    /** An agent is to do something at that time: a part of a shift that is planned. */
    export interface Schedule {
        /** The agent's extension. */
        agent: string;
        /** `work`, or the kind of absence: `break`, `training`, `sick`, `meeting` … */
        activity: string;
        /** Whether it was planned before the day. */
        planned: boolean;
        /** From when; the time of the fact is when it was planned. */
        begins: TimestampMs;
        /** Until when. */
        ends: TimestampMs;
    }
    /** The contact answered a question after the conversation. */
    export interface Survey {
        /** The question, in a word. */
        question: string;
        /** The answer. */
        score: number;
        /** What else was said. */
        comment: string;
        /** The agent who is meant. */
        agent: string | null;
    }
    /** What came of a step of a menu. */
    export type IvrResult =
        /** A key was pressed that means something. */
        | "chosen"
        /** A key that means nothing. */
        | "invalid"
        /** No key in time. */
        | "timeout"
        /** The caller hung up. */
        | "hang-up";
    /** A step of a menu is over. */
    export interface IvrStep {
        /** The menu's name. */
        menu: string;
        /** The keys; empty for none. */
        key: string;
        /** What came of it. */
        outcome: IvrResult;
        /** How long it took. */
        took: DurationMs;
    }
    /** How an alarm stands. */
    export type AlarmState =
        /** It is raised. */
        | "raised"
        /** Somebody has seen it. */
        | "acknowledged"
        /** It is over. */
        | "cleared";
    /** An alarm has changed. */
    export interface Alarm {
        /** Its name. */
        name: string;
        /** The queue that it is about; none when it is about the house. */
        queue: string | null;
        /** How it stands now. */
        state: AlarmState;
        /** Who acknowledged it; empty otherwise. */
        by: string;
    }
    /** What has happened. */
    export type Happening =
        | { tag: "queue-enter"; val: QueueEnter }
        | { tag: "queue-level"; val: QueueLevel }
        | { tag: "offer"; val: Offer }
        | { tag: "answer"; val: Answer }
        | { tag: "answer-end"; val: AnswerEnd }
        /** The contact is on hold. */
        | { tag: "hold-start" }
        /** No more. */
        | { tag: "hold-stop" }
        | { tag: "transfer"; val: Transfer }
        | { tag: "help-request"; val: HelpRequest }
        | { tag: "monitor"; val: Monitor }
        | { tag: "acw-start"; val: AcwStart }
        | { tag: "acw-stop"; val: AcwStop }
        | { tag: "wrapup-code"; val: WrapupCode }
        | { tag: "queue-exit"; val: QueueExit }
        | { tag: "callback"; val: Callback }
        | { tag: "agent-state"; val: AgentState }
        | { tag: "login"; val: Login }
        | { tag: "logout"; val: Logout }
        | { tag: "schedule"; val: Schedule }
        | { tag: "survey"; val: Survey }
        | { tag: "ivr-step"; val: IvrStep }
        | { tag: "alarm"; val: Alarm };
    /** One fact. */
    export interface Fact {
        /** What makes it the same fact when it is told again: unique within the plugin. */
        key: string;
        /** When it happened. */
        at: TimestampMs;
        /** The call of the contact. */
        call: string | null;
        /**
         * The visit: any name that no other visit of the plugin has. Those facts need one that only make sense in a visit,
         * from `queue-enter` to `callback`; a transfer, a monitor, a help request may have none.
         */
        visit: string | null;
        /** What has happened. */
        what: Happening;
    }
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * Keep these facts, all or none. They are on the disk when this returns. Those whose keys are known already change nothing.
         * @throws {Error}
         */
        recordFacts(facts: Array<Fact>): void;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:services/http@0.1.0" {
    export type DurationMs = import("jackfield:types/types@0.1.0").DurationMs;
    /** How a secret is written where it stands. */
    export type Encoding =
        /** As it is. */
        | { tag: "plain" }
        /** As the inside of a JSON string, without its quotes. */
        | { tag: "json" }
        /** As a value in a form (application/x-www-form-urlencoded). */
        | { tag: "form" }
        /** As credentials of this user (RFC 7617): the base64 of `user:secret`. */
        | { tag: "basic"; val: string };
    /** A secret of the plugin's settings. */
    export interface Secret {
        /** One of `secrets.names`. */
        name: string;
        /** How it is written. */
        encoding: Encoding;
    }
    /**
     * A piece of a header field's value or of a body. Because a secret is a piece of its own, no text that a caller or a page has
     * brought along can ask for one.
     */
    export type Piece =
        /** Text as it is. */
        | { tag: "text"; val: string }
        /** Bytes as they are. */
        | { tag: "bytes"; val: Uint8Array }
        /** What the host puts in. */
        | { tag: "secret"; val: Secret };
    /** A header field of a request. */
    export interface Field {
        /** Its name. What belongs to the connection (`Host`, `Content-Length`, `Transfer-Encoding` and the like) is the host's. */
        name: string;
        /** Its value, in pieces. */
        value: Array<Piece>;
    }
    /** A question. */
    export interface Request {
        /** `GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE` or `OPTIONS`. */
        method: string;
        /** `https://api.example.org/v1/messages?page=2`, without user and password. */
        url: string;
        /** Header fields. */
        headers: Array<Field>;
        /** The body, in pieces; perhaps none. */
        body: Array<Piece>;
        /** Whom to believe besides the authorities that this machine believes: certificates in PEM form, perhaps none. */
        authorities: string;
        /**
         * How many redirections are followed, 5 at most; the next one is the answer. To another origin on the list they are followed
         * without `Authorization`, `Cookie` and fields that hold secrets.
         */
        redirects: number;
        /** For all of it, 25 s at most. */
        timeout: DurationMs;
    }
    /** What was answered. */
    export interface Response {
        /** 100 to 999. */
        status: number;
        /** Header fields in lower case, as they came; what belongs to the connection is left out. */
        headers: Array<[string, string]>;
        /** The body. */
        body: Uint8Array;
    }
    /** Why there is no answer. */
    export type Failure =
        /** There is no such host, or no name server has answered: the text says which. */
        | { tag: "unknown-host"; val: string }
        /** Nobody takes connections there. */
        | { tag: "refused"; val: string }
        /** It took too long. */
        | { tag: "timed-out"; val: string }
        /** The server's certificate is not believed: the text says why and what to do. */
        | { tag: "untrusted"; val: string }
        /** The answer is larger than it may be. */
        | { tag: "too-large"; val: string }
        /** The arguments make no sense; the text says which and why. */
        | { tag: "invalid"; val: string }
        /** Not permitted to this plugin, or not in this place; the text says what. */
        | { tag: "denied"; val: string }
        /** The connection has broken, or what came is no HTTP; the text says why. */
        | { tag: "failed"; val: string }
        /** A reason that this version of the contract has no case for: a code and a sentence. */
        | { tag: "other"; val: [string, string] };
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * Ask, and wait for the whole answer. An answer of any status is an answer.
         * @throws {Failure}
         */
        send(request: Request): Response;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:services/keys@0.1.0" {
    export type Error = import("jackfield:types/types@0.1.0").Error;
    /** What a lamp does. */
    export type Lamp =
        | "off"
        | "flashing"
        | "on";
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * Set the lamp of a key, by its id: for everybody, or for the telephones of one extension, which then see that whatever everybody's is.
         * @throws {Error}
         */
        set(key: string, extension: string | null, lamp: Lamp): void;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:services/kv@0.1.0" {
    export type Error = import("jackfield:types/types@0.1.0").Error;
    /** A value. */
    export interface Entry {
        /** Its key. */
        key: string;
        /** What is kept. */
        value: Uint8Array;
        /** The commit that wrote it; later commits have higher numbers. */
        version: number;
    }
    /** One change of a commit. */
    export interface Change {
        /** The key. */
        key: string;
        /** What is kept under it from now on; none: nothing. */
        value: Uint8Array | null;
        /** The version that the key must have for the commit to be made, 0 for none; without it, any. */
        expect: number | null;
    }
    /** Why nothing was changed. */
    export type CommitFailure =
        /** This key has another version than was expected: somebody else was faster. Read again, then try again. */
        | { tag: "conflict"; val: string }
        /** There is no room: the text says how much there is. */
        | { tag: "full"; val: string }
        /** The arguments make no sense; the text says which and why. */
        | { tag: "invalid"; val: string }
        /** Not permitted to this plugin, or not in this place; the text says what. */
        | { tag: "denied"; val: string }
        /** The host could not; the text says why. */
        | { tag: "failed"; val: string }
        /** A reason that this version of the contract has no case for: a code and a sentence. */
        | { tag: "other"; val: [string, string] };
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * The value under a key.
         * @throws {Error}
         */
        get(key: string): Entry | null;
        /**
         * Entries whose keys begin with `prefix`, by key, from after the key `after`; at most `limit` of them, 1,000 at most
         * and 2 MiB together.
         * @throws {Error}
         */
        scan(prefix: string, after: string | null, limit: number): Array<Entry>;
        /**
         * Make all of these changes or none. Gives the version of what was written.
         * @throws {CommitFailure}
         */
        commit(changes: Array<Change>): number;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:services/log@0.1.0" {
    /** How grave a line is. */
    export type Level =
        /** For the author. */
        | "debug"
        /** A change of state. */
        | "info"
        /** Somebody should look. */
        | "warn"
        /** Something failed. */
        | "error";
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * Write one line. 1,000 characters of it are kept, and the last 500 lines; beyond 100 lines a second lines are
         * counted, not kept.
         */
        write(level: Level, message: string): void;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:services/mail@0.1.0" {
    export type TimestampMs = import("jackfield:types/types@0.1.0").TimestampMs;
    export type Error = import("jackfield:types/types@0.1.0").Error;
    /** Whom a letter is for. */
    export type Recipient =
        /** The person whose extension this is, at the address in their profile. */
        | { tag: "extension"; val: string }
        /**
         * An address that stands in the setting which `plugin.toml` names under `addresses`; there also `@example.org` for
         * everybody there.
         */
        | { tag: "address"; val: string };
    /** What is in an attachment. */
    export type Content =
        /** A media type, such as `text/csv`, and bytes. */
        | { tag: "bytes"; val: [string, Uint8Array] }
        /** A recording of this plugin by its id, or one that came with the event in hand, as `audio/wav`. */
        | { tag: "recording"; val: string }
        /** A document of this plugin by its id, as `application/pdf`; needs `documents`. */
        | { tag: "document"; val: string };
    /** Something that is attached. */
    export interface Attachment {
        /** The name of the file, 1 to 100 characters. */
        name: string;
        /** What is in it. */
        content: Content;
    }
    /** A letter. Each recipient gets one of their own and sees no other. */
    export interface Letter {
        /** Whom it is for, 1 to 20. */
        to: Array<Recipient>;
        /** What it is about, on one line. */
        subject: string;
        /** The text. */
        text: string;
        /** The same as HTML. */
        html: string | null;
        /** What is attached. */
        attachments: Array<Attachment>;
        /**
         * A name of up to 256 bytes by which the plugin knows this letter: a second one of this name is accepted and not sent,
         * for seven days. So work that is done twice writes once.
         */
        once: string | null;
        /** It is not sent before this. */
        notBefore: TimestampMs | null;
    }
    /** Why nothing was sent, to none of the recipients. */
    export type Refusal =
        /** This extension belongs to nobody, or to somebody without an address in their profile. */
        | { tag: "no-address"; val: string }
        /** Nobody has set mail up in this house. */
        | { tag: "not-set-up" }
        /** Too much was written already; the text says how much is possible. */
        | { tag: "too-much"; val: string }
        /** The arguments make no sense; the text says which and why. */
        | { tag: "invalid"; val: string }
        /** Not permitted to this plugin, or not in this place; the text says what. */
        | { tag: "denied"; val: string }
        /** The host could not; the text says why. */
        | { tag: "failed"; val: string }
        /** A reason that this version of the contract has no case for: a code and a sentence. */
        | { tag: "other"; val: [string, string] };
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * Have a letter sent.
         * @throws {Refusal}
         */
        send(letter: Letter): void;
        /**
         * The address in the profile of the person whose extension this is; none when there is no such person, or no address.
         * @throws {Error}
         */
        addressOf(extension: string): string | null;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:services/message-waiting@0.1.0" {
    export type Error = import("jackfield:types/types@0.1.0").Error;
    /** How many messages there are. */
    export interface Counts {
        /** Not heard yet, urgent ones included. */
        new: number;
        /** Heard and kept, urgent ones included. */
        old: number;
        /** Urgent ones not heard yet. */
        urgentNew: number;
        /** Urgent ones heard and kept. */
        urgentOld: number;
    }
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * So many messages wait at this extension; its lamps are told. The host forgets it when it ends: say it again in
         * `hooks/start`.
         * @throws {Error}
         */
        set(extension: string, counts: Counts): void;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:services/metrics@0.1.0" {
    export type Error = import("jackfield:types/types@0.1.0").Error;
    /** A label: its name and its value. Values are few: a queue or an outcome, and never who calls. */
    export type Label = [string, string];
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * Count: `by` is 0 or more.
         * @throws {Error}
         */
        add(name: string, labels: Array<Label>, by: number): void;
        /**
         * Set what goes up and down.
         * @throws {Error}
         */
        set(name: string, labels: Array<Label>, value: number): void;
        /**
         * One more of what is spread, such as seconds that something took: 0 or more.
         * @throws {Error}
         */
        observe(name: string, labels: Array<Label>, value: number): void;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:services/pins@0.1.0" {
    export type Error = import("jackfield:types/types@0.1.0").Error;
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * The hash of a PIN of 1 to 64 bytes.
         * @throws {Error}
         */
        hash(pin: string): string;
        /**
         * Whether a PIN has this hash. Takes as long as hashing, some 20 ms: count the failures, and let nobody try for ever.
         * @throws {Error}
         */
        matches(pin: string, hash: string): boolean;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:services/presence@0.1.0" {
    export type TimestampMs = import("jackfield:types/types@0.1.0").TimestampMs;
    export type Error = import("jackfield:types/types@0.1.0").Error;
    /** Where somebody is, or whether they want to be called. */
    export type State =
        /** At work. */
        | "office"
        /** In a meeting. */
        | "meeting"
        /** Ill. */
        | "sick"
        /** At a break. */
        | "break"
        /** On the way. */
        | "gone-out"
        /** On vacation. */
        | "vacation"
        /** At lunch. */
        | "lunch"
        /** Gone home. */
        | "gone-home"
        /** Their telephones do not ring. */
        | "do-not-disturb"
        /** Wants to be called. */
        | "call-me";
    /** What somebody has said. */
    export interface Availability {
        /** Where they are. */
        state: State;
        /** A word to colleagues; empty when they keep it to themselves. */
        note: string;
        /** When they are back. */
        until: TimestampMs | null;
    }
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * Where the person of an extension is; none when there is no such extension.
         * @throws {Error}
         */
        get(extension: string): Availability | null;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:services/schedules@0.1.0" {
    export type TimestampMs = import("jackfield:types/types@0.1.0").TimestampMs;
    export type Error = import("jackfield:types/types@0.1.0").Error;
    /** What holds at a moment. */
    export type Case =
        /** Open. */
        | "day"
        /** Closed on a day on which the house opens. */
        | "night"
        /** A day on which it does not open in an ordinary week. */
        | "weekend"
        /** A holiday. */
        | "holiday"
        /** Closed on a day that differs. */
        | "exception";
    /** How a schedule stands at a moment. */
    export interface Standing {
        /** The case. */
        case: Case;
        /** Whether somebody has decided so, and not the clock. */
        forced: boolean;
        /** The name of the holiday or of the day that differs; empty on other days. */
        occasion: string;
        /** When another case holds; none when that is far off, or in somebody's hands. */
        until: TimestampMs | null;
        /** When the house opens next by the clock, as long as it is closed; none when that is far off. */
        opens: TimestampMs | null;
    }
    /** Open from one minute of a day to another, 0 to 1,440. */
    export interface Span {
        /** From. */
        from: number;
        /** Until. */
        to: number;
    }
    /** What a schedule is made of, as far as callers are told of it. */
    export interface Hours {
        /** Its time zone of the IANA database. */
        timeZone: string;
        /** When the house is open on each day of an ordinary week, Monday first. */
        week: Array<Array<Span>>;
    }
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * The names of all schedules, by name.
         * @throws {Error}
         */
        names(): Array<string>;
        /**
         * How a schedule stands at a moment; none when there is none of that name.
         * @throws {Error}
         */
        at(name: string, at: TimestampMs): Standing | null;
        /**
         * The hours of an ordinary week; none when there is no schedule of that name.
         * @throws {Error}
         */
        ordinary(name: string): Hours | null;
        /**
         * Have a case hold from now on, whatever the clock says, or the clock decide again. `false` when there is no schedule of
         * that name. Closed to decisions and to reducers.
         * @throws {Error}
         */
        force(name: string, to: Case | null): boolean;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:services/secrets@0.1.0" {
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /** The names of those that are set: the name of the setting, or its place below one (`accounts/0/key`). */
        names(): Array<string>;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:services/settings@0.1.0" {
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * All settings as one JSON object, valid by the plugin's `settings.schema.json`, defaults filled in. They are
         * those in force when the instance began; a change reaches the next decision and the next script.
         */
        read(): string;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:services/tcp@0.1.0" {
    export type DurationMs = import("jackfield:types/types@0.1.0").DurationMs;
    /** How a connection is secured. */
    export type Security =
        /** Not at all. */
        | { tag: "none" }
        /**
         * By TLS 1.2 or 1.3. The server's certificate must be made out to the host that was asked for and signed by an
         * authority that this machine believes, or by one of these: certificates in PEM form, perhaps none.
         */
        | { tag: "tls"; val: string };
    /** Why something was not done. */
    export type Failure =
        /** There is no such host, or no name server has answered: the text says which. */
        | { tag: "unknown-host"; val: string }
        /** Nobody takes connections there. */
        | { tag: "refused"; val: string }
        /** It took too long. After a read that timed out the connection is as it was before. */
        | { tag: "timed-out"; val: string }
        /** The server's certificate is not believed: the text says why and what to do. */
        | { tag: "untrusted"; val: string }
        /** The connection is over. */
        | { tag: "closed"; val: string }
        /** The arguments make no sense; the text says which and why. */
        | { tag: "invalid"; val: string }
        /** Not permitted to this plugin, or not in this place; the text says what. */
        | { tag: "denied"; val: string }
        /** The host could not; the text says why. */
        | { tag: "failed"; val: string }
        /** A reason that this version of the contract has no case for: a code and a sentence. */
        | { tag: "other"; val: [string, string] };
    /** A connection that is up. Dropping it closes it. */
    export class Connection {
        private constructor();
        /**
         * What comes next, as soon as something comes: up to `max` bytes, 256 KiB at most; nothing when the server has
         * closed the connection. Waits 60 s at most.
         * @throws {Failure}
         */
        read(max: number, timeout: DurationMs): Uint8Array;
        /**
         * Send all of this: 1 MiB at most. Waits 10 s at most for the server to take it.
         * @throws {Failure}
         */
        write(bytes: Uint8Array): void;
        /**
         * Secure a connection that was in clear so far; the authorities are those of `security.tls`.
         * @throws {Failure}
         */
        startTls(authorities: string): void;
        [Symbol.dispose](): void;
    }
}

declare module "jackfield:services/timers@0.1.0" {
    export type TimestampMs = import("jackfield:types/types@0.1.0").TimestampMs;
    export type Error = import("jackfield:types/types@0.1.0").Error;
    /** A timer that is set. */
    export interface Timer {
        /** Its name. */
        name: string;
        /** When it is due. */
        due: TimestampMs;
    }
    /** What can be called, or is to be written where a plugin exports it. */
    export interface Functions {
        /**
         * Wake the plugin at that time, or at once when it has passed; in place of a timer of the same name. It is on the disk
         * when this returns.
         * @throws {Error}
         */
        set(name: string, due: TimestampMs, payload: Uint8Array): void;
        /**
         * Do not; nothing happens when there is no such timer.
         * @throws {Error}
         */
        cancel(name: string): void;
        /**
         * The timers whose names begin with `prefix`, by name; at most 1,000.
         * @throws {Error}
         */
        pending(prefix: string): Array<Timer>;
    }
    const functions: Functions;
    export default functions;
}

declare module "jackfield:types/types@0.1.0" {
    /** Milliseconds since 1970-01-01T00:00:00Z by the host's clock, which is virtual in tests. */
    export type TimestampMs = number;
    /** A length of time in milliseconds. */
    export type DurationMs = number;
    /** One side of a call as people name it. */
    export interface Party {
        /** The number or SIP user part, e.g. `100`, `+33123456789`, `anonymous`. */
        number: string;
        /** The display name; empty when there is none. */
        name: string;
        /** The extension, when the party is one of the house: for a caller that means "signed in as". */
        extension: string | null;
    }
    /** Which way a call crosses the house. */
    export type Direction =
        /** Between two extensions of the house. */
        | "internal"
        /** From a trunk. */
        | "inbound"
        /** To a trunk. */
        | "outbound";
    /** Why a verb did not do what it says. */
    export type Error =
        /** The far end has hung up. Every later verb on the call says so too: clean up and return. */
        | { tag: "gone" }
        /** The arguments make no sense; the text says which and why. */
        | { tag: "invalid"; val: string }
        /** Not permitted to this plugin, or not in this place; the text says what. */
        | { tag: "denied"; val: string }
        /** The host could not; the text says why. */
        | { tag: "failed"; val: string }
        /** A reason that this version of the contract has no case for: a code and a sentence. */
        | { tag: "other"; val: [string, string] };
}
