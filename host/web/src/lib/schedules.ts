// Schedules: their words, and the form that they are set up in.
import type { Schemas } from './api/client';
import { locale } from './locale.svelte';
import { m } from './paraglide/messages';
import type { Fields, Schema } from './schema-form/schema';
import type { Tone } from './ui/Badge.svelte';

export type Schedule = Schemas['Schedule'];
export type Case = Schemas['ScheduleCase'];

export const cases: Record<Case, { tone: Tone; text: () => string }> = {
	day: { tone: 'good', text: m.case_day },
	night: { tone: 'plain', text: m.case_night },
	weekend: { tone: 'plain', text: m.case_weekend },
	holiday: { tone: 'accent', text: m.case_holiday },
	exception: { tone: 'accent', text: m.case_exception }
};

/** Regions with holidays of their own, under the names that they give themselves. */
const regions: Record<string, string> = {
	'FR-67': 'Alsace, Moselle',
	'DE-BW': 'Baden-Württemberg',
	'DE-BY': 'Bayern',
	'DE-BE': 'Berlin',
	'DE-BB': 'Brandenburg',
	'DE-HB': 'Bremen',
	'DE-HH': 'Hamburg',
	'DE-HE': 'Hessen',
	'DE-MV': 'Mecklenburg-Vorpommern',
	'DE-NI': 'Niedersachsen',
	'DE-NW': 'Nordrhein-Westfalen',
	'DE-RP': 'Rheinland-Pfalz',
	'DE-SL': 'Saarland',
	'DE-SN': 'Sachsen',
	'DE-ST': 'Sachsen-Anhalt',
	'DE-SH': 'Schleswig-Holstein',
	'DE-TH': 'Thüringen',
	'CH-BS': 'Basel-Stadt',
	'CH-BE': 'Bern',
	'CH-GE': 'Genève',
	'CH-VD': 'Vaud',
	'CH-ZH': 'Zürich',
	'GB-EAW': 'England, Wales',
	'GB-NIR': 'Northern Ireland',
	'GB-SCT': 'Scotland'
};

/** A set of holidays as people call it: `Germany · Bayern`. */
function nameOfSet(code: string): string {
	const country = new Intl.DisplayNames(locale.current, { type: 'region' }).of(code.slice(0, 2)) ?? code;
	return code in regions ? `${country} · ${regions[code]}` : country;
}

/** Sets are one choice in the form: `FR`, `DE-BY`. */
const sets = ['AT', 'BE', 'CH', 'DE', 'FR', 'GB'].flatMap((country) => [
	country,
	...Object.keys(regions).filter((code) => code.startsWith(`${country}-`))
]);

const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

/** `Monday`, in the reader's language. */
function dayName(day: string): string {
	// 1 January 2024 was a Monday.
	const date = new Date(Date.UTC(2024, 0, 1 + days.indexOf(day)));
	const name = new Intl.DateTimeFormat(locale.current, { weekday: 'long', timeZone: 'UTC' }).format(date);
	return name.charAt(0).toLocaleUpperCase(locale.current) + name.slice(1);
}

/** The form, with its texts in the reader's language. */
export function formSchema(): Schema {
	const time = (title: string): Schema => ({
		type: 'string',
		title,
		description: m.schedule_time_hint(),
		pattern: '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$'
	});
	const date = '^([0-9]{4}-)?(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$';
	const span = {
		from: { ...time(m.schedule_from()), default: '09:00' },
		to: { ...time(m.schedule_until()), default: '18:00' }
	};
	const occasion = {
		name: { type: 'string', title: m.name(), maxLength: 60, default: '' },
		from: {
			type: 'string',
			title: m.schedule_first_day(),
			description: m.schedule_day_hint(),
			pattern: date
		},
		to: {
			type: 'string',
			title: m.schedule_last_day(),
			description: m.schedule_last_day_hint(),
			pattern: date,
			default: ''
		}
	};
	return {
		type: 'object',
		required: ['name', 'time_zone'],
		properties: {
			name: { type: 'string', title: m.name(), minLength: 1, maxLength: 40 },
			time_zone: {
				type: 'string',
				title: m.schedule_time_zone(),
				minLength: 1,
				maxLength: 64,
				'x-widget': 'time-zone'
			},
			week: {
				type: 'array',
				title: m.schedule_week(),
				description: m.schedule_week_hint(),
				maxItems: 70,
				items: {
					type: 'object',
					required: ['days', 'from', 'to'],
					properties: {
						days: {
							type: 'array',
							title: m.schedule_days(),
							minItems: 1,
							uniqueItems: true,
							default: days.slice(0, 5),
							items: { oneOf: days.map((day) => ({ const: day, title: dayName(day) })) }
						},
						...span
					}
				}
			},
			holidays: {
				type: 'array',
				title: m.schedule_holidays(),
				description: m.schedule_holidays_hint(),
				maxItems: 6,
				items: {
					title: m.schedule_country(),
					oneOf: sets.map((code) => ({ const: code, title: nameOfSet(code) }))
				}
			},
			own_holidays: {
				type: 'array',
				title: m.schedule_own_holidays(),
				description: m.schedule_own_holidays_hint(),
				maxItems: 500,
				items: { type: 'object', required: ['from'], properties: occasion }
			},
			exceptions: {
				type: 'array',
				title: m.schedule_exceptions(),
				description: m.schedule_exceptions_hint(),
				maxItems: 500,
				items: {
					type: 'object',
					required: ['from'],
					properties: {
						...occasion,
						hours: {
							type: 'array',
							title: m.schedule_hours(),
							description: m.schedule_hours_hint(),
							maxItems: 10,
							default: [],
							items: { type: 'object', required: ['from', 'to'], properties: span }
						}
					}
				}
			}
		}
	};
}

/** What the form begins with. */
export function valuesOf(schedule: Schedule | null): Fields {
	if (!schedule) {
		const hours = { days: days.slice(0, 5), from: '09:00', to: '18:00' };
		const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
		return { name: '', time_zone: zone, week: [hours], holidays: [], own_holidays: [], exceptions: [] };
	}
	const holidays = (schedule.holidays ?? []).map(({ country, region }) =>
		region ? `${country}-${region}` : country
	);
	const { name, time_zone, week = [], own_holidays = [], exceptions = [] } = schedule;
	return { name, time_zone, week, holidays, own_holidays, exceptions } as Fields;
}

/** What the form says, for the host. */
export function scheduleOf(values: Fields): Schedule {
	const holidays = (values['holidays'] as string[]).map((code) => ({
		country: code.slice(0, 2),
		region: code.slice(3)
	}));
	return { ...(values as unknown as Schedule), holidays };
}

/** A path of the host's, as the form has it: a set of holidays is one field there. */
export function pathInForm(path: string): string {
	return path.replace(/^(\/holidays\/\d+)\/.*$/, '$1');
}
