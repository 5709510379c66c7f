// Documents on their way to their recipients, and those that are there.

import { badge, button, download, find, made, moment } from "./elements.js";
import { number, text } from "./texts.js";

const TONES = { sent: "good", failed: "bad", later: "warn", calling: "accent" };

export function draw(bridge, jobs, acting) {
  find("sent").replaceChildren(...jobs.map((job) => row(bridge, job, acting)));
  find("no-sent").hidden = jobs.length > 0;
}

function row(bridge, job, acting) {
  const name = job.name || text(bridge, "document");
  const pages = text(bridge, job.pages === 1 ? "page" : "pages", {
    count: number(bridge, job.pages),
  });
  const done = job.recipients.filter((one) => one.state === "sent").length;
  const counts =
    job.recipients.length === 0
      ? text(bridge, "printed")
      : text(bridge, "reached", {
          done: number(bridge, done),
          all: number(bridge, job.recipients.length),
        });
  const what = made(
    "div",
    "",
    made("div", "row heading", made("span", "who", name)),
    made(
      "div",
      "muted small num",
      [moment(bridge, job.at), pages, counts].join(" · "),
    ),
  );
  const post = (act) =>
    acting(() => bridge.fetch(`/jobs/${job.id}/${act}`, { method: "POST" }));
  const acts = made(
    "div",
    "row acts",
    button(
      bridge,
      "pdf",
      name,
      acting(() => download(bridge, `/jobs/${job.id}/pdf`, "fax.pdf")),
      "quiet",
    ),
  );
  if (!job.over) acts.append(button(bridge, "stop", name, post("stop")));
  else if (done < job.recipients.length)
    acts.append(button(bridge, "again", name, post("again")));
  if (job.over)
    acts.append(
      button(
        bridge,
        "delete",
        name,
        acting(() => bridge.fetch(`/jobs/${job.id}`, { method: "DELETE" })),
        "quiet",
      ),
    );
  if (job.recipients.length === 0)
    return made("li", "item", what, acts, address(bridge, job, name, acting));
  const recipients = made("ul", "recipients small");
  recipients.append(...job.recipients.map((one) => recipient(bridge, one, job)));
  return made("li", "item", what, acts, recipients);
}

/** Asks for the recipients of a document that was printed. */
function address(bridge, job, name, acting) {
  const form = made("form", "address row");
  const label = made("label", "", text(bridge, "to_whom"));
  label.append(made("span", "hidden-text", `: ${name}`));
  const to = made("input", "grow");
  [label.htmlFor, to.id] = [`to-${job.id}`, `to-${job.id}`];
  [to.inputMode, to.required] = ["tel", true];
  const go = button(bridge, "send", name, () => {}, "primary");
  go.type = "submit";
  form.append(label, to, go);
  form.addEventListener(
    "submit",
    acting(() => {
      const query = new URLSearchParams({ to: to.value });
      return bridge.fetch(`/jobs/${job.id}/recipients?${query}`, {
        method: "POST",
      });
    }),
  );
  return form;
}

function recipient(bridge, one, job) {
  const facts = [];
  if (one.outcome && one.state !== "sent")
    facts.push(text(bridge, `is_${one.outcome}`));
  if (one.state === "later")
    facts.push(text(bridge, "next_at", { time: moment(bridge, one.at) }));
  if (one.pages > 0 && one.state !== "sent")
    facts.push(
      text(bridge, "pages_of", {
        count: number(bridge, one.pages),
        all: number(bridge, job.pages),
      }),
    );
  if (one.station) facts.push(text(bridge, "station", { name: one.station }));
  if (one.tries > 1)
    facts.push(text(bridge, "tries", { count: number(bridge, one.tries) }));
  return made(
    "li",
    "",
    made("span", "num", one.number),
    badge(text(bridge, `state_${one.state}`), TONES[one.state] ?? ""),
    made("span", "muted", facts.join(" · ")),
  );
}
