import { connect } from "/plugin-ui/kit/1/bridge.js";

const texts = {
  en: {
    title: "Shared files",
    add: "Add a file",
    name: "Name",
    size: "Size",
    none: "There is no file yet. Each may have 1 MB.",
    remove: "Delete",
    sure: "The file will be gone for everybody.",
    failed: "That did not work.",
    large: "The file is larger than 1 MB.",
  },
  fr: {
    title: "Fichiers partagés",
    add: "Ajouter un fichier",
    name: "Nom",
    size: "Taille",
    none: "Il n’y a pas encore de fichier. Chacun peut faire 1 Mo.",
    remove: "Supprimer",
    sure: "Le fichier disparaîtra pour tout le monde.",
    failed: "Cela n’a pas marché.",
    large: "Le fichier dépasse 1 Mo.",
  },
  de: {
    title: "Gemeinsame Dateien",
    add: "Datei hinzufügen",
    name: "Name",
    size: "Größe",
    none: "Noch ist keine Datei da. Jede darf 1 MB haben.",
    remove: "Löschen",
    sure: "Die Datei ist dann für alle weg.",
    failed: "Das hat nicht geklappt.",
    large: "Die Datei ist größer als 1 MB.",
  },
};

const bridge = await connect();
const find = (id) => document.getElementById(id);
const text = (key) => (texts[bridge.language] ?? texts.en)[key];
const address = (name) => `/files/${encodeURIComponent(name)}`;

bridge.addEventListener("language", show);
await show();

async function show() {
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = text(element.dataset.text);
  }
  const files = await (await bridge.fetch("/files")).json();
  document.querySelector("tbody").replaceChildren(...files.map(row));
  document.querySelector("table").hidden = files.length === 0;
  find("none").hidden = files.length > 0;
}

function row({ name, size }) {
  const row = document.createElement("tr");
  const cell = (label, content, kind = "") => {
    const cell = row.insertCell();
    cell.append(content);
    if (label) cell.dataset.label = text(label);
    cell.className = kind;
  };
  cell(
    "name",
    button(name, "button small", () => bridge.download(address(name), name)),
  );
  const kilobytes = Math.max(1, Math.round(size / 1000));
  cell(
    "size",
    `${new Intl.NumberFormat(bridge.language).format(kilobytes)} kB`,
    "num end",
  );
  const remove = button(text("remove"), "button small", () => discard(name));
  remove.setAttribute("aria-label", `${text("remove")}: ${name}`);
  cell("", remove, "end");
  return row;
}

function button(label, kind, act) {
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    className: kind,
    textContent: label,
  });
  button.addEventListener("click", trying(act));
  return button;
}

async function discard(name) {
  const question = {
    title: `${text("remove")}: ${name}`,
    text: text("sure"),
    act: text("remove"),
  };
  if (!(await bridge.confirm(question))) return;
  await bridge.fetch(address(name), { method: "DELETE" });
  await show();
}

/** Does something and says so when it fails. */
function trying(act) {
  return async () => {
    try {
      await act();
    } catch {
      bridge.toast(text("failed"), "failed");
    }
  };
}

find("choose").addEventListener("click", () => find("file").click());
find("file").addEventListener(
  "change",
  trying(async () => {
    const [file] = find("file").files;
    find("file").value = "";
    if (!file) return;
    if (file.size > 1024 * 1024) return bridge.toast(text("large"), "failed");
    const answer = await bridge.fetch(address(file.name), {
      method: "PUT",
      body: file,
    });
    if (!answer.ok) bridge.toast(await answer.text(), "failed");
    await show();
  }),
);
