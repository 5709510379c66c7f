// A telephone in a web page: node softphone.mjs URL HOST NUMBER, with the password in SIP_PASSWORD.
// Takes commands as lines, ends with its input, and tells what happens as lines of JSON. Used by tests/interop/browser.rs.
//
// options NUMBER · call NUMBER · watch NUMBER · unwatch · refuse STATUS · unregister · register
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

const [url, host, number] = process.argv.slice(2);
const tell = (event) => console.log(JSON.stringify(event));

const bundled = await build({
  stdin: { contents: 'window.JsSIP = require("jssip")', resolveDir: import.meta.dirname },
  bundle: true,
  format: 'iife',
  write: false,
});

/** What runs in the page. */
function phone({ url, host, number, password }) {
  const ua = new window.JsSIP.UA({
    sockets: [new window.JsSIP.WebSocketInterface(url)],
    uri: `sip:${number}@${host}`,
    password,
    session_timers: false,
    register_expires: 120,
  });
  const of = (target) => `sip:${target}@${host}`;
  let session;
  let subscriber;
  for (const name of ['connected', 'disconnected', 'registered', 'unregistered', 'registrationFailed'])
    ua.on(name, (data) => window.tell({ event: name, cause: data?.cause }));
  ua.on('newRTCSession', ({ session: made, originator }) => {
    session = made;
    if (originator === 'remote') window.tell({ event: 'incoming' });
    for (const name of ['failed', 'ended'])
      made.on(name, (data) =>
        window.tell({ event: 'ended', cause: data.cause, status: data.message?.status_code }),
      );
  });
  window.commands = {
    options(target) {
      const told = (data) => window.tell({ event: 'options', status: data.response?.status_code });
      ua.sendOptions(of(target), null, { eventHandlers: { succeeded: told, failed: told } });
    },
    call(target) {
      ua.call(of(target), { mediaConstraints: { audio: true, video: false } });
    },
    watch(target) {
      subscriber = ua.subscribe(of(target), 'dialog', 'application/dialog-info+xml', { expires: 600 });
      subscriber.on('notify', (_final, _request, body) => window.tell({ event: 'notified', body }));
      subscriber.on('terminated', (code, reason) => window.tell({ event: 'unwatched', code, reason }));
      subscriber.subscribe();
    },
    unwatch: () => subscriber.terminate(),
    refuse: (status) => session.terminate({ status_code: Number(status) }),
    unregister: () => ua.unregister(),
    register: () => ua.register(),
  };
  ua.start();
}

const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--ignore-certificate-errors',
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
  ],
});
const page = await browser.newPage({ ignoreHTTPSErrors: true });
page.on('pageerror', (error) => tell({ event: 'fault', error: String(error) }));
page.on('console', (message) => tell({ event: 'console', text: message.text() }));
await page.exposeFunction('tell', tell);
// A page of this machine: others may neither use a microphone nor connect to it.
const pages = createServer((_, answer) => {
  answer.setHeader('Content-Type', 'text/html');
  answer.end('<!doctype html><title>Softphone</title>');
});
await new Promise((listening) => pages.listen(0, '127.0.0.1', listening));
await page.goto(`http://127.0.0.1:${pages.address().port}/`);
await page.addScriptTag({ content: bundled.outputFiles[0].text });
await page.evaluate(phone, { url, host, number, password: process.env['SIP_PASSWORD'] });
for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...given] = line.split(' ');
  await page.evaluate(([name, given]) => window.commands[name](...given), [name, given]);
}
await browser.close();
pages.close();
