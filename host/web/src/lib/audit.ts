// The audit log in the reader's language: what was done, to what, and the particulars.
import { languageNames, locales } from './locale.svelte';
import { m } from './paraglide/messages';

const names: Record<string, () => string> = {
	'session.create': m.act_session_create,
	'me.password': m.act_me_password,
	'user.create': m.act_user_create,
	'user.update': m.act_user_update,
	'user.delete': m.act_user_delete,
	'user.restore': m.act_user_restore,
	'user.password': m.act_user_password,
	'user.availability': m.act_user_availability,
	'extension.create': m.act_extension_create,
	'extension.update': m.act_extension_update,
	'extension.delete': m.act_extension_delete,
	'extension.restore': m.act_extension_restore,
	'extension.password': m.act_extension_password,
	'extension.availability': m.act_extension_availability,
	'extension.check-sync': m.act_extension_check_sync,
	'call.hang-up': m.act_call_hang_up,
	'call.start': m.act_call_start,
	'call.record': m.act_call_record,
	'call.export': m.act_call_export,
	'recording.hear': m.act_recording_hear,
	'recording.delete': m.act_recording_delete,
	'conference.update': m.act_conference_update,
	'conference.end': m.act_conference_end,
	'conference.add': m.act_conference_add,
	'conference.member': m.act_conference_member,
	'conference.remove': m.act_conference_remove,
	'sound.create': m.act_sound_create,
	'sound.update': m.act_sound_update,
	'sound.delete': m.act_sound_delete,
	'music.update': m.act_music_update,
	'contacts.import': m.act_contacts_import,
	'contacts.undo': m.act_contacts_undo,
	'contacts.delete': m.act_contacts_delete,
	'ban.lift': m.act_ban_lift,
	'plugin.enable': m.act_plugin_enable,
	'plugin.disable': m.act_plugin_disable,
	'plugin.approve': m.act_plugin_approve,
	'plugin.order': m.act_plugin_order,
	'plugin.settings': m.act_plugin_settings,
	'plugin.install': m.act_plugin_install,
	'plugin.remove': m.act_plugin_remove,
	'plugin.roll-back': m.act_plugin_roll_back,
	'plugin.unpin': m.act_plugin_unpin,
	'publisher-key.trust': m.act_key_trust,
	'publisher-key.revoke': m.act_key_revoke,
	'publisher-key.delete': m.act_key_delete,
	'plugin.web': m.act_plugin_web,
	'plugin.event-retry': m.act_plugin_event_retry,
	'plugin.event-discard': m.act_plugin_event_discard,
	'mail.update': m.act_mail_update,
	'mail.delete': m.act_mail_delete,
	'mail.test': m.act_mail_test,
	'mail.retry': m.act_mail_retry,
	'mail.discard': m.act_mail_discard,
	'schedule.create': m.act_schedule_create,
	'schedule.update': m.act_schedule_update,
	'schedule.delete': m.act_schedule_delete,
	'schedule.force': m.act_schedule_force,
	'trunk.create': m.act_trunk_create,
	'trunk.update': m.act_trunk_update,
	'trunk.delete': m.act_trunk_delete,
	'trunk.enable': m.act_trunk_enable,
	'trunk.disable': m.act_trunk_disable,
	'trunk.order': m.act_trunk_order
};

/** The act in words; its id when this page does not know it. */
export function actName(action: string): string {
	return names[action]?.() ?? action;
}

/** Where one can look at what an act was done to; nowhere when it is gone, or never was a page. */
export function whereTo(action: string, target: string): string | undefined {
	const [kind, verb] = action.split('.');
	if (kind === 'mail') return '/admin/mail';
	if (kind === 'publisher-key') return '/admin/plugins/publishers';
	if (!target || verb === 'delete' || verb === 'remove') return undefined;
	if (kind === 'extension') return `/admin/extensions?q=${encodeURIComponent(target)}`;
	if (kind === 'conference') return '/conferences';
	if (kind === 'ban') return '/admin/bans';
	if (kind === 'contacts') return '/admin/contacts';
	if (kind === 'trunk') return '/admin/trunks';
	if (kind === 'schedule') return '/admin/schedules';
	if (kind === 'plugin') return `/admin/plugins/${encodeURIComponent(target)}`;
	if (kind === 'user' || kind === 'me' || kind === 'session')
		return `/admin/users?q=${encodeURIComponent(target)}`;
	return undefined;
}

const labels: Record<string, () => string> = {
	name: m.name,
	member: m.conference_member,
	locked: m.conference_locked,
	muted: m.conference_muted,
	moderator: m.conference_moderator,
	to: m.number,
	login: m.login,
	role: m.role,
	language: m.language,
	email: m.email,
	server: m.mail_host,
	static_contact: m.static_contact,
	owner: m.person,
	call_waiting: m.call_waiting,
	encryption: m.trunk_encryption,
	servers: m.audit_servers,
	user: m.trunk_user,
	key: m.publisher_key,
	trusted: m.key_trusted,
	changed: m.audit_changed,
	names: m.audit_order,
	contacts: m.contacts,
	added: m.contacts_added,
	removed: m.contacts_removed,
	case: m.audit_case,
	time_zone: m.schedule_time_zone
};

const words: Record<string, Record<string, () => string>> = {
	case: {
		day: m.case_day,
		night: m.case_night,
		weekend: m.case_weekend,
		holiday: m.case_holiday,
		exception: m.case_exception
	},
	role: { admin: m.role_admin, user: m.role_user },
	encryption: {
		house: m.trunk_encryption_house,
		off: m.trunk_encryption_off,
		offered: m.extension_encryption_offered,
		required: m.trunk_encryption_required,
		dtls: m.trunk_encryption_dtls
	},
	language: Object.fromEntries(locales.map((each) => [each, () => languageNames[each]]))
};

/** `Name: Reception · Language: Deutsch`; `nameOf` gives what an id is called. */
export function particulars(detail: unknown, nameOf: (id: string) => string): string {
	if (Array.isArray(detail)) return detail.map((each) => nameOf(String(each))).join(' → ');
	return Object.entries((detail ?? {}) as Record<string, unknown>)
		.filter(([, value]) => value !== null && value !== '')
		.map(([key, value]) => `${labels[key]?.() ?? key}: ${plain(key, value)}`)
		.join(' · ');
}

function plain(key: string, value: unknown): string {
	if (Array.isArray(value)) return value.map((each) => plain(key, each)).join(', ');
	if (typeof value !== 'string') return JSON.stringify(value);
	if (['digest', 'key', 'trusted'].includes(key) && value.length > 16) return `${value.slice(0, 12)}…`;
	return words[key]?.[value]?.() ?? value;
}
