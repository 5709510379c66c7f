// What the pages say, by language. A page that is drawn again when the language changes needs no more than this.
const texts = {
  en: {
    admin: "Administrator",
    intro:
      "This page comes from a plugin. It runs in a sandbox and asks its plugin by the bridge.",
    first: "First number",
    second: "Second number",
    add: "Add them up",
    acts: "What a page can do",
    download: "Download a table",
    listen: "Listen to a tone",
    call: "Call 100",
    history: "Open the call history",
    erase: "Erase everything",
    squares: "Squares",
    number: "Number",
    square: "Square",
    none: "Nothing is loaded yet.",
    load: "Load the table",
    erase_sure:
      "Everything that this example has stored will be gone. It has stored nothing.",
    erased: "Everything is erased.",
    failed: "That did not work.",
    about:
      "This tab is a page of the plugin too. It stands beside the settings, and administrators alone see it.",
  },
  fr: {
    admin: "Administrateur",
    intro:
      "Cette page vient d’un plugin. Elle tourne dans un bac à sable et interroge son plugin par la passerelle.",
    first: "Premier nombre",
    second: "Second nombre",
    add: "Additionner",
    acts: "Ce qu’une page sait faire",
    download: "Télécharger un tableau",
    listen: "Écouter une tonalité",
    call: "Appeler le 100",
    history: "Ouvrir le journal d’appels",
    erase: "Tout effacer",
    squares: "Carrés",
    number: "Nombre",
    square: "Carré",
    none: "Rien n’est encore chargé.",
    load: "Charger le tableau",
    erase_sure:
      "Tout ce que cet exemple a enregistré disparaîtra. Il n’a rien enregistré.",
    erased: "Tout est effacé.",
    failed: "Cela n’a pas marché.",
    about:
      "Cet onglet est aussi une page du plugin. Il se trouve à côté des réglages, et seuls les administrateurs le voient.",
  },
  de: {
    admin: "Administrator",
    intro:
      "Diese Seite bringt ein Plugin mit. Sie läuft in einer Sandbox und fragt ihr Plugin über die Brücke.",
    first: "Erste Zahl",
    second: "Zweite Zahl",
    add: "Zusammenzählen",
    acts: "Was eine Seite kann",
    download: "Tabelle herunterladen",
    listen: "Ton anhören",
    call: "100 anrufen",
    history: "Anrufliste öffnen",
    erase: "Alles löschen",
    squares: "Quadratzahlen",
    number: "Zahl",
    square: "Quadrat",
    none: "Noch ist nichts geladen.",
    load: "Tabelle laden",
    erase_sure:
      "Alles, was dieses Beispiel gespeichert hat, geht verloren. Es hat nichts gespeichert.",
    erased: "Alles ist gelöscht.",
    failed: "Das hat nicht geklappt.",
    about:
      "Auch dieser Reiter ist eine Seite des Plugins. Er steht neben den Einstellungen; nur Administratoren sehen ihn.",
  },
};

/** One text in the bridge's language. */
export const text = (bridge, key) => (texts[bridge.language] ?? texts.en)[key];

/** Fills in every element that names a text, now and whenever the language changes. */
export function fillIn(bridge) {
  const fill = () => {
    for (const element of document.querySelectorAll("[data-text]")) {
      element.textContent = text(bridge, element.dataset.text);
    }
  };
  bridge.addEventListener("language", fill);
  fill();
}
