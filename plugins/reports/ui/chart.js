// Simple pictures of figures, in SVG. The table beside them says the same in words.

import { make } from "./elements.js";

const SVG = "http://www.w3.org/2000/svg";
/** More rows than this are no picture any more. */
const MOST_BARS = 24;
const MOST_POINTS = 400;

function svg(tag, attributes, text) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes))
    made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

/** Draws a report into a figure; whether there was something to draw. */
export function draw(figure, report, caption) {
  figure.replaceChildren();
  const { chart, columns, rows } = report;
  if (!chart || rows.length === 0) return false;
  const series = chart.of
    .map((name) => columns.findIndex((column) => column.name === name))
    .filter((at) => at >= 0);
  if (series.length === 0) return false;
  const picture =
    chart.kind === "heat"
      ? heat(report, series[0])
      : chart.kind === "line"
        ? line(report, series)
        : bars(report, series);
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", caption);
  figure.append(picture);
  if (chart.kind !== "heat") {
    const legend = make("figcaption", "row small");
    series.forEach((at, n) => {
      legend.append(
        make(
          "span",
          "row key",
          make("span", `swatch s${n % 4}`),
          columns[at].label,
        ),
      );
    });
    figure.append(legend);
  }
  return true;
}

/** What a row is called: its words, one after the other. */
const named = ({ columns }, row) =>
  row.texts.filter((_, at) => !columns[at].measure).join(" · ");

const value = (row, at) => Math.max(0, Number(row.values[at] ?? 0));

/** The largest value, the same for columns of one unit. */
const most = (rows, series) =>
  Math.max(...rows.flatMap((row) => series.map((at) => value(row, at))), 1e-9);

function bars(report, series) {
  const rows = report.rows.slice(0, MOST_BARS);
  const thick = series.length > 1 ? 9 : 14;
  const step = series.length * thick + 10;
  const height = rows.length * step + 6;
  const picture = svg("svg", { viewBox: `0 0 640 ${height}` });
  const top = most(rows, series);
  rows.forEach((row, n) => {
    const y = n * step + 6;
    const name = named(report, row);
    const short = name.length > 26 ? `${name.slice(0, 25)}…` : name;
    picture.append(
      svg("text", { x: 4, y: y + step / 2 - 2, class: "name" }, short),
    );
    series.forEach((at, s) => {
      const length = (value(row, at) / top) * 360;
      const place = { x: 190, y: y + s * thick, height: thick - 2 };
      picture.append(
        svg("rect", {
          ...place,
          width: Math.max(1, length),
          rx: 2,
          class: `s${s % 4}`,
        }),
        svg(
          "text",
          { x: 196 + length, y: place.y + thick - 3, class: "figure" },
          row.texts[at],
        ),
      );
    });
  });
  return picture;
}

function line(report, series) {
  const rows = report.rows.slice(0, MOST_POINTS);
  const [left, right, top, bottom] = [46, 630, 10, 190];
  const picture = svg("svg", { viewBox: "0 0 640 220" });
  const highest = most(rows, series);
  const x = (n) =>
    left + (rows.length < 2 ? 0.5 : n / (rows.length - 1)) * (right - left);
  const y = (v) => bottom - (v / highest) * (bottom - top);
  for (const share of [0, 0.5, 1]) {
    picture.append(
      svg("line", {
        x1: left,
        x2: right,
        y1: y(share * highest),
        y2: y(share * highest),
        class: "grid",
      }),
    );
  }
  const peak = rows.reduce(
    (best, row) =>
      series.reduce(
        (best, at) =>
          value(row, at) > best.value
            ? { value: value(row, at), text: row.texts[at] }
            : best,
        best,
      ),
    { value: -1, text: "" },
  );
  picture.append(
    svg("text", { x: left - 4, y: top + 4, class: "figure end" }, peak.text),
    svg("text", { x: left - 4, y: bottom + 4, class: "figure end" }, "0"),
    svg("text", { x: left, y: 212, class: "figure" }, named(report, rows[0])),
  );
  if (rows.length > 1) {
    picture.append(
      svg(
        "text",
        { x: right, y: 212, class: "figure end" },
        named(report, rows.at(-1)),
      ),
    );
  }
  series.forEach((at, s) => {
    const points = rows.map(
      (row, n) => `${x(n).toFixed(1)},${y(value(row, at)).toFixed(1)}`,
    );
    picture.append(
      svg("polyline", { points: points.join(" "), class: `line s${s % 4}` }),
    );
    if (rows.length < 40) {
      rows.forEach((row, n) =>
        picture.append(
          svg("circle", {
            cx: x(n),
            cy: y(value(row, at)),
            r: 2.5,
            class: `s${s % 4}`,
          }),
        ),
      );
    }
  });
  return picture;
}

/** The first dimension downwards, the second across. */
function heat(report, at) {
  const distinct = (n) => [
    ...new Map(report.rows.map((row) => [String(row.values[n]), row.texts[n]])),
  ];
  const [down, across] = [distinct(0), distinct(1)];
  const order = (a, b) => Number(a[0]) - Number(b[0]) || 0;
  down.sort(order);
  across.sort(order);
  const [cell, high, left] = [Math.min(60, 500 / across.length), 22, 96];
  const picture = svg("svg", {
    viewBox: `0 0 ${left + across.length * cell + 10} ${down.length * high + 24}`,
  });
  const top = most(report.rows, [at]);
  across.forEach(([, text], n) =>
    picture.append(
      svg(
        "text",
        { x: left + n * cell + cell / 2, y: 12, class: "figure middle" },
        text.slice(0, Math.max(2, Math.floor(cell / 7))),
      ),
    ),
  );
  down.forEach(([, text], n) =>
    picture.append(
      svg("text", { x: 4, y: 18 + n * high + 15, class: "name" }, text),
    ),
  );
  for (const row of report.rows) {
    const place = (list, n) =>
      list.findIndex(([key]) => key === String(row.values[n]));
    picture.append(
      svg("rect", {
        x: left + place(across, 1) * cell + 1,
        y: 18 + place(down, 0) * high + 1,
        width: cell - 2,
        height: high - 2,
        rx: 2,
        class: "s0",
        "fill-opacity": (0.08 + 0.92 * (value(row, at) / top)).toFixed(2),
      }),
    );
  }
  return picture;
}
