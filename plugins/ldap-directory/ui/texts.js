// What the page says, by language.
const texts = {
  en: {
    unread: "The page could not be read.",
    retry: "Try again",
    failed: "That did not work. Try again.",
    none: "No server is set",
    none_more: "Name your directory server under “Settings”, then come back.",
    standing: "Synchronisation",
    running: "Synchronising …",
    has_failed: "Failed",
    well: "Well",
    never: "Never",
    in_clear:
      "Password and contacts go over the network in clear. Set StartTLS or LDAPS.",
    server: "Server",
    last_good: "Last synchronised",
    last_try: "Last tried",
    next: "Next time",
    by_hand: "By hand alone",
    entries: "Entries in the directory",
    contacts: "Contacts",
    of_which: "{contacts} ({added} new, {removed} gone)",
    left_out: "Left out",
    without_name: "{count} without a name",
    without_number: "{count} without a number",
    cut: "the directory has more than is taken",
    synchronise: "Synchronise now",
    test: "Test settings",
    test_hint:
      "The test asks for one entry and shows what becomes of it. It changes nothing.",
    tried: "What the test found",
    in_directory: "In the directory",
    as_contact: "As a contact",
    no_name: "This entry makes no contact: it has no name and no company.",
    no_number:
      "This entry makes no contact: it has no number and no mail address.",
    name: "Name",
    company: "Company",
    work: "Work",
    mobile: "Mobile",
    home: "Home",
    other: "Other number",
    mail: "Mail address",
    remark: "Note",
  },
  fr: {
    unread: "La page n’a pas pu être lue.",
    retry: "Réessayer",
    failed: "Cela n’a pas fonctionné. Réessayez.",
    none: "Aucun serveur n’est défini",
    none_more:
      "Nommez votre serveur d’annuaire sous « Paramètres », puis revenez.",
    standing: "Synchronisation",
    running: "Synchronisation en cours…",
    has_failed: "Échec",
    well: "Bien",
    never: "Jamais",
    in_clear:
      "Le mot de passe et les contacts circulent en clair sur le réseau. Choisissez StartTLS ou LDAPS.",
    server: "Serveur",
    last_good: "Dernière synchronisation",
    last_try: "Dernier essai",
    next: "Prochaine fois",
    by_hand: "À la main uniquement",
    entries: "Entrées de l’annuaire",
    contacts: "Contacts",
    of_which: "{contacts} ({added} nouveaux, {removed} disparus)",
    left_out: "Ignorées",
    without_name: "{count} sans nom",
    without_number: "{count} sans numéro",
    cut: "l’annuaire contient plus que ce qui est pris",
    synchronise: "Synchroniser maintenant",
    test: "Tester les paramètres",
    test_hint:
      "Le test demande une entrée et montre ce qu’elle devient. Il ne change rien.",
    tried: "Résultat du test",
    in_directory: "Dans l’annuaire",
    as_contact: "En tant que contact",
    no_name: "Cette entrée ne donne pas de contact : ni nom ni société.",
    no_number:
      "Cette entrée ne donne pas de contact : ni numéro ni adresse mail.",
    name: "Nom",
    company: "Société",
    work: "Bureau",
    mobile: "Mobile",
    home: "Domicile",
    other: "Autre numéro",
    mail: "Adresse mail",
    remark: "Note",
  },
  de: {
    unread: "Die Seite konnte nicht gelesen werden.",
    retry: "Noch einmal versuchen",
    failed: "Das ging nicht. Versuchen Sie es noch einmal.",
    none: "Es ist kein Server eingestellt",
    none_more:
      "Nennen Sie Ihren Verzeichnisserver unter „Einstellungen“ und kommen Sie dann zurück.",
    standing: "Abgleich",
    running: "Gleicht ab …",
    has_failed: "Fehlgeschlagen",
    well: "Gut",
    never: "Noch nie",
    in_clear:
      "Passwort und Kontakte gehen unverschlüsselt durchs Netz. Stellen Sie StartTLS oder LDAPS ein.",
    server: "Server",
    last_good: "Zuletzt abgeglichen",
    last_try: "Zuletzt versucht",
    next: "Nächstes Mal",
    by_hand: "Nur von Hand",
    entries: "Einträge im Verzeichnis",
    contacts: "Kontakte",
    of_which: "{contacts} ({added} neu, {removed} weggefallen)",
    left_out: "Ausgelassen",
    without_name: "{count} ohne Namen",
    without_number: "{count} ohne Nummer",
    cut: "das Verzeichnis hat mehr, als genommen wird",
    synchronise: "Jetzt abgleichen",
    test: "Einstellungen testen",
    test_hint:
      "Der Test fragt nach einem Eintrag und zeigt, was daraus wird. Er ändert nichts.",
    tried: "Was der Test gefunden hat",
    in_directory: "Im Verzeichnis",
    as_contact: "Als Kontakt",
    no_name:
      "Aus diesem Eintrag wird kein Kontakt: Er hat weder Namen noch Firma.",
    no_number:
      "Aus diesem Eintrag wird kein Kontakt: Er hat weder Nummer noch Mailadresse.",
    name: "Name",
    company: "Firma",
    work: "Geschäftlich",
    mobile: "Mobil",
    home: "Privat",
    other: "Andere Nummer",
    mail: "Mailadresse",
    remark: "Notiz",
  },
};

/** A text in the person's language, with what it is about filled in. */
export function text(bridge, key, about = {}) {
  const known = texts[bridge.language] ?? texts.en;
  return known[key].replace(/\{(\w+)\}/g, (_, name) => about[name] ?? "");
}

/** Puts the texts in their places. */
export function fillIn(bridge) {
  for (const place of document.querySelectorAll("[data-text]"))
    place.textContent = text(bridge, place.dataset.text);
}

/** A time as people say it. */
export function moment(bridge, at) {
  return new Date(at).toLocaleString(bridge.language, {
    dateStyle: "medium",
    timeStyle: "short",
  });
}
