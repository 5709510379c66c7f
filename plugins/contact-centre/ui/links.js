// Wallboards: links that need no signing in, for supervisors to make and to take back.

import { button, draw, find, made } from "./elements.js";
import { text } from "./texts.js";

const DAYS = [1, 7, 30, 365];

/** 32 random bytes, as an address can hold them. */
function word() {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}

export function drawLinks(bridge, plugin, overview, { make, order }) {
  find("links").hidden = !overview;
  if (!overview) return;
  const { links, queues } = overview;
  const named = (number) =>
    queues.find((queue) => queue.number === number)?.name ?? number;
  draw(find("links-body"), [links, bridge.language], () =>
    links.map((link) => {
      const until = new Intl.DateTimeFormat(bridge.language, {
        dateStyle: "medium",
      }).format(link.until);
      const shown =
        link.queues.map(named).join(", ") || text(bridge, "history_all");
      const more = text(bridge, "link_more", { shown, until, by: link.by });
      return made(
        "li",
        "item",
        made(
          "div",
          "what",
          made("span", "who", link.name),
          made("p", "muted small", more),
        ),
        made(
          "div",
          "row acts",
          button(
            bridge,
            "link_end",
            link.name,
            async () => {
              const sure = {
                title: text(bridge, "link_end_title", { name: link.name }),
                text: text(bridge, "link_end_text"),
                act: text(bridge, "link_end"),
              };
              if (await bridge.confirm(sure))
                order({ unlink: { id: link.id } });
            },
            "quiet danger",
          ),
        ),
      );
    }),
  );
  const names = queues.map(({ number, name }) => [number, name]);
  draw(find("links-form"), [names, bridge.language], () => [
    form(bridge, plugin, names, make),
  ]);
}

function form(bridge, plugin, queues, make) {
  const it = made("form", "stack");
  const row = made("div", "row search");
  const field = (key, control) => {
    const label = made("label", "", text(bridge, key));
    control.id = label.htmlFor = key;
    row.append(made("div", "field", label, control));
    return control;
  };
  const name = field("link_name", made("input"));
  name.required = true;
  name.maxLength = 60;
  name.autocomplete = "off";
  const message = field("link_message", made("input"));
  message.maxLength = 200;
  message.autocomplete = "off";
  const days = field("link_days", made("select"));
  for (const count of DAYS) {
    const said = text(bridge, count === 1 ? "link_day" : "link_many_days", {
      count,
    });
    days.append(new Option(said, count, false, count === 30));
  }
  const group = made("fieldset", "row");
  group.append(made("legend", "", text(bridge, "link_queues")));
  group.hidden = queues.length === 0;
  const boxes = queues.map(([number, title]) => {
    const box = made("input");
    box.type = "checkbox";
    group.append(made("label", "row", box, title));
    return { box, number };
  });
  const save = button(bridge, "link_make", undefined, () => {}, "primary");
  save.type = "submit";
  const made_ = made("div", "field");
  made_.hidden = true;
  it.append(row, group, made("div", "row", save), made_);
  it.addEventListener("submit", async (event) => {
    event.preventDefault();
    const secret = word();
    const wanted = {
      name: name.value.trim(),
      message: message.value,
      days: Number(days.value),
      queues: boxes.filter(({ box }) => box.checked).map((each) => each.number),
      word: secret,
    };
    if (!(await make(wanted))) return;
    // The page has no origin of its own; its address has.
    const { origin } = new URL(location.href);
    const label = made("label", "", text(bridge, "link_address"));
    const address = made("input", "mono");
    address.id = label.htmlFor = "link-address";
    address.readOnly = true;
    address.value = `${origin}/link/${plugin}/${secret}/?lang=${bridge.language}`;
    const hint = made("p", "muted small", text(bridge, "link_once"));
    made_.replaceChildren(label, address, hint);
    made_.hidden = false;
    name.value = message.value = "";
    address.focus();
    address.select();
  });
  return it;
}
