// Types that SvelteKit asks for; the shell needs none of its own there.
declare global {
	namespace App {}
}

export {};
