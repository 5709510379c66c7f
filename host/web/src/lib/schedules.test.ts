import { describe, expect, it } from 'vitest';
import { check, type Fields } from './schema-form/schema';
import { formSchema, pathInForm, scheduleOf, valuesOf, type Schedule } from './schedules';

const schedule: Schedule = {
	name: 'office',
	time_zone: 'Europe/Paris',
	week: [{ days: ['monday'], from: '09:00', to: '24:00' }],
	holidays: [
		{ country: 'FR', region: '' },
		{ country: 'DE', region: 'BY' }
	],
	own_holidays: [{ name: 'Outing', from: '2026-06-10', to: '' }],
	exceptions: [{ name: '', from: '12-24', to: '12-26', hours: [{ from: '09:00', to: '12:00' }] }]
};

describe('a schedule in its form', () => {
	it('comes back as it was', () => {
		expect(scheduleOf(valuesOf(schedule))).toEqual(schedule);
	});

	it('begins with what can be saved once it has a name', () => {
		const schema = formSchema();
		expect(check(schema, schema, { ...valuesOf(null), name: 'office' })).toEqual([]);
		expect(check(schema, schema, valuesOf(schedule))).toEqual([]);
	});

	it('says what is wrong where it is', () => {
		const schema = formSchema();
		const wrong = { ...valuesOf(schedule), name: '', exceptions: [{ from: '24.12.' }] } as Fields;
		expect(check(schema, schema, wrong).map((fault) => fault.path)).toEqual(['/name', '/exceptions/0/from']);
		expect(pathInForm('/holidays/1/region')).toBe('/holidays/1');
		expect(pathInForm('/exceptions/0/hours/1/to')).toBe('/exceptions/0/hours/1/to');
	});
});
