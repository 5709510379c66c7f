// What the wallboard says, by language.
const texts = {
  en: {
    title: "Wallboard",
    waiting: "Waiting",
    longest: "Longest wait",
    level: "In time",
    free: "Free agents",
    busy: "Busy",
    away: "Away",
    given_up: "Given up",
    callbacks: "To call back",
    answered: "Answered",
    goal: "goal {percent} % in {seconds} s",
    good: "good",
    warn: "watch",
    bad: "act",
    none: "No queue to show.",
    lost: "No connection since {time}. These figures are old.",
    invalid:
      "This link is not valid any more. Ask a supervisor for another one.",
    stop: "Stay on this page",
    go_on: "Go on turning",
    page: "{at} of {of}",
  },
  fr: {
    title: "Tableau mural",
    waiting: "En attente",
    longest: "Attente la plus longue",
    level: "À temps",
    free: "Agents libres",
    busy: "Occupés",
    away: "Absents",
    given_up: "Abandons",
    callbacks: "À rappeler",
    answered: "Pris",
    goal: "objectif {percent} % en {seconds} s",
    good: "bien",
    warn: "à surveiller",
    bad: "agir",
    none: "Aucune file à montrer.",
    lost: "Pas de connexion depuis {time}. Ces chiffres sont anciens.",
    invalid:
      "Ce lien n’est plus valable. Demandez-en un autre à un superviseur.",
    stop: "Rester sur cette page",
    go_on: "Continuer à tourner",
    page: "{at} sur {of}",
  },
  de: {
    title: "Wandtafel",
    waiting: "Wartend",
    longest: "Längste Wartezeit",
    level: "Rechtzeitig",
    free: "Freie Agenten",
    busy: "Beschäftigt",
    away: "Abwesend",
    given_up: "Aufgelegt",
    callbacks: "Rückrufe",
    answered: "Angenommen",
    goal: "Ziel {percent} % in {seconds} s",
    good: "gut",
    warn: "beobachten",
    bad: "handeln",
    none: "Keine Schlange zu zeigen.",
    lost: "Keine Verbindung seit {time}. Diese Zahlen sind alt.",
    invalid:
      "Dieser Link gilt nicht mehr. Bitten Sie einen Supervisor um einen neuen.",
    stop: "Auf dieser Seite bleiben",
    go_on: "Weiterblättern",
    page: "{at} von {of}",
  },
};

const wanted = new URLSearchParams(location.search).get("lang");
const known = [wanted, ...navigator.languages]
  .map((code) => code?.slice(0, 2).toLowerCase())
  .find((code) => code in texts);

/** `en`, `fr` or `de`: as the address says (`?lang=de`), else as the browser speaks. */
export const language = known ?? "en";

/** One text, with what stands in braces filled in. */
export const text = (key, values = {}) =>
  texts[language][key].replaceAll(
    /\{(\w+)\}/g,
    (_, name) => values[name] ?? "",
  );

export const number = (value) => new Intl.NumberFormat(language).format(value);

export const time = (at) =>
  new Intl.DateTimeFormat(language, { timeStyle: "short" }).format(at);
