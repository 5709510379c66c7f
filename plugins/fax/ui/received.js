// Faxes that came.

import { badge, button, download, find, made, moment } from "./elements.js";
import { number, text } from "./texts.js";

export function draw(bridge, boxes, acting) {
  find("numbers").textContent = boxes.map((box) => box.number).join(", ");
  const faxes = boxes
    .flatMap((box) => box.faxes.map((fax) => ({ ...fax, box: box.number })))
    .sort((a, b) => b.at - a.at);
  find("received").replaceChildren(
    ...faxes.map((fax) => row(bridge, fax, acting)),
  );
  find("no-received").hidden = faxes.length > 0;
  const why = boxes.length > 0 ? "no_received" : "no_box";
  find("no-received-text").textContent = text(bridge, why);
  find("no-received-more").textContent = text(bridge, `${why}_more`, {
    numbers: boxes.map((box) => box.number).join(", "),
  });
}

function row(bridge, fax, acting) {
  const who =
    fax.name || fax.from || fax.station || text(bridge, "unknown_number");
  const heading = made("div", "row heading", made("span", "who", who));
  if (fax.name && fax.from)
    heading.append(made("span", "muted num", fax.from));
  if (!fax.read) heading.append(badge(text(bridge, "new"), "accent"));
  if (fax.broken_off)
    heading.append(badge(text(bridge, "broken_off"), "warn"));
  const facts = [
    moment(bridge, fax.at),
    text(bridge, fax.pages === 1 ? "page" : "pages", {
      count: number(bridge, fax.pages),
    }),
  ];
  if (fax.station) facts.push(text(bridge, "station", { name: fax.station }));
  if (fax.broken_off) facts.push(text(bridge, `is_${fax.broken_off}`));
  const what = made(
    "div",
    "",
    heading,
    made("div", "muted small num", facts.join(" · ")),
  );
  const path = `/boxes/${encodeURIComponent(fax.box)}/${fax.document}`;
  const name = `fax-${new Date(fax.at).toISOString().slice(0, 16).replace(":", "")}.pdf`;
  const acts = made(
    "div",
    "row acts",
    button(
      bridge,
      "pdf",
      who,
      acting(() => download(bridge, `${path}/pdf`, name)),
    ),
    button(
      bridge,
      "delete",
      who,
      acting(() => bridge.fetch(path, { method: "DELETE" })),
      "quiet",
    ),
  );
  return made("li", fax.read ? "item" : "item new", what, acts);
}
