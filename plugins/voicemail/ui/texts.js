// What the page says, by language.
const texts = {
  en: {
    messages: "Messages",
    counts: "{fresh} new, {heard} heard",
    new: "New",
    urgent: "Urgent",
    unknown: "Unknown number",
    forwarded_by: "forwarded by {who}",
    play: "Listen",
    play_of: "Message from {who}",
    comment: "Comment",
    comment_of: "Comment on the message from {who}",
    call: "Call back",
    mark_heard: "Mark as heard",
    mark_new: "Mark as new",
    delete: "Delete",
    is_deleted: "The message from {who} is deleted.",
    undo: "Undo",
    restore: "Bring back",
    deleted_ones: "Deleted messages ({count})",
    trash_hint: "Time until they are erased for good: {days}.",
    keep_hint: "Heard messages are erased for good after {days}.",
    full: "Your mailbox is full: nobody can leave a message. Delete some.",
    empty: "No messages",
    empty_more:
      "When you do not answer, callers can leave you one. It will be here and at your telephone.",
    greetings: "Greetings",
    recorded: "Callers hear what you have recorded.",
    none_recorded: "Callers hear the usual greeting with your extension.",
    record_by: "To record a greeting or your name, call {access} and press 3.",
    is_greeting: "Greeting",
    is_meeting: "In a meeting",
    is_gone_out: "Out",
    is_vacation: "On vacation",
    is_sick: "Ill",
    is_gone_home: "Gone home",
    is_do_not_disturb: "Do not disturb",
    is_name: "Your name",
    erase: "Erase",
    erase_title: "Erase “{name}”?",
    erase_greeting:
      "Your recording cannot be brought back. Callers will hear another greeting.",
    erase_name:
      "Your recording cannot be brought back. Callers will hear your extension.",
    erased: "The recording is erased.",
    pin_title: "PIN",
    pin_for:
      "With your extension and your PIN you hear your messages from any telephone.",
    pin_new: "New PIN",
    pin_again: "New PIN once more",
    pin_rule: "4 to 12 digits, not all the same, and not your extension.",
    pin_set: "Set",
    pin_unset: "Not set",
    pin_choose: "Set PIN",
    pin_change: "Change PIN",
    pin_poor:
      "This PIN is too easy to guess. Choose 4 to 12 digits that are not all the same, and not your extension.",
    pin_differ: "The two are not the same. Type the PIN again.",
    pin_saved: "Your PIN is set.",
    no_extension: "No extension is yours",
    no_extension_more:
      "Ask an administrator for one: the mailbox comes with it.",
    without: "No mailbox",
    without_more:
      "Your extension {extension} has none. An administrator can change that.",
    unread: "Your mailbox could not be read.",
    retry: "Try again",
    failed: "That did not work. Try again.",
  },
  fr: {
    messages: "Messages",
    counts: "Nouveaux : {fresh}, écoutés : {heard}",
    new: "Nouveau",
    urgent: "Urgent",
    unknown: "Numéro inconnu",
    forwarded_by: "transféré par {who}",
    play: "Écouter",
    play_of: "Message de {who}",
    comment: "Commentaire",
    comment_of: "Commentaire sur le message de {who}",
    call: "Rappeler",
    mark_heard: "Marquer comme écouté",
    mark_new: "Marquer comme nouveau",
    delete: "Supprimer",
    is_deleted: "Le message de {who} est supprimé.",
    undo: "Annuler",
    restore: "Récupérer",
    deleted_ones: "Messages supprimés ({count})",
    trash_hint: "Délai avant l’effacement définitif : {days}.",
    keep_hint: "Délai avant l’effacement des messages écoutés : {days}.",
    full: "Votre messagerie est pleine : personne ne peut laisser de message. Supprimez-en.",
    empty: "Aucun message",
    empty_more:
      "Quand vous ne répondez pas, les appelants peuvent vous en laisser un. Il sera ici et sur votre téléphone.",
    greetings: "Annonces",
    recorded: "Les appelants entendent ce que vous avez enregistré.",
    none_recorded:
      "Les appelants entendent l’annonce habituelle avec votre poste.",
    record_by:
      "Pour enregistrer une annonce ou votre nom, appelez le {access} et tapez 3.",
    is_greeting: "Annonce",
    is_meeting: "En réunion",
    is_gone_out: "Sorti",
    is_vacation: "En congé",
    is_sick: "Malade",
    is_gone_home: "Rentré",
    is_do_not_disturb: "Ne pas déranger",
    is_name: "Votre nom",
    erase: "Effacer",
    erase_title: "Effacer « {name} » ?",
    erase_greeting:
      "Votre enregistrement ne pourra pas être récupéré. Les appelants entendront une autre annonce.",
    erase_name:
      "Votre enregistrement ne pourra pas être récupéré. Les appelants entendront votre poste.",
    erased: "L’enregistrement est effacé.",
    pin_title: "Code",
    pin_for:
      "Avec votre poste et votre code, vous écoutez vos messages depuis n’importe quel téléphone.",
    pin_new: "Nouveau code",
    pin_again: "Nouveau code encore une fois",
    pin_rule:
      "4 à 12 chiffres, pas tous identiques et différents de votre poste.",
    pin_set: "Défini",
    pin_unset: "Non défini",
    pin_choose: "Définir le code",
    pin_change: "Changer le code",
    pin_poor:
      "Ce code est trop facile à deviner. Choisissez 4 à 12 chiffres, pas tous identiques et différents de votre poste.",
    pin_differ: "Les deux ne sont pas identiques. Tapez le code à nouveau.",
    pin_saved: "Votre code est défini.",
    no_extension: "Aucun poste n’est à vous",
    no_extension_more:
      "Demandez-en un à un administrateur : la messagerie vient avec.",
    without: "Pas de messagerie",
    without_more:
      "Votre poste {extension} n’en a pas. Un administrateur peut changer cela.",
    unread: "Votre messagerie n’a pas pu être lue.",
    retry: "Réessayer",
    failed: "Cela n’a pas marché. Réessayez.",
  },
  de: {
    messages: "Nachrichten",
    counts: "{fresh} neu, {heard} gehört",
    new: "Neu",
    urgent: "Dringend",
    unknown: "Unbekannte Nummer",
    forwarded_by: "weitergeleitet von {who}",
    play: "Anhören",
    play_of: "Nachricht von {who}",
    comment: "Kommentar",
    comment_of: "Kommentar zur Nachricht von {who}",
    call: "Zurückrufen",
    mark_heard: "Als gehört markieren",
    mark_new: "Als neu markieren",
    delete: "Löschen",
    is_deleted: "Die Nachricht von {who} ist gelöscht.",
    undo: "Rückgängig",
    restore: "Wiederherstellen",
    deleted_ones: "Gelöschte Nachrichten ({count})",
    trash_hint: "Zeit, bis sie endgültig verschwinden: {days}.",
    keep_hint: "Zeit, bis gehörte Nachrichten endgültig verschwinden: {days}.",
    full: "Ihr Anrufbeantworter ist voll: Niemand kann eine Nachricht hinterlassen. Löschen Sie welche.",
    empty: "Keine Nachrichten",
    empty_more:
      "Wenn Sie nicht abheben, können Anrufer Ihnen eine hinterlassen. Sie ist dann hier und an Ihrem Telefon.",
    greetings: "Ansagen",
    recorded: "Anrufer hören, was Sie aufgenommen haben.",
    none_recorded: "Anrufer hören die übliche Ansage mit Ihrer Nebenstelle.",
    record_by:
      "Um eine Ansage oder Ihren Namen aufzunehmen, rufen Sie {access} an und drücken 3.",
    is_greeting: "Ansage",
    is_meeting: "In einer Besprechung",
    is_gone_out: "Außer Haus",
    is_vacation: "Im Urlaub",
    is_sick: "Krank",
    is_gone_home: "Nach Hause gegangen",
    is_do_not_disturb: "Bitte nicht stören",
    is_name: "Ihr Name",
    erase: "Löschen",
    erase_title: "„{name}“ löschen?",
    erase_greeting:
      "Ihre Aufnahme lässt sich nicht zurückholen. Anrufer hören dann eine andere Ansage.",
    erase_name:
      "Ihre Aufnahme lässt sich nicht zurückholen. Anrufer hören dann Ihre Nebenstelle.",
    erased: "Die Aufnahme ist gelöscht.",
    pin_title: "PIN",
    pin_for:
      "Mit Ihrer Nebenstelle und Ihrer PIN hören Sie Ihre Nachrichten von jedem Telefon aus.",
    pin_new: "Neue PIN",
    pin_again: "Neue PIN noch einmal",
    pin_rule: "4 bis 12 Ziffern, nicht alle gleich und nicht Ihre Nebenstelle.",
    pin_set: "Gesetzt",
    pin_unset: "Nicht gesetzt",
    pin_choose: "PIN setzen",
    pin_change: "PIN ändern",
    pin_poor:
      "Diese PIN ist zu leicht zu erraten. Wählen Sie 4 bis 12 Ziffern, nicht alle gleich und nicht Ihre Nebenstelle.",
    pin_differ:
      "Die beiden sind nicht gleich. Geben Sie die PIN noch einmal ein.",
    pin_saved: "Ihre PIN ist gesetzt.",
    no_extension: "Ihnen gehört keine Nebenstelle",
    no_extension_more:
      "Bitten Sie einen Administrator um eine: Der Anrufbeantworter kommt mit ihr.",
    without: "Kein Anrufbeantworter",
    without_more:
      "Ihre Nebenstelle {extension} hat keinen. Ein Administrator kann das ändern.",
    unread: "Ihr Anrufbeantworter konnte nicht gelesen werden.",
    retry: "Erneut versuchen",
    failed: "Das hat nicht geklappt. Versuchen Sie es noch einmal.",
  },
};

/** One text in the bridge's language, with what stands in braces filled in. */
export function text(bridge, key, values = {}) {
  const found = (texts[bridge.language] ?? texts.en)[key];
  return found.replaceAll(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** A number as the bridge's language writes it. */
export const number = (bridge, value) =>
  new Intl.NumberFormat(bridge.language).format(value);

/** So many days, in words. */
export const days = (bridge, count) =>
  new Intl.NumberFormat(bridge.language, {
    style: "unit",
    unit: "day",
    unitDisplay: "long",
  }).format(count);

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
