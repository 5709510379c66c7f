// What a plugin's state means to an admin.
import type { PluginStatus } from './live/state';
import { clock } from './format';
import { m } from './paraglide/messages';
import type { Tone } from './ui/Badge.svelte';

/** Whether a person has to do something about it. */
export function needsAttention(plugin: PluginStatus): boolean {
	return ['resting', 'quarantined', 'needs-permission', 'failed'].includes(plugin.state);
}

/** The state in a word, with its tone. */
export function stateOf(plugin: PluginStatus): { tone: Tone; text: string } {
	switch (plugin.state) {
		case 'running':
			return { tone: 'good', text: m.plugin_running() };
		case 'disabled':
			return plugin.calls > 0
				? { tone: 'plain', text: m.plugin_draining({ calls: plugin.calls }) }
				: { tone: 'plain', text: m.plugin_off() };
		case 'resting':
			return { tone: 'warn', text: m.plugin_resting() };
		case 'quarantined':
			return { tone: 'bad', text: m.plugin_quarantined() };
		case 'needs-permission':
			return { tone: 'warn', text: m.plugin_needs_permission() };
		case 'failed':
			return { tone: 'bad', text: m.plugin_failed() };
	}
}

/** A fingerprint in groups of four digits, as people read it aloud. */
export function grouped(fingerprint: string): string {
	return fingerprint.match(/.{1,4}/g)?.join(' ') ?? fingerprint;
}

/** Why it is in this state and what to do, as sentences; nothing when all is well. */
export function reasonOf(plugin: PluginStatus): string {
	switch (plugin.state) {
		case 'running':
			return '';
		case 'disabled':
			return plugin.calls > 0 ? m.plugin_draining_text() : '';
		case 'resting':
			return `${sentence(plugin.reason)} ${m.plugin_resting_text({ time: clock(plugin.retry_at) })}`;
		case 'quarantined':
			return `${sentence(plugin.reason)} ${m.plugin_quarantined_text()}`;
		case 'needs-permission':
			return m.plugin_needs_permission_text();
		case 'failed':
			return sentence(plugin.reason);
	}
}

/** Ends in a full stop, so that another sentence can follow. */
function sentence(text: string): string {
	const trimmed = text.trim();
	return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
