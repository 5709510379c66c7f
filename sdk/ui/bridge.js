// The way from a plugin's page to the shell around it, version 1. The host serves it at /plugin-ui/kit/1/bridge.js.
//
//   import { connect } from "/plugin-ui/kit/1/bridge.js";
//   const bridge = await connect();
//   const notes = await (await bridge.fetch("/notes")).json();
//
// The page runs in a sandbox without cookies and without the network; all that it can do goes through here, and the
// shell decides. Types and explanations are in bridge.d.ts.

const VERSION = 1;
/** What the shell refused, or could not do. `kind` is a word for programs. */
export class BridgeError extends Error {
  constructor(kind, message) {
    super(message);
    this.name = "BridgeError";
    this.kind = kind;
  }
}

/** What the shell tells anew. */
const CHANGES = ["theme", "language", "user"];
/** The height is told at most this often: a window that is dragged changes it with every frame. */
const MEASURE_MS = 100;
/** Statuses that have no body (Fetch standard). */
const WITHOUT_BODY = [204, 205, 304];

class Bridge extends EventTarget {
  #port;
  #waiting = new Map();
  #next = 1;
  #height = 0;
  #measuring;

  constructor(port, { user, language, theme }) {
    super();
    Object.assign(this, { user, language, theme });
    this.#port = port;
    port.onmessage = ({ data }) => this.#receive(data);
    this.#show();
    // The frame is as high as what is in it.
    new ResizeObserver(() => {
      this.#measuring ??= setTimeout(() => this.#measure(), MEASURE_MS);
    }).observe(document.body);
    this.#measure();
  }

  async fetch(path, { method = "GET", headers = {}, body, json } = {}) {
    if (json !== undefined) {
      body = JSON.stringify(json);
      headers = { "content-type": "application/json", ...headers };
    }
    if (body instanceof Blob) body = await body.arrayBuffer();
    const answer = await this.#ask("fetch", { path, method, headers, body });
    const content = WITHOUT_BODY.includes(answer.status) ? null : answer.body;
    return new Response(content, {
      status: answer.status,
      headers: answer.headers,
    });
  }

  async audio(path) {
    return URL.createObjectURL(await this.#blob(path));
  }

  async download(path, name) {
    const url = URL.createObjectURL(await this.#blob(path));
    const link = Object.assign(document.createElement("a"), {
      href: url,
      download: name,
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }

  toast(text, tone = "done") {
    this.#port.postMessage({ type: "toast", text, tone });
  }

  confirm({ title, text, act }) {
    return this.#ask("confirm", { title, text, act });
  }

  title(text) {
    this.#port.postMessage({ type: "title", text });
  }

  navigate(to) {
    return this.#ask("navigate", { to });
  }

  call(number) {
    return this.#ask("call", { number });
  }

  async #blob(path) {
    const answer = await this.fetch(path);
    if (!answer.ok)
      throw new BridgeError("failed", `${path}: ${answer.status}`);
    return answer.blob();
  }

  #ask(type, content) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#port.postMessage({ ...content, type, id });
    });
  }

  #receive(message) {
    if (CHANGES.includes(message.type)) {
      this[message.type] = message.value;
      this.#show();
      this.dispatchEvent(new Event(message.type));
      return;
    }
    const waiting = this.#waiting.get(message.id);
    if (!waiting) return;
    this.#waiting.delete(message.id);
    if (message.error)
      waiting.reject(new BridgeError(message.error.kind, message.error.text));
    else waiting.resolve(message.value);
  }

  #show() {
    const root = document.documentElement;
    root.lang = this.language;
    if (this.theme === "system") delete root.dataset.theme;
    else root.dataset.theme = this.theme;
  }

  #measure() {
    this.#measuring = undefined;
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (height === this.#height) return;
    this.#height = height;
    this.#port.postMessage({ type: "size", height });
  }
}

// The shell speaks once, when the page is loaded: whoever connects later must not have missed it.
const first = new Promise((resolve) => {
  addEventListener("message", function greeted(event) {
    if (
      event.source !== parent ||
      event.data?.jackfield !== VERSION ||
      !event.ports[0]
    )
      return;
    removeEventListener("message", greeted);
    resolve(new Bridge(event.ports[0], event.data));
  });
});

export const connect = () => first;
