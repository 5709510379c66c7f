// The acts of the audit log in the reader's language.
import { m } from './paraglide/messages';

const names: Record<string, () => string> = {
	'session.create': m.act_session_create,
	'me.password': m.act_me_password,
	'user.create': m.act_user_create,
	'user.update': m.act_user_update,
	'user.delete': m.act_user_delete,
	'user.restore': m.act_user_restore,
	'user.password': m.act_user_password,
	'extension.create': m.act_extension_create,
	'extension.update': m.act_extension_update,
	'extension.delete': m.act_extension_delete,
	'extension.restore': m.act_extension_restore,
	'extension.password': m.act_extension_password,
	'call.hang-up': m.act_call_hang_up,
	'plugin.enable': m.act_plugin_enable,
	'plugin.disable': m.act_plugin_disable,
	'plugin.approve': m.act_plugin_approve,
	'plugin.order': m.act_plugin_order,
	'plugin.settings': m.act_plugin_settings,
	'plugin.install': m.act_plugin_install,
	'plugin.remove': m.act_plugin_remove
};

/** The act in words; its id when this page does not know it. */
export function actName(action: string): string {
	return names[action]?.() ?? action;
}
