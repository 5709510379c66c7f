// What would become of a caller, step by step.
import { find, made } from "./elements.js";
import { DAYS } from "./form.js";

let context;

export function begin(shared) {
  context = shared;
  const now = new Date();
  now.setMinutes(now.getMinutes() - now.getTimezoneOffset());
  find("at").value = now.toISOString().slice(0, 16);
  find("tracer").addEventListener("submit", context.trying(follow));
}

async function follow() {
  const json = {
    caller: { at: find("at").value.slice(0, 16), keys: find("keys").value },
  };
  if (find("which").value === "draft") json.text = context.draft();
  const answer = await context.ask("/trace", { method: "POST", json });
  const told = await answer.json();
  if (answer.status === 422) {
    return find("traced").replaceChildren(
      made("p", "note bad", context.say("trace_faults")),
    );
  }
  const list = made(
    "ol",
    "steps",
    ...told.map((step) => made("li", `step-${step.what}`, sentence(step))),
  );
  list.setAttribute("aria-label", context.say("traced"));
  find("traced").replaceChildren(list);
}

function sentence({ what, about }) {
  if (what === "case" || what === "forced") {
    const [name, occasion, schedule] = about;
    const words = context.say(`trace_${what}`, {
      case: context.say(`case_${name}`),
      occasion,
    });
    const by = schedule
      ? context.say("trace_by", { schedule })
      : context.say("trace_by_own");
    return `${words}${occasion ? ` (${occasion})` : ""} ${by}`;
  }
  if (what === "plays")
    return context.say("trace_plays", { prompts: about.join(", ") });
  if (what === "opens")
    return context.say("trace_opens", {
      day: dayName(about[0]),
      time: about[1],
    });
  if (what === "language")
    return context.say("trace_language", {
      language: context.say(`language_${about[0]}`),
    });
  return context.say(`trace_${what}`, { about: about[0] ?? "" });
}

/** `Monday`, in the reader's language. */
const dayName = (day) =>
  new Intl.DateTimeFormat(context.bridge.language, {
    weekday: "long",
    timeZone: "UTC",
  }).format(
    // 1 January 2024 was a Monday.
    Date.UTC(2024, 0, 1 + DAYS.indexOf(day)),
  );
