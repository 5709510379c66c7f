/// <reference path="./contract.d.ts" />

import type { Answer, Functions as Decide, Part, Request as Asked, RingStyle } from "jackfield:routing/decide@0.1.0";
import type { Call as RawCall, Collected, HangUpCause, Prompt, Spoken, Tone } from "jackfield:call/control@0.1.0";
import type { Functions as Handler } from "jackfield:script/handler@0.1.0";
import type { Functions as Web, Response, User } from "jackfield:hooks/web@0.1.0";
import type { LocalTime } from "jackfield:services/clock@0.1.0";
import type { Party } from "jackfield:types/types@0.1.0";

/** The plugin's settings, defaults filled in. */
export function settings<T = any>(): T;
/** The plugin's log, which administrators see. */
export const log: Record<"debug" | "info" | "warn" | "error", (...words: unknown[]) => void>;
/** Time as the host has it, which is virtual in tests: milliseconds since 1970. */
export const clock: { now(): number; local(zone: string, at?: number): LocalTime };

/** Where a call goes, with what goes along. */
export class Decision {
    private constructor();
    /** When nobody of those before has answered, ring these. */
    thenRing(...targets: string[]): this;
    /** How long those ring who were named last, in seconds; 30 when nothing is said. */
    forAtMost(seconds: number): this;
    /** What those who were named last see as caller. */
    showing(party: Partial<Party> & { number: string }): this;
    /** How the telephones of those ring who were named last. */
    ringing(style: RingStyle): this;
    /** Something that the script is to know. */
    with(name: string, value: string | number): this;
    /** Set a variable of the call. */
    set(name: string, value: string | number): this;
    /** Why, in one sentence for the administrator. */
    because(why: string): this;
    /** As the contract has it. */
    readonly answer: Answer;
}
/** No opinion: the next plugin, then the built-in rule. */
export function pass(): Decision;
/** Ring these in parallel: `ext:100`, a number, a SIP URI. */
export function ring(...targets: string[]): Decision;
/** Give the caller to a script of this plugin, or of another. */
export function run(entry: string, plugin?: string): Decision;
/** Route again with this callee. */
export function redirect(to: string): Decision;
/** Give the caller the call that rings at this number. */
export function pickUp(number: string): Decision;
/** Park the call at this number. */
export function park(number: string): Decision;
/** Call back when this number is free. */
export function callBack(number: string): Decision;
/** Take part in the conversation of this number. */
export function join(number: string, part: Part): Decision;
/** Refuse with this SIP status. */
export function reject(status: number): Decision;
/** `export const decide = router((request) => ring("ext:100"))` */
export function router(route: (request: Asked) => Decision | null | undefined | void): Decide;

/** A verb did not do what it says. */
export class VerbError extends Error {
    constructor(kind: string, message: string);
    /** `gone`, `invalid`, `denied`, `failed`, `other`; of dialling `busy`, `no-answer`, `rejected`, `unavailable` */
    readonly kind: string;
    /** The caller has hung up: let it pass, and the script ends. */
    readonly isGone: boolean;
    /** Dialling failed in a way that another target may mend. */
    readonly isUnreached: boolean;
}
/** A tone for so many seconds. */
export function tone(which: Tone, seconds: number): Prompt;
/** Nothing for so many seconds. */
export function silence(seconds: number): Prompt;
/** What was recorded, by its id. */
export function recording(id: string): Prompt;
/** Things to be spoken, among prompts. */
export const spoken: {
    number(number: number): Spoken;
    digits(digits: string): Spoken;
    date(year: number, month: number, day: number): Spoken;
    time(hour: number, minute: number): Spoken;
    duration(seconds: number): Spoken;
};
/** Something to be heard: the name of a prompt of the package, a tone, a silence, a recording, or a list of them. */
export type Heard = string | Prompt | Heard[];
/** The same with what is spoken from pieces. */
export type Said = string | Prompt | Spoken | Said[];
/** How digits are collected: at most `max` (1), the first `within` (5 s), each further one `between` (3 s). */
export interface Collecting {
    max?: number;
    within?: number;
    between?: number;
    endingWith?: string;
    bargeIn?: boolean;
}
/** A live call: the caller of a script, or, from `dial`, somebody who has answered. Verbs wait until they are done. */
export class Call {
    private constructor();
    /** The call as the contract has it, for interfaces that take one. */
    readonly raw: RawCall;
    readonly id: string;
    readonly caller: Party;
    readonly callee: Party;
    /** What the decision wanted the script to know. */
    arg(name: string): string | null;
    /** A variable of the call. */
    var(name: string): string | null;
    setVar(name: string, value: string | number): this;
    /** Prompts are of this language from now on. */
    speak(language: string): this;
    answer(): this;
    /** Let the caller hear ringing. */
    ring(): this;
    /** Play prompts to their end. */
    play(...what: Heard[]): this;
    /** Speak numbers, dates and prompts to their end. */
    say(...what: Said[]): this;
    /** The same until a key is pressed, which is given. */
    sayUntilKey(...what: Said[]): string | null;
    /** Play and collect digits. */
    ask(what: Heard, options?: Collecting): string;
    /** The same with how it ended. */
    collect(what: Heard, options?: Collecting): Collected;
    /** Send the caller's own sound back, at most so many seconds. */
    echo(seconds: number): this;
    /** Wait for a key, at most so many seconds. */
    wait(seconds: number): string | null;
    /** Ring targets in parallel, at most `forAtMost` seconds (30); gives the one who answers. */
    dial(targets: string | string[], options?: { forAtMost?: number; showing?: Party | null; music?: boolean }): Call;
    /** Of somebody who was dialled: connect with the caller until one of the two hangs up. */
    bridge(): void;
    /** Route the caller as if it had dialled this, and leave the script for good: return when it succeeds. */
    transfer(to: string): void;
    /** End the call. */
    hangUp(cause?: HangUpCause): void;
}
/** `export const handler = scripts({ menu(call) { call.answer(); } })` */
export function scripts(entries: Record<string, (call: Call) => void>): Handler;

/** What a page asks. */
export class Request {
    private constructor();
    /** Method and path: `GET /greeting`. */
    readonly route: string;
    readonly method: string;
    /** The path below the plugin, beginning with `/`. */
    readonly path: string;
    /** A parameter after `?`. */
    query(name: string): string | null;
    header(name: string): string | null;
    readonly body: Uint8Array;
    /** The body, which must be JSON; the page gets a 400 when it is not. */
    json<T = any>(): T;
    readonly user: User & { isAdmin: boolean };
    /** The person's language: `en`, `fr`, `de`. */
    readonly language: string;
}
/** Answer with a value as JSON. */
export function json(value: unknown, status?: number): Response;
/** Answer with a text. */
export function text(words: string, status?: number): Response;
/** Answer with a text or bytes of a media type. */
export function file(type: string, content: string | Uint8Array, headers?: Record<string, string>): Response;
/** Answer that it is done. */
export function done(): Response;
/** Answer that there is nothing here. */
export function notFound(): Response;
/** Answer that this is not allowed. */
export function denied(why: string): Response;
/** The request makes no sense: the page gets a 400 with this text. */
export function refuse(why: string): never;
/** `export const web = page((request) => json({ hello: request.user.name }))` */
export function page(answer: (request: Request) => Response | null | undefined | void): Web;
