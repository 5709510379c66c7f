import adapter from '@sveltejs/adapter-static';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';
import { readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8'));

/** @type {import('@sveltejs/kit').Config} */
export default {
	preprocess: vitePreprocess(),
	compilerOptions: { runes: true },
	kit: {
		// One page for every path; the host answers with it and adds what a meta tag cannot carry.
		adapter: adapter({ fallback: 'index.html', precompress: true }),
		paths: { relative: false },
		version: { name: version },
		csp: {
			mode: 'hash',
			directives: {
				'default-src': ['none'],
				'script-src': ['self'],
				'style-src': ['self'],
				// The style attribute of the element in which SvelteKit announces pages to screen readers.
				'style-src-attr': ['unsafe-hashes', 'sha256-S8qMpvofolR8Mpjy4kQvEm7m1q8clzU4dfDH0AmvZjo='],
				'img-src': ['self', 'data:'],
				'connect-src': ['self'],
				// A recording of one's own is listened to before it is sent.
				'media-src': ['self', 'blob:'],
				// Pages of plugins, which cannot lead their frame elsewhere either.
				'frame-src': ['self'],
				'manifest-src': ['self']
			}
		}
	}
};
