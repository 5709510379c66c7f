// What the page says, by language.
const texts = {
  en: {
    address: "Your mail address",
    no_address: "There is none in your profile.",
    address_hint:
      "It stands in your profile, on the page “My account”; change it there.",
    try: "Write me a letter to try it out",
    tried: "A letter is on its way to {address}.",
    not_tried: "No letter was written: {reason}.",
    when: "What you are written to about",
    when_hint: "Tick what you want to learn while you are in each state.",
    state: "While you are",
    voicemail: "New messages",
    missed: "Missed calls",
    attach: "Attach the recording of a message",
    is_office: "In the office",
    is_call_me: "Call me",
    is_meeting: "In a meeting",
    is_do_not_disturb: "Do not disturb",
    is_break: "At a break",
    is_lunch: "At lunch",
    is_gone_out: "Out",
    is_gone_home: "Gone home",
    is_sick: "Ill",
    is_vacation: "On vacation",
    how: "When letters come",
    digest: "Letters",
    digest_none: "One for each, at once",
    digest_hourly: "All in one, every hour",
    digest_daily: "All in one, every day",
    digest_hint: "A letter about several things has no recordings with it.",
    daily_at: "Every day at",
    quiet: "Keep quiet hours",
    quiet_from: "From",
    quiet_to: "To",
    no_time: "Fill in both times.",
    same_time:
      "The two times are the same. Choose another, or keep no quiet hours.",
    urgent_hint: "What callers mark as urgent comes at once.",
    save: "Save",
    saved: "Saved.",
    no_extension: "You have no extension",
    no_extension_more:
      "Ask an administrator for one: what is written about comes with it.",
    unread: "Your wishes could not be read.",
    retry: "Try again",
    failed: "That did not work. Try again.",
  },
  fr: {
    address: "Votre adresse électronique",
    no_address: "Il n’y en a pas dans votre profil.",
    address_hint:
      "Elle figure dans votre profil, à la page « Mon compte » ; changez-la là.",
    try: "M’écrire une lettre d’essai",
    tried: "Une lettre est en route vers {address}.",
    not_tried: "Aucune lettre n’a été écrite : {reason}.",
    when: "À propos de quoi on vous écrit",
    when_hint: "Cochez ce que vous voulez apprendre dans chaque état.",
    state: "Quand vous êtes",
    voicemail: "Nouveaux messages",
    missed: "Appels manqués",
    attach: "Joindre l’enregistrement d’un message",
    is_office: "Au bureau",
    is_call_me: "Appelez-moi",
    is_meeting: "En réunion",
    is_do_not_disturb: "Ne pas déranger",
    is_break: "En pause",
    is_lunch: "À midi",
    is_gone_out: "En déplacement",
    is_gone_home: "Rentré chez vous",
    is_sick: "Malade",
    is_vacation: "En vacances",
    how: "Quand les lettres arrivent",
    digest: "Lettres",
    digest_none: "Une pour chaque chose, aussitôt",
    digest_hourly: "Tout en une, chaque heure",
    digest_daily: "Tout en une, chaque jour",
    digest_hint:
      "Une lettre sur plusieurs choses ne porte pas d’enregistrements.",
    daily_at: "Chaque jour à",
    quiet: "Respecter des heures calmes",
    quiet_from: "De",
    quiet_to: "À",
    no_time: "Remplissez les deux heures.",
    same_time:
      "Les deux heures sont égales. Changez-en une, ou n’ayez pas d’heures calmes.",
    urgent_hint: "Ce que les appelants disent urgent arrive aussitôt.",
    save: "Enregistrer",
    saved: "Enregistré.",
    no_extension: "Vous n’avez pas de poste",
    no_extension_more:
      "Demandez-en un à un administrateur : ce dont on écrit vient avec lui.",
    unread: "Vos souhaits n’ont pas pu être lus.",
    retry: "Réessayer",
    failed: "Cela n’a pas fonctionné. Réessayez.",
  },
  de: {
    address: "Ihre E-Mail-Adresse",
    no_address: "In Ihrem Profil steht keine.",
    address_hint:
      "Sie steht in Ihrem Profil, auf der Seite „Mein Konto“; ändern Sie sie dort.",
    try: "Mir eine Probemail schreiben",
    tried: "Eine E-Mail an {address} ist unterwegs.",
    not_tried: "Es wurde keine E-Mail geschrieben: {reason}.",
    when: "Worüber Ihnen geschrieben wird",
    when_hint: "Wählen Sie, was Sie in jedem Zustand erfahren wollen.",
    state: "Während Sie",
    voicemail: "Neue Nachrichten",
    missed: "Verpasste Anrufe",
    attach: "Die Aufnahme einer Nachricht anhängen",
    is_office: "im Büro sind",
    is_call_me: "angerufen werden wollen",
    is_meeting: "in einer Besprechung sind",
    is_do_not_disturb: "nicht gestört werden wollen",
    is_break: "in der Pause sind",
    is_lunch: "zu Tisch sind",
    is_gone_out: "unterwegs sind",
    is_gone_home: "nach Hause gegangen sind",
    is_sick: "krank sind",
    is_vacation: "im Urlaub sind",
    how: "Wann E-Mails kommen",
    digest: "E-Mails",
    digest_none: "Für jedes eine, sofort",
    digest_hourly: "Alles in einer, jede Stunde",
    digest_daily: "Alles in einer, jeden Tag",
    digest_hint: "Eine E-Mail über mehreres hat keine Aufnahmen dabei.",
    daily_at: "Jeden Tag um",
    quiet: "Ruhezeiten einhalten",
    quiet_from: "Von",
    quiet_to: "Bis",
    no_time: "Füllen Sie beide Zeiten aus.",
    same_time:
      "Die beiden Zeiten sind gleich. Ändern Sie eine, oder verzichten Sie auf Ruhezeiten.",
    urgent_hint: "Was Anrufer als dringend bezeichnen, kommt sofort.",
    save: "Speichern",
    saved: "Gespeichert.",
    no_extension: "Ihnen gehört keine Nebenstelle",
    no_extension_more:
      "Bitten Sie einen Administrator um eine: Worüber geschrieben wird, kommt mit ihr.",
    unread: "Ihre Wünsche konnten nicht gelesen werden.",
    retry: "Erneut versuchen",
    failed: "Das hat nicht geklappt. Versuchen Sie es noch einmal.",
  },
};

/** One text in the bridge's language, with what stands in braces filled in. */
export function text(bridge, key, values = {}) {
  const found = (texts[bridge.language] ?? texts.en)[key];
  return found.replaceAll(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

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
