// The pages of the shell: the navigation and the palette draw from this list.
import AudioLines from '@lucide/svelte/icons/audio-lines';
import BookUser from '@lucide/svelte/icons/book-user';
import CircleUser from '@lucide/svelte/icons/circle-user';
import CalendarClock from '@lucide/svelte/icons/calendar-clock';
import Clock from '@lucide/svelte/icons/clock';
import Hash from '@lucide/svelte/icons/hash';
import Contact from '@lucide/svelte/icons/contact';
import House from '@lucide/svelte/icons/house';
import Keyboard from '@lucide/svelte/icons/keyboard';
import Mail from '@lucide/svelte/icons/mail';
import Network from '@lucide/svelte/icons/network';
import Phone from '@lucide/svelte/icons/phone';
import PhoneCall from '@lucide/svelte/icons/phone-call';
import Puzzle from '@lucide/svelte/icons/puzzle';
import Music from '@lucide/svelte/icons/music';
import Route from '@lucide/svelte/icons/route';
import ShieldBan from '@lucide/svelte/icons/shield-ban';
import ScrollText from '@lucide/svelte/icons/scroll-text';
import Users from '@lucide/svelte/icons/users';
import type { Component } from 'svelte';
import { m } from './paraglide/messages';
import { iconOf } from './plugin-pages/icons';
import { addressOf, pluginPages, titleOf } from './plugin-pages/pages.svelte';

export interface Page {
	href: string;
	title: () => string;
	icon: Component<{ size?: number; 'aria-hidden'?: 'true' }>;
	/** Where it stands in the navigation, or only in the palette. */
	group: 'daily' | 'setup' | 'palette';
	/** Whether it is for admins alone. */
	admin: boolean;
}

const pages: Page[] = [
	{ href: '/', title: m.page_overview, icon: House, group: 'daily', admin: true },
	{ href: '/phone', title: m.page_phone, icon: Phone, group: 'daily', admin: false },
	{ href: '/calls', title: m.page_calls, icon: PhoneCall, group: 'daily', admin: false },
	{ href: '/conferences', title: m.page_conferences, icon: AudioLines, group: 'daily', admin: true },
	{ href: '/history', title: m.page_history, icon: Clock, group: 'daily', admin: false },
	{ href: '/people', title: m.page_people, icon: BookUser, group: 'daily', admin: false },
	{ href: '/admin/users', title: m.page_users, icon: Users, group: 'setup', admin: true },
	{ href: '/admin/extensions', title: m.page_extensions, icon: Hash, group: 'setup', admin: true },
	{ href: '/admin/contacts', title: m.page_contacts, icon: Contact, group: 'setup', admin: true },
	{ href: '/admin/trunks', title: m.page_trunks, icon: Network, group: 'setup', admin: true },
	{ href: '/admin/schedules', title: m.page_schedules, icon: CalendarClock, group: 'setup', admin: true },
	{ href: '/admin/sounds', title: m.page_sounds, icon: Music, group: 'setup', admin: true },
	{ href: '/admin/plugins', title: m.page_plugins, icon: Puzzle, group: 'setup', admin: true },
	{ href: '/admin/tracer', title: m.page_tracer, icon: Route, group: 'setup', admin: true },
	{ href: '/admin/mail', title: m.page_mail, icon: Mail, group: 'setup', admin: true },
	{ href: '/admin/bans', title: m.page_bans, icon: ShieldBan, group: 'setup', admin: true },
	{ href: '/admin/audit', title: m.page_audit, icon: ScrollText, group: 'setup', admin: true },
	{ href: '/me', title: m.page_me, icon: CircleUser, group: 'palette', admin: false },
	{ href: '/keys', title: m.page_keys, icon: Keyboard, group: 'palette', admin: false }
];

/** The pages that somebody may open; those that plugins bring come after the shell's own. */
export function pagesFor(admin: boolean): Page[] {
	const own = pages.filter((page) => admin || !page.admin);
	const brought = pluginPages.main.map((page): Page => ({
		href: addressOf(page),
		title: () => titleOf(page),
		icon: iconOf(page.icon),
		group: 'daily',
		admin: false
	}));
	return [...own, ...brought];
}
