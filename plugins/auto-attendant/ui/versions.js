// Every version that was published: who, when, what has changed, and back to it.
import { button, find, made, moment } from "./elements.js";

let context;

export function begin(shared) {
  context = shared;
}

export async function load() {
  try {
    draw(await (await context.ask("/versions")).json());
  } catch {
    // The page says so where it begins; what is listed stays.
  }
}

function draw(versions) {
  find("difference").hidden = true;
  find("list").replaceChildren(
    ...versions.map((version, place) => {
      const { number, at, by, again, note } = version;
      const name = context.say("version", { number });
      const acts = made("div", "row");
      const before = versions[place + 1];
      if (before)
        acts.append(
          button(
            context.say("what_changed"),
            name,
            context.trying(() => compare(before.number, number)),
          ),
        );
      if (place > 0)
        acts.append(
          button(
            context.say("restore"),
            name,
            context.trying(() => restore(number)),
          ),
        );
      const heading = made("p", "heading row", made("strong", "", name));
      if (place === 0)
        heading.append(made("span", "badge good", context.say("current")));
      heading.append(made("span", "muted small", moment(context.bridge, at)));
      const who = by ? context.say("by", { by }) : context.say("by_settings");
      const what = [who, again && context.say("again", { again }), note]
        .filter(Boolean)
        .join(" · ");
      return made(
        "li",
        "version",
        made("div", "", heading, made("p", "small", what)),
        acts,
      );
    }),
  );
}

async function compare(from, to) {
  const lines = await (
    await context.ask(`/difference?from=${from}&to=${to}`)
  ).json();
  const signs = {
    gone: ["−", "line_gone"],
    new: ["+", "line_new"],
    same: [" ", ""],
  };
  find("lines").replaceChildren(
    ...lines.map(({ kind, text }) => {
      if (kind === "skipped")
        return made(
          "li",
          "skipped muted small",
          context.say("skipped", { count: text }),
        );
      const [sign, word] = signs[kind];
      const shown = made("span", "sign", sign);
      shown.setAttribute("aria-hidden", "true");
      const heard = word
        ? [made("span", "hidden-text", `${context.say(word)}: `)]
        : [];
      return made("li", kind, shown, ...heard, made("code", "", text));
    }),
  );
  find("difference-title").textContent = context.say("difference", {
    from,
    to,
  });
  find("difference").hidden = false;
  find("difference-title").focus();
}

async function restore(number) {
  const sure = await context.bridge.confirm({
    title: context.say("restore_title", { number }),
    text: context.say("restore_text"),
    act: context.say("restore"),
  });
  if (!sure) return;
  const answer = await context.ask(`/versions/${number}/restore`, {
    method: "POST",
  });
  if (answer.status !== 200) {
    context.bridge.toast(
      context.say(answer.status === 422 ? "trace_faults" : "failed"),
      "failed",
    );
    return;
  }
  const view = await answer.json();
  context.take(view);
  context.bridge.toast(context.say("now_published", { number: view.number }));
}
