import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vitest/config';

// The host to talk to while `vite dev` serves the pages.
const host = process.env['JACKFIELD_HOST'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
	plugins: [sveltekit()],
	server: { proxy: { '/api': { target: host, ws: true } } },
	test: { include: ['src/**/*.test.ts'], environment: 'happy-dom' }
});
