// Problems in the reader's language.
import { m } from '$lib/paraglide/messages';
import { Problem, type FieldError } from './client';

/** What happened and what to do, as sentences. */
export function explain(error: unknown): string {
	if (!(error instanceof Problem)) return m.problem_internal();
	switch (error.kind) {
		case 'offline':
			return m.problem_offline();
		case 'not-signed-in':
			return m.problem_not_signed_in();
		case 'wrong-credentials':
			return m.problem_wrong_credentials();
		case 'too-many-attempts':
			return m.problem_too_many_attempts({ seconds: error.retryAfter ?? 30 });
		case 'not-allowed':
			return m.problem_not_allowed();
		case 'not-found':
			return m.problem_not_found();
		case 'too-large':
			return m.problem_too_large();
		case 'too-many-requests':
		case 'busy':
			return m.problem_busy();
		case 'storage-full':
			return m.problem_storage_full();
		case 'internal':
			return m.problem_internal();
		case 'taken':
		case 'conflict':
		case 'invalid':
			return error.fields.length > 0 ? error.fields.map(explainField).join(' ') : error.detail;
		default:
			return error.detail;
	}
}

/** What is wrong with one field; the host's English when the code is not known here. */
export function explainField(error: FieldError): string {
	switch (error.code) {
		case 'empty':
			return m.field_empty();
		case 'too-long':
			return m.field_too_long();
		case 'too-short':
			return m.field_password_too_short();
		case 'too-common':
			return m.field_password_too_common();
		case 'contains-login':
			return m.field_password_contains_login();
		case 'unchanged':
			return m.field_password_unchanged();
		case 'wrong':
			return m.field_password_wrong();
		case 'space':
			return m.field_login_space();
		case 'not-a-number':
			return m.field_not_a_number();
		case 'not-an-email':
			return m.field_not_an_email();
		case 'not-a-host':
			return m.field_not_a_host();
		case 'password-in-clear':
			return m.field_password_in_clear();
		case 'not-a-sip-uri':
			return m.field_not_a_sip_uri();
		case 'not-to-come':
			return m.field_not_to_come();
		case 'taken':
			return m.field_taken();
		case 'unknown':
			return m.field_unknown();
		case 'last-admin':
			return m.field_last_admin();
		case 'not-a-table':
			return m.field_not_a_table();
		case 'no-name':
			return m.field_no_name_column();
		case 'not-a-code':
			return m.field_not_a_country_code();
		case 'not-a-name':
			return m.field_not_a_name();
		case 'not-a-server':
			return m.field_not_a_server();
		case 'not-a-domain':
			return m.field_not_a_domain();
		case 'not-digits':
			return m.field_not_digits();
		case 'not-a-codec':
			return m.field_not_a_codec();
		case 'not-a-network':
			return m.field_not_a_network();
		case 'not-a-range':
			return m.field_not_a_range();
		case 'not-e164':
			return m.field_not_e164();
		case 'not-plain':
			return m.field_not_plain();
		case 'cannot-count-on':
			return m.field_cannot_count_on();
		case 'out-of-range':
			return m.field_out_of_range();
		case 'user-to-register':
			return m.field_user_to_register();
		case 'user-for-password':
			return m.field_user_for_password();
		case 'wrong-count':
			return m.field_wrong_count();
		default:
			return error.message;
	}
}

/** The message of each field, by its name in the body. */
export function byField(error: unknown): Record<string, string> {
	if (!(error instanceof Problem)) return {};
	return Object.fromEntries(
		error.fields.map((field) => [field.field.replace(/^\//, ''), explainField(field)])
	);
}
