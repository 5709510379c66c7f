// What every field of a form shares.
import { getContext, setContext } from 'svelte';
import type { Schema } from './schema';

export interface FormContext {
	/** The whole schema, in which references are looked up. */
	readonly root: Schema;
	/** A text of the schema in the reader's language. */
	text(english: string | undefined): string;
	/** What is wrong with the value at a path. */
	fault(path: string): string | undefined;
}

const KEY = Symbol('schema-form');

export function provide(context: FormContext) {
	setContext(KEY, context);
}

export function form(): FormContext {
	return getContext<FormContext>(KEY);
}
