import { connect } from "/plugin-ui/kit/1/bridge.js";
import { fillIn, text } from "./texts.js";

const bridge = await connect();
const find = (id) => document.getElementById(id);

fillIn(bridge);
await greet();
bridge.addEventListener("language", greet);

async function greet() {
  const greeting = await (await bridge.fetch("/greeting")).json();
  find("greeting").textContent = greeting.text;
  find("role").hidden = !greeting.admin;
}

/** Does something and says so when it fails. */
const trying = (act) => async (event) => {
  event.preventDefault();
  try {
    await act();
  } catch {
    bridge.toast(text(bridge, "failed"), "failed");
  }
};

find("sum").addEventListener(
  "submit",
  trying(async () => {
    const terms = [find("a").valueAsNumber, find("b").valueAsNumber];
    const answer = await bridge.fetch("/sum", {
      method: "POST",
      json: { terms },
    });
    find("result").textContent = `= ${await answer.json()}`;
  }),
);

find("download").addEventListener(
  "click",
  trying(() => bridge.download("/table.csv", "squares.csv")),
);

find("listen").addEventListener(
  "click",
  trying(async () => {
    const audio = find("player").querySelector("audio");
    audio.src = await bridge.audio("/tone.wav");
    find("player").hidden = false;
    await audio.play();
  }),
);

find("call").addEventListener(
  "click",
  trying(() => bridge.call("100")),
);
find("history").addEventListener(
  "click",
  trying(() => bridge.navigate({ history: true })),
);

find("erase").addEventListener(
  "click",
  trying(async () => {
    const sure = await bridge.confirm({
      title: text(bridge, "erase"),
      text: text(bridge, "erase_sure"),
      act: text(bridge, "erase"),
    });
    if (!sure) return;
    const answer = await bridge.fetch("/everything", { method: "DELETE" });
    bridge.toast(
      answer.ok ? text(bridge, "erased") : await answer.text(),
      answer.ok ? "done" : "failed",
    );
  }),
);

find("load").addEventListener(
  "click",
  trying(async () => {
    const lines = (await (await bridge.fetch("/table.csv")).text())
      .trim()
      .split("\r\n")
      .slice(1);
    const rows = lines.map((line) => {
      const row = document.createElement("tr");
      for (const [at, value] of line.split(",").entries()) {
        const cell = row.insertCell();
        cell.textContent = value;
        cell.dataset.label = text(bridge, at === 0 ? "number" : "square");
        if (at === 1) cell.className = "end";
      }
      return row;
    });
    document.querySelector("tbody").replaceChildren(...rows);
    document.querySelector("table").hidden = false;
    find("none").hidden = true;
  }),
);
