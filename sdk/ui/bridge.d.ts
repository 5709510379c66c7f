/** The way from a plugin's page to the shell around it, version 1. */

/** Waits until the shell has handed over the bridge; the same bridge however often it is asked for. */
export function connect(): Promise<Bridge>;

/** Who has the page open. The host vouches for it to the plugin; here it is for showing only. */
export interface User {
  /** Stays when the name changes. */
  id: string;
  name: string;
  /** The person's first extension. */
  extension: string | null;
  /** `["user"]`, or `["admin", "user"]`. */
  roles: string[];
}

export type Language = "en" | "fr" | "de";
export type Theme = "system" | "light" | "dark";

export interface Request {
  /** `GET` unless said otherwise; or `POST`, `PUT`, `PATCH`, `DELETE`. */
  method?: string;
  /** `accept`, `content-type` and `if-none-match` reach the plugin. */
  headers?: Record<string, string>;
  /** At most 1 MiB. */
  body?: string | ArrayBuffer | Blob;
  /** In place of `body`: sent as JSON. */
  json?: unknown;
}

/**
 * At most 60 messages at once and 20 a second; beyond that they are dropped, and a page that does not stop is stopped.
 * At most 8 requests are under way at a time; further ones wait.
 */
export interface Bridge extends EventTarget {
  /** Changes when the person's name, number or role does. */
  readonly user: User;
  /** Also `lang` of the document. */
  readonly language: Language;
  /** Also `data-theme` of the document, which kit.css follows. */
  readonly theme: Theme;

  /** After the shell's theme or language has changed, or something about the person. */
  addEventListener(
    type: "theme" | "language" | "user",
    listener: () => void,
  ): void;

  /**
   * Asks this plugin, by the path below it: `/notes?q=x`. Any status is an answer; look at `ok`.
   * @throws {BridgeError} `offline`, `invalid`, or `busy` when more than 32 requests wait
   */
  fetch(path: string, request?: Request): Promise<Response>;
  /** Something to hear, as an address for `<audio src>`. Give it back with `URL.revokeObjectURL`. */
  audio(path: string): Promise<string>;
  /** Saves what the plugin answers as a file. Only after somebody has pressed something. */
  download(path: string, name: string): Promise<void>;

  /** A short note at the edge of the window; at most 200 characters. */
  toast(text: string, tone?: "done" | "failed"): void;
  /** Asks before something that cannot be undone; `act` is what the button says. Whether it was pressed. */
  confirm(question: {
    title: string;
    text: string;
    act: string;
  }): Promise<boolean>;
  /** The title of the page, in the window's title too; at most 60 characters. */
  title(text: string): void;

  /** Leads to another page: of this plugin, of a person in the telephone list, or the call history. */
  navigate(
    to: { page: string } | { person: string } | { history: true },
  ): Promise<void>;
  /** Calls a number by the person's own telephone, once they have agreed. Whether they have. */
  call(number: string): Promise<boolean>;
}

/** What the shell refused, or could not do. */
export class BridgeError extends Error {
  /** `offline`, `invalid`, `busy`, `failed`. */
  readonly kind: string;
}
