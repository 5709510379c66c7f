/// <reference path="./contract.d.ts" />

import type { Dialled, Functions as Reduce } from "jackfield:reducer/reduce@0.1.0";

/** What is held under a key as of now; null when nothing is. */
export function look<S = any>(key: string): S | null;
/** Give an input and wait for the reply. */
export function ask<R = any>(key: string, what: unknown): R;
/** Give an input that is kept until it is taken, and do not wait. */
export function tell(key: string, what: unknown): void;

/** What has happened; `seq` counts inputs from 1, `at` is when, in milliseconds since 1970. */
export type Event<I = any> = { seq: number; at: number } & (
    | { kind: "asked"; call: string | null; what: I }
    | { kind: "told"; what: I }
    | { kind: "timer"; name: string; what: any }
    | { kind: "call-over"; call: string }
    | { kind: "dialled"; name: string; outcome: Dialled }
    | { kind: "started" }
    | { kind: "other" }
);

/** What is to be done once the new state is kept. */
export interface Effects {
    /** Reply to whoever asks. */
    reply(value: unknown): void;
    /** Send a word to a call that has joined. */
    send(call: string, word: unknown): void;
    /** Have this key told at a time, in milliseconds since 1970. */
    setTimer(name: string, at: number, payload?: unknown): void;
    cancelTimer(name: string): void;
    /** Tell another key of this plugin, or this one. */
    tell(key: string, what: unknown): void;
}

/** `export const reduce = reducer(() => ({ count: 0 }), (state, event, effects) => { … })` */
export function reducer<S, I = any>(
    initial: (key: string) => S,
    take: (state: S, event: Event<I>, effects: Effects, key: string) => S | void,
    layout?: number,
): Reduce;
