// Sends callers to whom they will understand, by the country they call from.

import { pass, ring, router, settings } from "jackfield-sdk";

export const decide = router((request) => {
    const rules = settings().rules.filter((rule) => request.caller.number.startsWith(rule.prefix));
    const [rule] = rules.sort((one, other) => other.prefix.length - one.prefix.length);
    if (!rule) return pass();
    const decision = ring(`ext:${rule.to}`).forAtMost(20).because(`callers from ${rule.prefix} go to ${rule.to}`);
    // Scripts that come later in this call speak the caller's language.
    return rule.language ? decision.set("language", rule.language) : decision;
});
