// The icons that plugins may name for their pages. The host knows the same names: ICONS in host/runtime/src/manifest.rs.
import Bell from '@lucide/svelte/icons/bell';
import Book from '@lucide/svelte/icons/book-open';
import Calendar from '@lucide/svelte/icons/calendar';
import Chart from '@lucide/svelte/icons/chart-column';
import Clock from '@lucide/svelte/icons/clock';
import File from '@lucide/svelte/icons/file-text';
import Flag from '@lucide/svelte/icons/flag';
import Globe from '@lucide/svelte/icons/globe';
import Hand from '@lucide/svelte/icons/hand';
import Headphones from '@lucide/svelte/icons/headphones';
import List from '@lucide/svelte/icons/list';
import Mail from '@lucide/svelte/icons/mail';
import Message from '@lucide/svelte/icons/message-square';
import Mic from '@lucide/svelte/icons/mic';
import Phone from '@lucide/svelte/icons/phone';
import Puzzle from '@lucide/svelte/icons/puzzle';
import Settings from '@lucide/svelte/icons/settings';
import Star from '@lucide/svelte/icons/star';
import Users from '@lucide/svelte/icons/users';
import Voicemail from '@lucide/svelte/icons/voicemail';
import type { Component } from 'svelte';

type Icon = Component<{ size?: number; 'aria-hidden'?: 'true' }>;

const icons: Record<string, Icon> = {
	bell: Bell,
	book: Book,
	calendar: Calendar,
	chart: Chart,
	clock: Clock,
	file: File,
	flag: Flag,
	globe: Globe,
	hand: Hand,
	headphones: Headphones,
	list: List,
	mail: Mail,
	message: Message,
	mic: Mic,
	phone: Phone,
	puzzle: Puzzle,
	settings: Settings,
	star: Star,
	users: Users,
	voicemail: Voicemail
};

/** The icon of this name; a plain one when a newer host knows more. */
export function iconOf(name: string): Icon {
	return icons[name] ?? Puzzle;
}
