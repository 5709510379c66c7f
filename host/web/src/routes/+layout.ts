// One page, drawn in the browser: nothing is known before somebody has signed in.
export const ssr = false;
export const prerender = false;
